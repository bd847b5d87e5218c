"""What is due now. All that it knows is in the memory: it can be killed at any moment and started again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from coach.routines.recurrence import due_between, next_due

if TYPE_CHECKING:
    from memory.routines import Routine, RoutineBook, Run, State

LATE_S = 15 * 60  # later than that a run was missed, and the routine's own rule for missed runs holds
CLOCK_WENT_BACK_S = 120
WEEK_S = 7 * 86400


class Scheduler:
    """Claims due runs. A run is claimed once for ever, by whichever process is first.

    Args:
        clock: seconds of UTC.
    """

    def __init__(self, book: RoutineBook, clock: Callable[[], float] = time.time) -> None:
        self._book, self._clock = book, clock
        self._next: dict[tuple[int, str, str, tuple[str, ...], int], int | None] = {}

    def due(self) -> list[Run]:
        """Runs that have come due since the last call, on the disk when they are handed out.

        What was due while the machine was off follows the routine: `late` runs the newest of them once, `ask` asks
        about it, `skip` only keeps on record that it was missed.
        """
        now = int(self._clock())
        found: list[Run] = []
        for routine in self._book.active():
            if routine.is_paused:
                continue
            if routine.checked_utc > now + CLOCK_WENT_BACK_S:
                self._book.release(routine.id, now, now)
            elif self._comes(routine, now):
                found += self._claim(routine, now)
        return found

    def _comes(self, routine: Routine, now: int) -> bool:
        """Whether it is due at all; the next time is looked up once, not at every call."""
        key = (routine.id, routine.rrule, routine.start_local + routine.tz, routine.except_days, routine.checked_utc)
        if key not in self._next:
            if len(self._next) > 1000:
                self._next.clear()
            self._next[key] = next_due(routine, routine.checked_utc)
        coming = self._next[key]
        return coming is not None and coming <= now

    def _claim(self, routine: Routine, now: int) -> list[Run]:
        times = due_between(routine, routine.checked_utc, now)
        missed = [due for due in times if due < now - LATE_S]
        claims: list[tuple[int, State]] = [(due, "missed") for due in missed]
        claims += [(due, "waiting") for due in times if due >= now - LATE_S]
        if missed and len(missed) == len(times) and routine.missed != "skip":
            claims[-1] = (missed[-1], "waiting" if routine.missed == "late" else "asked")
        runs = self._book.claim(routine.id, claims, times[-1], self._clock())
        return [run for run in runs if run.state != "missed"]

    def upcoming(self, routine: Routine) -> int | None:
        """The next time that nobody has taken yet, such as one that was done early; None while it is paused."""
        if routine.is_paused:
            return None
        after = max(int(self._clock()), routine.checked_utc)
        taken = self._book.due_times(routine.id, after)
        for _ in range(len(taken) + 1):
            coming = next_due(routine, after)
            if coming is None or coming not in taken:
                return coming
            after = coming
        return None

    def coming_week(self) -> list[tuple[Routine, list[int]]]:
        """Every routine with its due times of the next seven days, else with its next one; first due first."""
        found: list[tuple[Routine, list[int]]] = []
        now = int(self._clock())
        for routine in self._book.active():
            taken = self._book.due_times(routine.id, now)
            week = [] if routine.is_paused else due_between(routine, now, now + WEEK_S, limit=500)
            week = [due for due in week if due not in taken]
            coming = self.upcoming(routine)
            found.append((routine, week or ([coming] if coming else [])))
        return sorted(found, key=lambda pair: (pair[1][:1] or [1 << 62], pair[0].id))
