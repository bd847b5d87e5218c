"""Standing instructions and what came of each time that one was due.

A run is one row of (routine, due time), unique: whoever inserts it has the run, every other process and every later
start finds it taken. Times of the calendar are local and naive (`2026-11-21T18:00:00`) with the zone beside them; due
times are seconds since 1970, UTC.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlite_utils import Database

from memory.connection import Connection
from memory.text import clean
from robot_bridge.protocol.errors import UsageError

SCHEMA = """
CREATE TABLE routines (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL CHECK (kind IN ('task', 'checkin')), title TEXT NOT NULL,
    instruction TEXT NOT NULL, about TEXT NOT NULL, rrule TEXT NOT NULL, start_local TEXT NOT NULL, tz TEXT NOT NULL,
    except_days TEXT NOT NULL, missed TEXT NOT NULL CHECK (missed IN ('late', 'skip', 'ask')),
    words TEXT NOT NULL, "by" TEXT NOT NULL, wall_s REAL NOT NULL, checked_utc INTEGER NOT NULL, removed_s REAL);
CREATE TABLE runs (
    id INTEGER PRIMARY KEY, routine_id INTEGER NOT NULL REFERENCES routines(id), due_utc INTEGER NOT NULL,
    state TEXT NOT NULL, not_before_utc INTEGER NOT NULL, note TEXT NOT NULL, claimed_s REAL NOT NULL,
    changed_s REAL NOT NULL, UNIQUE (routine_id, due_utc));
