"""The sound of spoken corrections, kept with them so that a better model can write it down again."""

from __future__ import annotations

import time

from sqlite_utils import Database

from memory.connection import insert
from memory.records import Record

DAY_S = 86_400.0

SCHEMA = """
CREATE TABLE recordings (
    id INTEGER PRIMARY KEY, correction_id TEXT NOT NULL UNIQUE REFERENCES corrections(id) ON DELETE CASCADE,
    wall_s REAL NOT NULL, wav BLOB NOT NULL, heard TEXT NOT NULL, model TEXT NOT NULL, confidence REAL NOT NULL);
CREATE INDEX recordings_age ON recordings(wall_s);
INSERT INTO recordings (correction_id, wall_s, wav, heard, model, confidence)
    SELECT id, wall_s, audio, words, '', 1.0 FROM corrections WHERE audio IS NOT NULL;
ALTER TABLE corrections DROP COLUMN audio;
"""


class Recording(Record, frozen=True, kw_only=True):
    """The words of a correction as they sounded.

    Args:
        wav: a WAV file, 16-bit mono.
        heard: what was understood then; the lesson's words may have been put right since.
        model: that understood it, with this confidence, 0 to 1.
    """

    correction_id: str
    wall_s: float
    wav: bytes
    heard: str
    model: str
    confidence: float


def add(db: Database, recording: Recording) -> None:
    """One for a correction: a second takes the place of the first."""
    insert(db, "recordings", {name: getattr(recording, name) for name in Recording.__struct_fields__}, "REPLACE")


def select(db: Database, correction_id: str = "") -> list[Recording]:
    """Of one correction or of all, oldest first."""
    where, values = ("WHERE correction_id = ?", (correction_id,)) if correction_id else ("", ())
    columns = ", ".join(Recording.__struct_fields__)
    rows = db.execute(f"SELECT {columns} FROM recordings {where} ORDER BY wall_s, id", values)
    return [Recording(**dict(zip(Recording.__struct_fields__, row, strict=True))) for row in rows]


def prune(db: Database, days: float) -> int:
    """Drop the sound that is older; the lessons stay. Returns how many."""
    return int(db.conn.execute("DELETE FROM recordings WHERE wall_s < ?", (time.time() - days * DAY_S,)).rowcount)
