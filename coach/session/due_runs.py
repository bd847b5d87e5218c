"""Routines come due: announced, then begun, unless a person refuses, puts off, or has had it done before.

One run at a time, and none while the robot works or a person has the arms. Each step is in the memory before it is
told or sent, so that a restart goes on where it was.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from coach.interpreter.chores import is_chore
from coach.routines.noticed import notice
from coach.routines.recurrence import local_zone
from coach.routines.scheduler import Scheduler
from coach.routines.wording import moment_in_words
from coach.session.check_ins import CheckIns
from coach.session.errand import Errand
from coach.session.outcomes import Outcome
from coach.session.standing import find_routine
from coach.session.wording import joined
from prompts import say
from robot_bridge.protocol.errors import CoachError

if TYPE_CHECKING:
    from coach.session.actions import Actions
    from coach.session.situation import Situation
    from memory.routines import Routine, Run
    from memory.store import Store

GRACE_S = 20.0  # between the announcement and the first move
RETRY_S = 60
LATER_S = 3600
DAY_S = 86400.0
MAX_TOLD = 3  # habits in one sentence
NOTICED_KEY = "habits_noticed_s"
_REFUSE = re.compile(r"(?:no|no thanks|not (?:today|this time)|skip (?:it|that|this(?: one)?|this time)|"
                     r"leave it(?: out)?|"
                     r"don't(?: do (?:it|that))?|do not(?: do (?:it|that))?|cancel (?:it|that))[.! ]*")  # fmt: skip
_LATER = re.compile(r"(?:not now|later|a bit later|not yet|postpone(?: it| that)?|put it off|snooze(?: it)?)?(?: ?,? ?"
                    r"(?:for|by|in) (?P<count>an?|one|two|three|half an|\d{1,3}) (?P<unit>hours?|minutes?|mins?))?"
                    r"(?: please)?[.! ]*")  # fmt: skip
_NOW = re.compile(r"(?:yes|now|go ahead|start|begin|do it|do it now|start now|yes please|please do)[.! ]*")
_EARLY = re.compile(r"(?:please )?(?:do|start|begin|make|have) (?:the |my )?(?P<what>.+?) (?:now|early|already|"
                    r"right away)"
                    r"[.! ]*")  # fmt: skip
_DONE = re.compile(r"(?:i (?:have )?(?:already )?(?:did|done) (?:the )?(?P<a>.+?)(?: already| today)?|"
                   r"(?:the )?(?P<b>.+?) "
                   r"(?:is|are) (?:already )?done(?: already)?)[.! ]*")  # fmt: skip
_COUNTS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3}


class DueRuns:
    """Args: clock: seconds of UTC."""

    def __init__(self, store: Store, actions: Actions, clock: Callable[[], float] = time.time) -> None:
        self._book, self._actions, self._clock = store.routines, actions, clock
        self._scheduler = Scheduler(store.routines, clock)
        self._check_ins = CheckIns(store, clock)
        self._store, self._settled_s = store, clock()

    def has_work(self) -> bool:
        """Take what is due; whether a run can go on now."""
        self._scheduler.due()
        now = self._clock()
        if self._looks_for_habits(now):
            return True
        return any(run.not_before_utc <= now and run.note != "told" for run in self._book.open_runs())

    def tick(self, situation: Situation, by: str) -> Outcome | None:
        """The next step of one run; None where there is nothing to tell."""
        noticed = self._notice()
        if noticed is not None:
            return noticed
        for run in self._book.open_runs():
            routine = self._book.one(run.routine_id)
            if run.state == "asked" and not run.note:
                return self._ask(run, routine)
            if run.state == "asked" or run.not_before_utc > self._clock() or not _is_free(situation):
                continue
            if run.state == "waiting":
                if self._is_overtaken(run):
                    self._book.change(run.id, "waiting", "missed", self._clock(), "the next one was due")
                    continue
                return self._announce(run, routine)
            if self._clock() - max(run.changed_s, self._settled_s) >= GRACE_S:
                return self._start(run, routine, by, situation)
        return None

    def hear(self, words: str, by: str, situation: Situation) -> Outcome | None:
        """What a word does about the run that was announced, or about one to come; None for other words."""
        plain = words.lower().strip()
        told = next((run for run in self._book.open_runs() if run.state == "announced" or run.note == "told"), None)
        if told is not None:
            routine = self._book.one(told.routine_id)
            if _REFUSE.fullmatch(plain):
                self._book.change(told.id, told.state, "refused", self._clock(), f"refused by {by}")
                return Outcome(say("run_refused", title=routine.title))
            if (later := _LATER.fullmatch(plain)) and plain:
                until = int(self._clock()) + _seconds(later)
                self._book.change(told.id, told.state, "waiting", self._clock(), f"put off by {by}", until)
                return Outcome(say("run_later", title=routine.title,
                                   moment=moment_in_words(until, routine.tz, self._clock())))  # fmt: skip
            if _NOW.fullmatch(plain):
                return self._start(told, routine, by, situation)
        return self._early(plain, by, situation)

    def coming_week(self) -> list[tuple[Routine, list[int]]]:
        return self._scheduler.coming_week()

    def finished(self, task_id: str) -> None:
        """The arms have done a task; it may be a run's."""
        for run in self._book.runs(since_s=self._clock() - 86400):
            if run.state == "started" and task_id and run.note == task_id:
                self._book.change(run.id, "started", "done", self._clock(), task_id)

    def take_answer(self, words: str, by: str, kinds: set[str]) -> str:
        """The answer to a check-in, kept; what the robot says to it, empty where none was asked for."""
        return self._check_ins.take_answer(words, by, kinds)

    def _looks_for_habits(self, now: float) -> bool:
        """Once a day."""
        return now - float(self._store.get_state(NOTICED_KEY, 0.0)) >= DAY_S

    def _notice(self) -> Outcome | None:
        now = self._clock()
        if not self._looks_for_habits(now):
            return None
        self._store.set_state(NOTICED_KEY, now)
        fresh = notice(self._store, now, local_zone())[:MAX_TOLD]
        return (
            Outcome(say("habit_noticed", habits=joined(tuple(rule.text for rule in fresh), "and"))) if fresh else None
        )

    def _announce(self, run: Run, routine: Routine) -> Outcome | None:
        if routine.kind == "checkin":
            if not self._book.change(run.id, "waiting", "announced", self._clock()):
                return None
            said = self._check_ins.ask(routine)
            self._book.change(run.id, "announced", "done", self._clock(), "asked")
            return Outcome(said)
        if not self._book.change(run.id, "waiting", "announced", self._clock()):
            return None  # another terminal of this home has it
        if not routine.instruction:
            self._book.change(run.id, "announced", "done", self._clock(), "reminded")
            return Outcome(say("run_reminds", title=routine.title))
        return Outcome(say("run_due", title=routine.title))

    def _ask(self, run: Run, routine: Routine) -> Outcome | None:
        if not self._book.change(run.id, "asked", "asked", self._clock(), "told"):
            return None
        moment = moment_in_words(run.due_utc, routine.tz, self._clock())
        return Outcome(say("run_missed", title=routine.title, moment=moment))

    def _start(self, run: Run, routine: Routine, by: str, situation: Situation) -> Outcome | None:
        chore = routine.instruction if is_chore(routine.instruction) else ""
        errand: Errand | str | None = chore or Errand.parse(routine.instruction)
        if errand is None:
            self._book.change(run.id, run.state, "done", self._clock(), "reminded")
            return Outcome(say("run_reminds", title=routine.title))
        if not self._book.change(run.id, run.state, "started", self._clock()):
            return None
        try:
            task_id = self._actions.start(errand, routine.words, routine.by or by, situation)
        except CoachError:
            self._book.change(run.id, "started", "waiting", self._clock(), "", int(self._clock()) + RETRY_S)
            raise
        self._book.change(run.id, "started", "started", self._clock(), task_id)
        return Outcome(say("accepted", task=errand), task_id)

    def _early(self, plain: str, by: str, situation: Situation) -> Outcome | None:
        wanted, finished = _EARLY.fullmatch(plain), _DONE.fullmatch(plain)
        if wanted is None and finished is None:
            return None
        what = wanted["what"] if wanted else (finished["a"] or finished["b"] if finished else "")
        routine = find_routine(self._book.active(), what)
        due = self._scheduler.upcoming(routine) if routine else None
        if routine is None or due is None or due - self._clock() > 86400:
            return None  # only what is near is meant
        now = self._clock()
        claimed = self._book.claim(routine.id, [(due, "announced")], routine.checked_utc, now)
        if not claimed:
            return None
        if wanted and routine.instruction:
            return self._start(claimed[0], routine, by, situation)
        self._book.change(claimed[0].id, "announced", "done", now, f"done before by {by}")
        return Outcome(say("run_early", title=routine.title))

    def _is_overtaken(self, run: Run) -> bool:
        later = [other for other in self._book.open_runs() if other.routine_id == run.routine_id]
        return any(other.due_utc > run.due_utc for other in later)


def _is_free(situation: Situation) -> bool:
    """The arms are there, and nobody uses them."""
    return situation.status is not None and situation.status.state == "idle" and not situation.busy


def _seconds(later: re.Match[str]) -> int:
    if not later["count"]:
        return LATER_S
    unit = 3600 if later["unit"].startswith("hour") else 60
    if later["count"] == "half an":
        return unit // 2
    return max(1, int(_COUNTS.get(later["count"]) or later["count"])) * unit