CREATE INDEX runs_state ON runs(state);
"""
Missed = Literal["late", "skip", "ask"]
State = Literal["waiting", "announced", "sending", "started", "done", "refused", "missed", "asked"]
OPEN = ("waiting", "announced", "asked", "sending")
PAUSED = "paused"  # among the days that are left out: it is due no more until that is taken away
_COLUMNS = "id, kind, title, instruction, about, rrule, start_local, tz, except_days, missed, words, \"by\", wall_s, checked_utc"  # fmt: skip  # noqa: E501


@dataclass(frozen=True, kw_only=True)
class Routine:
    """One standing instruction.

    Args:
        title: what people call it, `set the table`.
        instruction: what the arms are told; empty where they have not learnt it and the robot reminds instead.
        rrule: recurrence of RFC 5545 without `RRULE:`; empty for a single time.
        start_local: first possible time, `YYYY-MM-DDTHH:MM:SS` on the clock of `tz`.
        except_days: dates `YYYY-MM-DD` and weekdays `MO` … `SU` that are left out, and `PAUSED`.
        missed: what happens with a run that was due while the machine was off.
        checked_utc: every run due up to here has its row.
    """

    id: int = 0
    kind: str = "task"
    title: str = ""
    instruction: str = ""
    about: str = ""
    rrule: str = ""
    start_local: str = ""
    tz: str = ""
    except_days: tuple[str, ...] = ()
    missed: str = "late"
    words: str = ""
    by: str = ""
    wall_s: float = 0.0
    checked_utc: int = 0

    @property
    def is_paused(self) -> bool:
        return PAUSED in self.except_days


@dataclass(frozen=True, kw_only=True)
class Run:
    """One time that a routine was due. `not_before_utc`: it waits until then, its due time unless put off."""

    id: int
    routine_id: int
    due_utc: int
    state: str
    not_before_utc: int
    note: str
    claimed_s: float
    changed_s: float


class RoutineBook:
    """The routines of a home and their runs; every write is on the disk when its call returns."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, routine: Routine) -> Routine:
        """Keep it, under a number of its own."""
        with self._connection.writing(durable=True) as db:
            return _one(db, _insert(db, routine))

    def active(self) -> list[Routine]:
        """Those that were not removed, oldest first."""
        with self._connection.reading() as db:
            rows = db.execute(f"SELECT {_COLUMNS} FROM routines WHERE removed_s IS NULL ORDER BY id")
            return [_routine(row) for row in rows]

    def one(self, routine_id: int) -> Routine:
        """Also a removed one. Raises `UsageError` when there is none of this number."""
        with self._connection.reading() as db:
            return _one(db, routine_id)

    def remove(self, routine_id: int, wall_s: float) -> Routine:
        """It is due no more, and what waits of it is dropped; its runs stay on record."""
        with self._connection.writing(durable=True) as db:
            return _remove(db, routine_id, wall_s)

    def replace(self, old: Iterable[int], routine: Routine, wall_s: float) -> Routine:
        """Keep a routine in the place of others, which are due no more; at no moment are there both, or none."""
        with self._connection.writing(durable=True) as db:
            for routine_id in old:
                _remove(db, routine_id, wall_s)
            return _one(db, _insert(db, routine))

    def pause(self, routine_id: int, wall_s: float) -> Routine:
        """It is due no more until it goes on, and what waits of it is dropped."""
        with self._connection.writing(durable=True) as db:
            days = sorted({*_one(db, routine_id).except_days, PAUSED})
            db.execute("UPDATE routines SET except_days = ? WHERE id = ?", (json.dumps(days), routine_id))
            _drop_open(db, routine_id, "paused", wall_s)
            return _one(db, routine_id)

    def go_on(self, routine_id: int, now_utc: int) -> Routine:
        """It was paused and is due again from now on; nothing counts as missed."""
        with self._connection.writing(durable=True) as db:
            days = sorted({*_one(db, routine_id).except_days} - {PAUSED})
            db.execute("UPDATE routines SET except_days = ?, checked_utc = ? WHERE id = ?",
                       (json.dumps(days), now_utc, routine_id))  # fmt: skip
            return _one(db, routine_id)

    def set_missed(self, routine_id: int, missed: Missed) -> Routine:
        """What happens with runs that are missed from now on."""
        with self._connection.writing(durable=True) as db:
            db.execute("UPDATE routines SET missed = ? WHERE id = ?", (missed, routine_id))
            return _one(db, routine_id)

    def skip_days(self, routine_id: int, days: Iterable[str]) -> Routine:
        """Leave these days out, dates or weekdays."""
        with self._connection.writing(durable=True) as db:
            kept = sorted({*_one(db, routine_id).except_days, *days})
            db.execute("UPDATE routines SET except_days = ? WHERE id = ?", (json.dumps(kept), routine_id))
            return _one(db, routine_id)

    def move(self, tz: str) -> None:
        """The home is in another time zone now: the clock times stay, the moments move."""
        with self._connection.writing(durable=True) as db:
            db.execute("UPDATE routines SET tz = ? WHERE removed_s IS NULL", (tz,))

    def claim(self, routine_id: int, due: Sequence[tuple[int, State]], checked_utc: int, wall_s: float) -> list[Run]:
        """Take runs that are due; those that anybody has taken before are left out of the answer.

        Args:
            due: due time and first state of each run.
            checked_utc: up to where the routine has been looked at with this.
        """
        with self._connection.writing(durable=bool(due)) as db:
            fresh: list[Run] = []
            for due_utc, state in due:
                inserted = db.execute(
                    "INSERT OR IGNORE INTO runs (routine_id, due_utc, state, not_before_utc, note, claimed_s,"
                    " changed_s) VALUES (?, ?, ?, ?, '', ?, ?) RETURNING *",
                    (routine_id, due_utc, state, due_utc, wall_s, wall_s)).fetchall()  # fmt: skip
                fresh += [_run(row) for row in inserted]
            db.execute("UPDATE routines SET checked_utc = ? WHERE id = ?", (checked_utc, routine_id))
            return fresh

    def release(self, routine_id: int, after_utc: int, checked_utc: int) -> None:
        """The clock was wrong and went back: what nobody has acted on yet may come due again."""
        with self._connection.writing(durable=True) as db:
            db.execute("DELETE FROM runs WHERE routine_id = ? AND due_utc > ? AND state IN ('waiting', 'missed')",
                       (routine_id, after_utc))  # fmt: skip
            db.execute("UPDATE routines SET checked_utc = ? WHERE id = ?", (checked_utc, routine_id))

    def due_times(self, routine_id: int, after_utc: int) -> set[int]:
        """Taken runs that are due after a moment."""
        with self._connection.reading() as db:
            rows = db.execute("SELECT due_utc FROM runs WHERE routine_id = ? AND due_utc > ?", (routine_id, after_utc))
            return {row[0] for row in rows}

    def was_done(self, routine_id: int, since_utc: int) -> bool:
        """Whether a run that was due since then is done, or under way."""
        with self._connection.reading() as db:
            rows = db.execute("SELECT 1 FROM runs WHERE routine_id = ? AND due_utc >= ? AND state IN"
                              " ('sending', 'started', 'done') LIMIT 1", (routine_id, since_utc))  # fmt: skip
            return rows.fetchone() is not None

    def was_sent(self, task_id: str) -> bool:
        """Whether a task is known to have reached the bridge."""
        with self._connection.reading() as db:
            return db.execute("SELECT 1 FROM interventions WHERE id = ?", (task_id,)).fetchone() is not None

    def open_runs(self) -> list[Run]:
        """What still waits for its turn or for an answer, first due first."""
        with self._connection.reading() as db:
            return [_run(row) for row in db.execute(f"SELECT * FROM runs WHERE state IN {OPEN} ORDER BY due_utc, id")]

    def runs(self, since_s: float = 0.0, limit: int = 100_000) -> list[Run]:
        """Runs that changed since then, oldest first."""
        with self._connection.reading() as db:
            rows = db.execute("SELECT * FROM runs WHERE changed_s >= ? ORDER BY due_utc, id LIMIT ?", (since_s, limit))
            return [_run(row) for row in rows]

    def change(self, run_id: int, was: str, state: State, wall_s: float, note: str = "",
               not_before_utc: int | None = None) -> bool:  # fmt: skip
        """From one state to another; False where someone else has changed it meanwhile.

        What must not happen twice is on the disk when this returns, through a power cut too.
        """
        with self._connection.writing(durable=state in ("announced", "sending", "started")) as db:
            changed = db.execute(
                "UPDATE runs SET state = ?, note = ?, changed_s = ?, not_before_utc = coalesce(?, not_before_utc)"
                " WHERE id = ? AND state = ? RETURNING id", (state, clean(note), wall_s, not_before_utc, run_id, was),
            ).fetchall()  # fmt: skip
            return bool(changed)


