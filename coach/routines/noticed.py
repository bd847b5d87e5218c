"""Habits that show in what people asked for: the same thing at about the same time on several days.

They are told and listed like any fact, and never acted on: a habit becomes a routine only by a person's word.
"""

from __future__ import annotations

from collections import defaultdict
from statistics import median
from typing import TYPE_CHECKING

from coach.routines.recurrence import to_local
from memory.rules import Rule

if TYPE_CHECKING:
    from memory.store import Store

BY = "noticed"
SPAN_S = 28 * 86400.0
MIN_DAYS = 3
NEAR_MIN = 45  # minutes around the middle that are still the same time of the day
SHARE = 0.6  # of all times that it was asked for
STEP_MIN = 15
MAX_LOOKED_AT = 2000  # tasks


def notice(store: Store, now_s: float, tz: str) -> list[Rule]:
    """Keep what is a habit by now; returns those that were not known before."""
    routines = {routine.instruction for routine in store.routines.active()}
    known = {rule.text for rule in store.rules.holding()}
    fresh: list[Rule] = []
    for instruction, minutes in _asked_for(store, now_s, tz).items():
        at = _usual_minute(minutes)
        if at is None or instruction in routines:
            continue
        text = f"{instruction}: you usually ask for it at about {at // 60}:{at % 60:02d}"
        if text not in known and not _told_lately(known, instruction, at):
            fresh.append(store.rules.add(Rule(kind="fact", text=text, subject=f"habit of {instruction}", by=BY,
                                              wall_s=now_s)))  # fmt: skip
    return fresh


def _asked_for(store: Store, now_s: float, tz: str) -> dict[str, dict[str, int]]:
    """Instruction → day → minute of the day at which it was first asked for. What routines began does not count."""
    with store.reading() as db:
        rows = db.execute(
            "SELECT instruction, started_s FROM episodes WHERE started_s > ? AND instruction <> '' AND NOT EXISTS"
            " (SELECT 1 FROM runs WHERE runs.note = episodes.task_id) ORDER BY id DESC LIMIT ?",
            (now_s - SPAN_S, MAX_LOOKED_AT),
        ).fetchall()
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for instruction, started_s in rows:
        local = to_local(started_s, tz)
        found[instruction][local.date().isoformat()] = local.hour * 60 + local.minute
    return found


def _usual_minute(by_day: dict[str, int]) -> int | None:
    """The usual time in steps of a quarter of an hour; None where there is none."""
    if len(by_day) < MIN_DAYS:
        return None
    middle = median(by_day.values())
    near = [minute for minute in by_day.values() if abs(minute - middle) <= NEAR_MIN]
    if len(near) < max(MIN_DAYS, SHARE * len(by_day)):
        return None
    return round(median(near) / STEP_MIN) * STEP_MIN % (24 * 60)


def _told_lately(known: set[str], instruction: str, at: int) -> bool:
    """A habit that drifts by a quarter of an hour is no news."""
    for other in (at - STEP_MIN, at + STEP_MIN):
        if f"{instruction}: you usually ask for it at about {other // 60}:{other % 60:02d}" in known:
            return True
    return False
