"""Motion of recordings: what a person condemned is not learnt, what a person showed is."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
from safetensors.torch import load_file
from tiny import SIZES, THOUGHT, write_checkpoint

from coach.__main__ import main
from coach.export.episodes import rows_of
from coach.finetune.recorded_motion import to_learn, write_recorded
from memory.records import CorrectionDraft
from memory.store import Store
from policy.training.config import Stage, TrainConfig
from policy.training.episodes import Episodes
from policy.training.run import Data
from robot_bridge.protocol.errors import ConfigError, UsageError
from robot_bridge.protocol.messages import Observation, ThoughtEvent
from robot_bridge.protocol.thought import Thought

FRAMES = 60  # six seconds
CARRIES = THOUGHT.replace("is on the counter", "is on the counter and goes in the sink")
OTHER = CARRIES.replace("red cup", "blue cup")
STAGE = Stage(name="motion", steps=2, batch=8, act=1.0, recorded=0.5, frozen=True, look=False)
CONFIG = TrainConfig(stages=(STAGE,), model=SIZES, save_every=30, log_every=1, warmup=1, average=0.0, point=0.0)


def record(store: Store, outcome: str = "done", by_hand: range = range(0), after: str = CARRIES,
           corrected_s: float | None = None, taught: str = OTHER) -> None:  # fmt: skip
    """An episode of which a person moved the arms in these frames; `after` is what the robot thought from then on."""
    episode = store.begin_episode("task", "put the red cup in the sink", "home", "tiny", "kitchen", "Ada")
    for number in range(FRAMES):
        state = np.zeros(38, np.float32)
        state[0] = number / FRAMES
        images = {"base": np.full((24, 24, 3), 4 * number, np.uint8)}
        store.add_frame(episode, Observation(sequence=number, time_s=100 + number / 10, state=state, images=images,
                                             takeover="t1" if number in by_hand else ""))  # fmt: skip
    store.flush()
    thoughts = [(99.9, CARRIES)] + ([(100 + by_hand.stop / 10, after)] if by_hand else [])
    for at_s, text in thoughts:
        store.add_thought(episode, ThoughtEvent(time_s=at_s, task_id="task", observation_sequence=0,
                                                thought=Thought.parse(text)))  # fmt: skip
    if corrected_s is not None:
        store.add_correction(CorrectionDraft(
            id="c1", words="no, the blue one", episode_id=episode, time_s=corrected_s, wall_s=1000.0,
            observation_sequence=20, thought_was=CARRIES, thought_should=taught, thought_final=taught,
            instruction_now="put the blue cup in the sink", embodiment="kitchen"))  # fmt: skip
    store.end_episode(episode, outcome)


def learnt(store: Store) -> list[int]:
    episode = store.episode(1)
    return np.flatnonzero(to_learn(rows_of(store, episode, 14), episode)).tolist()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "memory.db")


def test_all_is_learnt_of_a_task_that_was_done_and_nothing_of_one_that_was_not(store: Store, tmp_path: Path) -> None:
    record(store)
    assert learnt(store) == list(range(FRAMES))
    with Store.open(tmp_path / "other.db") as other:
        record(other, outcome="stopped")
        assert learnt(other) == []


def test_what_a_correction_condemned_is_left_out(store: Store) -> None:
    record(store, corrected_s=104.0)
    left = learnt(store)
    assert set(range(20, 40)).isdisjoint(left), "the two seconds before the words"
    assert set(range(20)) | set(range(40, FRAMES)) == set(left)


def test_takeover_is_learnt_but_not_what_led_to_it(store: Store) -> None:
    record(store, by_hand=range(30, 40))
    assert learnt(store) == [*range(10), *range(30, FRAMES)]


def test_takeover_is_learnt_of_a_task_that_failed_otherwise(store: Store) -> None:
    record(store, outcome="failed", by_hand=range(30, 40))
    assert learnt(store) == list(range(30, 40))


def test_takeover_is_not_learnt_when_the_robot_had_something_else_in_mind(store: Store) -> None:
    record(store, outcome="failed", by_hand=range(30, 40), after=OTHER)
    assert learnt(store) == []


def test_shard_holds_where_the_arms_went_and_no_chunk_that_reaches_into_what_is_left_out(
    store: Store, tmp_path: Path
) -> None:
    record(store, corrected_s=104.0)
    assert write_recorded(store, tmp_path / "recorded", "kitchen", 14, ("base",), 0.1) == FRAMES - 20
    drawn = Episodes(tmp_path / "recorded", 4, ("base",)).draw(np.random.default_rng(0), 200, acting=True)
    instants = np.round(drawn.state[:, 0] * FRAMES).astype(int)
    assert set(instants) <= {*range(17), *range(40, FRAMES)}, "a chunk of four rows from 17 on reaches the 20th"
    ahead = np.round(drawn.actions[:, :, 0] * FRAMES).astype(int)
    assert (ahead == np.minimum(instants[:, None] + [1, 2, 3, 4], FRAMES - 1)).all()
    assert drawn.usable.all()


def test_no_chunk_reaches_over_what_has_no_whole_thought(store: Store, tmp_path: Path) -> None:
    record(store, corrected_s=104.0, taught="reason: it goes elsewhere\n")
    write_recorded(store, tmp_path / "recorded", "kitchen", 14, ("base",), 0.1)
    drawn = Episodes(tmp_path / "recorded", 4, ("base",)).draw(np.random.default_rng(0), 200, acting=True)
    instants, ahead = (np.round(array * FRAMES).astype(int) for array in (drawn.state[:, 0], drawn.actions[:, :, 0]))
    assert (ahead == np.minimum(instants[:, None] + [1, 2, 3, 4], FRAMES - 1)).all()


def test_one_sentence_when_there_is_no_motion_to_learn(store: Store, tmp_path: Path) -> None:
    record(store, outcome="stopped")
    with pytest.raises(UsageError, match="no recorded motion to learn from"):
        write_recorded(store, tmp_path / "recorded", "kitchen", 14, ("base",), 0.1)


@pytest.fixture
def home(data: Data, tmp_path: Path, store: Store) -> Path:
    """A home with data, a checkpoint, a recipe and a recorded task with a lesson."""
    write_checkpoint(tmp_path / "checkpoints" / "mine")
    (tmp_path / "data").mkdir()
    for part in ("stills", "demos"):
        (tmp_path / part).rename(tmp_path / "data" / part)
    (tmp_path / "recipe.yaml").write_text(json.dumps(msgspec.to_builtins(CONFIG)))
    (tmp_path / "config.yaml").write_text("checkpoint: mine\n")
    with store:
        record(store, corrected_s=104.0)
    return tmp_path


def train(home: Path, *words: str) -> int:
    return main(["--home", str(home), "train", "--recipe", str(home / "recipe.yaml"), *words])


def test_action_expert_learns_from_recordings_when_told(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(home, "--from-corrections", "--motion") == 0
    assert f"{FRAMES - 20} frames of recorded motion" in capsys.readouterr().err
    before = load_file(home / "checkpoints" / "mine" / "model.safetensors")
    after = load_file(home / "checkpoints" / "coached-1" / "checkpoint" / "model.safetensors")
    moved = {name for name in before if not (before[name] == after[name]).all()}
    assert moved and not any(name.startswith("model.vlm") for name in moved)


def test_motion_is_refused_when_nothing_would_learn_it(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(home, "--motion") == 2
    assert "--from-corrections --motion" in capsys.readouterr().err
    plain = msgspec.structs.replace(CONFIG, stages=(msgspec.structs.replace(STAGE, recorded=0.0),))
    (home / "recipe.yaml").write_text(json.dumps(msgspec.to_builtins(plain)))
    assert train(home, "--from-corrections", "--motion") == 2
    assert "learns recorded motion" in capsys.readouterr().err


def test_one_sentence_when_recordings_are_of_another_size(home: Path, data: Data, tmp_path: Path) -> None:
    from policy.training.run import train as run

    with Store.open(home / "memory.db") as store:
        write_recorded(store, home / "recorded", "kitchen", 14, ("base",), 0.1)
    folder = next((home / "recorded").iterdir())
    np.save(folder / "images.npy", np.zeros((FRAMES, 1, 32, 32, 3), np.uint8))
    here = Data(home / "data" / "stills", home / "data" / "demos", data.wordings, home / "recorded")
    with pytest.raises(ConfigError, match="of another size"):
        run(CONFIG, here, tmp_path / "run", "x", start=home / "checkpoints" / "mine", report=lambda row: None)
