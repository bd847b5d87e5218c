"""Corrections: the lessons. Each change of one leaves a row in its history."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

import msgspec
from sqlite_utils import Database

from memory import frames, recordings
from memory.connection import insert
from memory.recordings import Recording
from memory.records import OUTCOMES, REVIEW, Correction, CorrectionChange, CorrectionDraft
from memory.text import clean, to_json
from robot_bridge.protocol.errors import StoreError, UsageError

MARGIN_S = 1.0  # frames kept before the lesson begins
AFTER_S = 4.0  # and after the words: what the arms made of it
MAX_DIGITS = 18  # of a number that SQLite takes
COLUMNS = tuple(name for name in Correction.__struct_fields__)
_SELECT = "SELECT " + ", ".join(f'corrections."{name}"' for name in COLUMNS) + " FROM corrections"
_JSON = ("where", "rules")


def add(db: Database, draft: CorrectionDraft, around: Iterable[frames.EncodedFrame]) -> Correction:
    """Store a lesson and the frames around it within the caller's transaction.

    The same draft twice (a retry after a crash) is stored once.

    Raises:
        StoreError: another lesson has this id.
    """
    around = list(around)
    frames.write(db, around)
    anchor_s = draft.time_s  # of a review: read off a stored frame; words may come with another machine's clock
    if draft.kind != REVIEW:
        anchor_s = frames.moment(db, draft.episode_id, draft.observation_sequence, draft.time_s)
    times_s = [frame.time_s for frame in around]
    stored = {name: getattr(draft, name) for name in CorrectionDraft.__struct_fields__}
    stored.update({name: clean(value) for name, value in stored.items() if isinstance(value, str)})
    stored["wall_s"] = draft.wall_s or time.time()
    stored["window_start_s"] = min([anchor_s - draft.label_start_s - MARGIN_S, *times_s])
    stored["window_end_s"] = max([anchor_s + AFTER_S, *times_s])
    known = find(db, stored["id"])
    if known is not None:
        return _same(known, stored)
    sound = stored.pop("audio")
    row = {name: to_json(value) if name in _JSON else value for name, value in stored.items()}
    number = insert(db, "corrections", row)
    if sound is not None:
        recordings.add(db, Recording(correction_id=stored["id"], wall_s=stored["wall_s"], wav=sound,
                                     heard=stored["words"], model="", confidence=1.0))  # fmt: skip
    return Correction(number=number, **stored)


def _same(known: Correction, draft: dict[str, Any]) -> Correction:
    if any(getattr(known, name) != draft[name] for name in ("words", "thought_should", "episode_id")):
        raise StoreError(f"the correction '{known.id}' is in the memory already, with the words '{known.words}'",
                         "an id that was never used")  # fmt: skip
    return known


def find(db: Database, correction_id: str) -> Correction | None:
    return next(iter(select(db, "WHERE id = ?", (correction_id,))), None)


def one(db: Database, correction_id: str) -> Correction:
    """By id, by the beginning of one that no other shares, or by number, as the screen lists them.

    Raises:
        UsageError: none, or several.
    """
    correction_id = clean(correction_id)
    found = find(db, correction_id)
    if found is not None:
        return found
    starts = "WHERE substr(id, 1, ?) = ? ORDER BY number DESC LIMIT 2"
    matches = select(db, starts, (len(correction_id), correction_id)) if correction_id else []
    if not matches and correction_id.isdecimal() and len(correction_id) <= MAX_DIGITS:
        matches = select(db, "WHERE number = ?", (int(correction_id),))
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise UsageError(f"several corrections begin with '{correction_id}'", f"{matches[0].id}, {matches[1].id}, …")
    raise UsageError(
        f"there is no correction '{correction_id[:80]}'", next_step="see them with: coach corrections list"
    )


def select(db: Database, tail: str, values: Iterable[Any]) -> list[Correction]:
    """Corrections by the end of a SELECT over `corrections`."""
    found = []
    for row in db.conn.execute(f"{_SELECT} {tail}", tuple(values)):
        fields = dict(zip(COLUMNS, row, strict=True))
        fields.update({name: msgspec.json.decode(fields[name]) for name in _JSON})
        found.append(msgspec.convert(fields, Correction))
    return found


def change(db: Database, correction_id: str, field: str, now: str, by: str, reason: str = "") -> Correction:
    """Set one field and keep what it was, and why.

    Raises:
        UsageError: no such correction, or a value that the field does not take.
    """
    if field == "outcome" and now not in OUTCOMES:
        raise UsageError(f"'{now}' is not an outcome of a correction", ", ".join(OUTCOMES))
    correction, now = one(db, correction_id), clean(now)
    was = getattr(correction, field)
    if was == now:
        return correction
    db.conn.execute(f'UPDATE corrections SET "{field}" = ? WHERE number = ?', (now, correction.number))
    row = {"correction_id": correction.id, "wall_s": time.time(), "field": field, "was": was, "now": now, "by": by,
           "reason": reason}  # fmt: skip
    insert(db, "correction_changes", row)
    return msgspec.structs.replace(correction, **{field: now})


def changes(db: Database, correction_id: str) -> list[CorrectionChange]:
    """Oldest first."""
    rows = db.query(
        'SELECT correction_id, wall_s, field, was, now, "by", reason FROM correction_changes'
        " WHERE correction_id = ? ORDER BY id",
        (one(db, correction_id).id,),
    )
    return [msgspec.convert(row, CorrectionChange) for row in rows]
