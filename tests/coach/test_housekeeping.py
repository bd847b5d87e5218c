"""The memory stays within its size, and lessons keep their pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from waiting import until

import coach.session.housekeeping as housekeeping
from coach.config import load_config
from coach.session.housekeeping import Housekeeping
from memory.records import CorrectionDraft
from memory.store import Store
from robot_bridge.protocol.errors import ConfigError
from robot_bridge.protocol.messages import ChunkEvent, Observation


@pytest.mark.parametrize(("limit_kib", "told"), [(1900, 0), (8, 1)])
def test_oldest_pictures_go_by_themselves_when_the_file_is_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit_kib: int, told: int
) -> None:
    monkeypatch.setattr(housekeeping, "GIB", 1024)
    noise = np.random.default_rng(0)
    said: list[str] = []
    with Store.open(tmp_path / "memory.db") as store:
        episode = store.begin_episode("task", "put the red cup in the sink", "home", "", "kitchen", "Ada")
        for number in range(120):
            images = {"base": noise.integers(0, 255, (96, 96, 3), np.uint8)}
            store.add_frame(episode, Observation(sequence=number, time_s=number / 10, state=np.zeros(38, np.float32),
                                                 images=images))  # fmt: skip
        store.flush()
        draft = CorrectionDraft(id="lesson", words="no", episode_id=episode, time_s=6.0, observation_sequence=60)
        lesson = store.add_correction(draft)
        kept = store.correction_frames(lesson.id)
        with store.reading() as db:  # what waits in the log belongs to the size
            db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        keeper = Housekeeping(store, limit_kib, said.append, first_s=0.01)
        until(lambda: len(store.frames(episode)) < 120, 20)
        keeper.close()
        assert store.correction_frames(lesson.id) == kept and kept
    assert len(said) == told, said
    assert all("all that is left are lessons and what was said" in words for words in said)


def test_nothing_is_told_when_actions_alone_were_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(housekeeping, "GIB", 1024)
    said: list[str] = []
    with Store.open(tmp_path / "memory.db") as store:
        episode = store.begin_episode("task", "clear the counter", "home", "", "kitchen", "Ada")
        for number in range(1000):
            store.add_actions(episode, ChunkEvent(time_s=float(number), task_id="task", observation_sequence=number,
                                                  actions=np.zeros((16, 38), np.float32), dt_s=0.1))  # fmt: skip
        with store.reading() as db:
            db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        keeper = Housekeeping(store, 1000, said.append)
        keeper.look()
        keeper.close()
        assert 0 < len(store.actions(episode)) < 1000 and store.path.stat().st_size <= 1000 * 1024
    assert said == []


def test_one_sentence_refuses_when_the_limit_is_none(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("memory_limit_gb: 0\n")
    with pytest.raises(ConfigError, match="1 to 100000"):
        load_config(tmp_path / "config.yaml")
