"""What was acknowledged is in the file, whenever the process dies."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from killing import Mortal

from memory.records import CorrectionDraft
from memory.store import Store
from robot_bridge.protocol.errors import StoreError

KILLS = 25


@pytest.fixture
def writer() -> Iterator[Mortal]:
    running = Mortal(Path(__file__).with_name("crash_writer.py"))
    yield running
    running.close()


def write_and_die(writer: Mortal, path: Path, after: int, delay_s: float) -> set[str]:
    """Let it store `after` corrections, wait, kill -9. Returns the acknowledged ids."""
    writer.live(str(path))
    kept = {writer.next("kept") for _ in range(after)}
    time.sleep(delay_s)
    return kept | set(writer.kill())


def test_every_acknowledged_correction_is_in_the_file_when_the_writer_is_killed(writer: Mortal, path: Path):
    dice = random.Random(7)
    acknowledged: set[str] = set()
    for _ in range(KILLS):
        acknowledged |= write_and_die(writer, path, after=dice.randrange(1, 8), delay_s=dice.uniform(0, 0.006))
        with Store.open(path) as store:
            store.check()
            stored = {correction.id for correction in store.corrections(limit=100_000)}
            assert acknowledged <= stored
            newest = store.corrections(limit=1)[0]
            covered = {frame.sequence for frame in store.correction_frames(newest.id)}
            assert set(range(max(1, newest.observation_sequence - 9), newest.observation_sequence + 1)) <= covered
            assert len(store.search_corrections("drying rack", limit=100_000)) == len(stored)
    assert len(acknowledged) >= KILLS


def test_file_opens_when_the_writer_was_killed_while_creating_it(writer: Mortal, tmp_path: Path):
    dice = random.Random(8)
    for index in range(12):
        path = tmp_path / f"{index}.db"
        acknowledged = write_and_die(writer, path, after=0, delay_s=dice.uniform(0, 0.04))
        with Store.open(path) as store:
            store.check()
            assert acknowledged <= {correction.id for correction in store.corrections(limit=100_000)}


def test_commit_waits_for_the_disk_when_a_correction_is_added(store: Store, episode: int):
    statements: list[str] = []
    with store._connection.reading() as db:
        db.conn.set_trace_callback(statements.append)
    store.add_correction(CorrectionDraft(id="i1", words="no", episode_id=episode))
    store.set_state("ui", 1)
    levels = [statement for statement in statements if statement.startswith(("PRAGMA synchronous", "COMMIT"))]
    assert levels == ["PRAGMA synchronous=FULL", "COMMIT", "PRAGMA synchronous=NORMAL", "COMMIT"]


def test_correction_is_kept_when_the_pictures_cannot_be(store: Store, episode: int, observe):
    with store._writer._connection.reading() as db:
        db.execute("PRAGMA query_only=ON")
    store.add_frame(episode, observe(1))
    store.add_correction(CorrectionDraft(id="i1", words="no", episode_id=episode))
    assert store.correction("i1").words == "no"
    with store._writer._connection.reading() as db:
        db.execute("PRAGMA query_only=OFF")


def test_nothing_of_a_correction_is_stored_when_the_disk_is_full(store: Store, episode: int):
    with store._connection.reading() as db:
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count={pages}").fetchone()
    with pytest.raises(StoreError, match=r"is full .*free some space"):
        store.add_correction(CorrectionDraft(id="i1", words="no " * 20_000, episode_id=episode))
    assert store.corrections() == []
    with store._connection.reading() as db:
        db.execute("PRAGMA max_page_count=1000000").fetchone()
    store.add_correction(CorrectionDraft(id="i1", words="no", episode_id=episode))
    assert store.count_corrections() == 1