def _insert(db: Database, routine: Routine) -> int:
    values = (routine.kind, clean(routine.title), clean(routine.instruction), clean(routine.about), routine.rrule,
              routine.start_local, routine.tz, json.dumps(sorted(routine.except_days)), routine.missed,
              clean(routine.words), clean(routine.by), routine.wall_s, routine.checked_utc)  # fmt: skip
    names, marks = _COLUMNS.removeprefix("id, "), ", ".join("?" * len(values))
    row = db.execute(f"INSERT INTO routines ({names}) VALUES ({marks}) RETURNING id", values).fetchall()[0]
    return int(row[0])


def _remove(db: Database, routine_id: int, wall_s: float) -> Routine:
    found = _one(db, routine_id)
    db.execute("UPDATE routines SET removed_s = ? WHERE id = ?", (wall_s, routine_id))
    _drop_open(db, routine_id, "removed", wall_s)
    return found


def _drop_open(db: Database, routine_id: int, note: str, wall_s: float) -> None:
    db.execute(f"UPDATE runs SET state = 'refused', note = ?, changed_s = ? WHERE routine_id = ? AND state IN {OPEN}",
               (note, wall_s, routine_id))  # fmt: skip


def _one(db: Database, routine_id: int) -> Routine:
    row = db.execute(f"SELECT {_COLUMNS} FROM routines WHERE id = ?", (routine_id,)).fetchone()
    if row is None:
        raise UsageError(f"there is no routine {routine_id}", next_step="see `coach routines list`")
    return _routine(row)


def _routine(row: Sequence[Any]) -> Routine:
    names = [name.strip('" ') for name in _COLUMNS.split(",")]
    values = dict(zip(names, row, strict=True))
    return Routine(**values | {"except_days": tuple(json.loads(values["except_days"]))})


def _run(row: Sequence[Any]) -> Run:
    names = ("id", "routine_id", "due_utc", "state", "not_before_utc", "note", "claimed_s", "changed_s")
    return Run(**dict(zip(names, row, strict=True)))
