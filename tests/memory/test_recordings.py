"""The sound of corrections: kept with them, dropped by age, carried over from older files."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import pytest

from memory.recordings import DAY_S, Recording
from memory.records import CorrectionDraft
from memory.store import Store
from robot_bridge.protocol.errors import StoreError


def recording(correction_id: str, age_days: float = 0.0) -> Recording:
    return Recording(correction_id=correction_id, wall_s=time.time() - age_days * DAY_S, wav=b"RIFF", heard="no, left",
                     model="base.en", confidence=0.8)  # fmt: skip


def test_sound_is_kept_with_its_correction(path: Path):
    with Store.open(path) as store:
        store.add_correction(CorrectionDraft(id="a", words="no, left"))
        store.add_recording(recording("a"))
    with Store.open(path) as store:
        (kept,) = store.recordings("a")
        assert (kept.wav, kept.heard, kept.model) == (b"RIFF", "no, left", "base.en")


def test_a_draft_with_sound_is_stored_whole(store: Store):
    store.add_correction(CorrectionDraft(id="a", words="no", audio=b"RIFF1"))
    assert [kept.wav for kept in store.recordings()] == [b"RIFF1"]


def test_old_sound_goes_and_the_lesson_stays(store: Store):
    for name, age in (("old", 91.0), ("new", 89.0)):
        store.add_correction(CorrectionDraft(id=name, words="no"))
        store.add_recording(recording(name, age))
    assert store.prune_recordings(90) == 1
    assert [kept.correction_id for kept in store.recordings()] == ["new"]
    assert store.count_corrections() == 2


def test_store_error_when_there_is_no_such_correction(store: Store):
    with pytest.raises(StoreError):
        store.add_recording(recording("nobody"))


def test_sound_of_an_older_file_is_carried_over(path: Path):
    with Store.open(path) as store:
        store.add_correction(CorrectionDraft(id="a", words="no, left"))
    raw = sqlite3.connect(path)  # as the release before wrote it
    raw.executescript("""DROP TABLE recordings; ALTER TABLE corrections ADD COLUMN audio BLOB;
        UPDATE corrections SET audio = x'52494646';
        DELETE FROM _sqlite_migrations WHERE name = 'm007_recordings'""")
    raw.close()
    with Store.open(path) as store:
        assert [(kept.correction_id, kept.wav) for kept in store.recordings()] == [("a", b"RIFF")]
        assert store.correction("a").words == "no, left"
