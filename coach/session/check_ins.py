"""Check-ins: the robot begins the talk, tells what happened since the last one, and keeps the answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from coach.session.wording import joined
from memory.rules import Rule
from prompts import say

if TYPE_CHECKING:
    from memory.routines import Routine
    from memory.store import Store

OPEN_KEY = "check_in_open"
LAST_KEY = "check_in_last_s"
STUCK_S = 3600.0  # begun so long ago and never done: it went wrong
ANSWER_S = 3600.0  # an answer that comes later is no answer to it
ANSWERS = frozenset(("fact", "answer", "chatter", "unknown", "praise", "rule"))
MAX_NAMES = 3


class CheckIns:
    """Args: clock: seconds of UTC."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.time) -> None:
        self._store, self._clock = store, clock

    def ask(self, routine: Routine) -> str:
        """The report since the last check-in and the question; the next utterance is its answer."""
        now = self._clock()
        since = float(self._store.get_state(LAST_KEY, 0.0))
        said = f"{self.report(since)} {self._question(routine)}".strip()
        self._store.set_state(LAST_KEY, now)
        self._store.set_state(OPEN_KEY, {"about": routine.about, "asked_s": now})
        return said

    def take_answer(self, words: str, by: str, kinds: set[str]) -> str:
        """Keeps what was answered; what the robot says, empty where nothing was asked or this is no answer."""
        open_ = self._store.get_state(OPEN_KEY)
        if not open_:
            return ""
        self._store.set_state(OPEN_KEY, None)
        if self._clock() - float(open_["asked_s"]) > ANSWER_S or not kinds <= ANSWERS:
            return ""
        about = open_["about"]
        text = f"about the {about}: {words}" if about else words
        self._store.rules.add(Rule(kind="fact", text=text[:400], about=about, by=by, wall_s=self._clock()))
        return say("check_in_noted", about=f"the {about}" if about else "that")

    def report(self, since_s: float) -> str:
        """What was done, what went wrong and what was learnt from whom; a sentence or two."""
        titles = {routine.id: routine.title for routine in self._store.routines.active()}
        runs = [run for run in self._store.routines.runs(since_s) if run.note != "asked"]
        done = [titles.get(run.routine_id, "") for run in runs if run.state == "done"]
        stuck = [run for run in runs if run.state == "started" and self._clock() - run.changed_s > STUCK_S]
        wrong = [titles.get(run.routine_id, "") for run in [*stuck, *(run for run in runs if run.state == "missed")]]
        lessons = [lesson for lesson in self._store.corrections(limit=200) if lesson.wall_s >= since_s]
        parts = [say("report_done", count=len(done), names=_names(done))] if done else []
        parts += [say("report_wrong", count=len(wrong), names=_names(wrong))] if wrong else []
        if lessons:
            parts.append(say("report_learnt", count=len(lessons), people=_names([lesson.by for lesson in lessons])))
        return " ".join(parts)

    def _question(self, routine: Routine) -> str:
        return say("check_in", about=routine.about) if routine.about else say("check_in_plain")


def _names(titles: list[str]) -> str:
    names = tuple(dict.fromkeys(filter(None, titles)))
    return joined((*names[:MAX_NAMES], "more") if len(names) > MAX_NAMES else names, "and")
