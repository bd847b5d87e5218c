"""What words do to runs that are open: one that was announced, one that was asked about, one that they name."""

from __future__ import annotations

import re
from collections.abc import Callable, Set
from typing import TYPE_CHECKING

from coach.routines.recurrence import next_due
from coach.routines.wording import moment_in_words
from coach.session.known_routines import find_routine
from coach.session.outcomes import Outcome
from coach.session.run_words import Said, may_object, meaning_of
from prompts import say

if TYPE_CHECKING:
    from coach.routines.scheduler import Scheduler
    from coach.session.situation import Situation
    from memory.routines import Routine, RoutineBook, Run

WAIT_S = 600  # "wait" and nothing else
ASIDE_S = 60  # the talk turned to something else: announced again after that
NEAR_S = 86400  # "do the laundry now" is about what is due within a day
HELD = "held"  # note of a run that words hold back for a while
TOLD = "told"  # note of a question that was put to the person
UNCLEAR = frozenset(("unknown", "answer", "correction", "pause", "resume", "nudge", "undo", "restart"))
_EARLY = re.compile(r"(?:please )?(?:do|start|begin|make|have) (?:the |my )?(?P<what>.+?) (?:now|early|already|"
                    r"right away)[.! ]*")  # fmt: skip
_DONE = re.compile(r"(?:i (?:have )?(?:already )?(?:did|done) (?:the )?(?P<a>.+?)(?: already| today)?|"
                   r"(?:the )?(?P<b>.+?) (?:is|are) (?:already )?done(?: already)?)[.! ]*")  # fmt: skip
Start = Callable[["Run", "Routine", str, "Situation"], Outcome | None]


class RunTalk:
    """Args: start: begins a run; clock: seconds of UTC."""

    def __init__(self, book: RoutineBook, scheduler: Scheduler, start: Start, clock: Callable[[], float]) -> None:
        self._book, self._scheduler, self._start, self._clock = book, scheduler, start, clock

    def answer_announced(self, words: str, by: str, situation: Situation) -> Outcome | None:
        """What words decide about the run that was announced last; None for words about something else."""
        run = self._announced()
        return self._decide(run, words, by, situation) if run is not None else None

    def hear(self, words: str, by: str, situation: Situation) -> Outcome | None:
        """The same for a run that was asked about or is held back, and for one that the words name."""
        return self._answer_held(words, by, situation) or self._named(words.lower().strip(), by, situation)

    def stopped(self, words: str, by: str) -> list[Outcome]:
        """A stop is the end of a run that was announced, unless the words only put it off. One that was asked about
        or is held back goes by the words alone."""
        held = self._answer_held(words, by, None)
        outcomes = [held] if held is not None else []
        while (run := self._announced()) is not None:
            routine = self._book.one(run.routine_id)
            said = meaning_of(words, routine.title, self._clock(), routine.tz)
            if said is None or said.meaning not in ("later", "wait", "done"):
                said = Said("refuse")
            outcomes.append(self._settle(run, routine, said, by))
        return outcomes

    def pause(self, by: str) -> Outcome | None:
        """Hold the run that was announced."""
        run = self._announced()
        return self._settle(run, self._book.one(run.routine_id), Said("wait"), by) if run is not None else None

    def ask_back(self, kinds: Set[str]) -> Outcome | None:
        """Words of these kinds were not understood: what was announced is not begun, and asked about once."""
        run = self._announced()
        if run is None or not kinds <= UNCLEAR:
            return None
        self._book.change(run.id, "announced", "asked", self._clock(), TOLD)
        return Outcome(say("run_when", title=self._book.one(run.routine_id).title), ok=False)

    def set_aside(self, words: str, clear: bool) -> None:
        """Something else was said. What was announced waits where a question came of that, or it sounds like a no."""
        run = self._announced()
        if run is not None and (not clear or may_object(words)):
            self._book.change(run.id, "announced", "waiting", self._clock(), HELD, int(self._clock()) + ASIDE_S)

    def _answer_held(self, words: str, by: str, situation: Situation | None) -> Outcome | None:
        for run in self._book.open_runs():
            if (run.note == TOLD and run.state == "asked") or (run.note == HELD and run.state == "waiting"):
                decided = self._decide(run, words, by, situation)
                if decided is not None:
                    return decided
        return None

    def _announced(self) -> Run | None:
        return next((run for run in self._book.open_runs() if run.state == "announced"), None)

    def _decide(self, run: Run, words: str, by: str, situation: Situation | None) -> Outcome | None:
        """Args: situation: None where nothing may be begun."""
        routine = self._book.one(run.routine_id)
        said = meaning_of(words, routine.title, self._clock(), routine.tz)
        if said is None:
            return None
        if said.meaning == "now":
            return None if situation is None or situation.busy else self._start(run, routine, by, situation)
        if said.meaning == "wait" and run.state != "announced":
            return None
        return self._settle(run, routine, said, by)

    def _settle(self, run: Run, routine: Routine, said: Said, by: str) -> Outcome:
        now = self._clock()
        match said.meaning:
            case "wait":
                self._book.change(run.id, run.state, "waiting", now, HELD, int(now) + WAIT_S)
                return Outcome(say("run_held", title=routine.title))
            case "done":
                self._book.change(run.id, run.state, "done", now, f"done before by {by}")
                return Outcome(say("run_early", title=routine.title))
            case "later":
                coming = next_due(routine, max(run.due_utc, int(now)))
                if coming is None or coming > said.until_utc:
                    self._book.change(run.id, run.state, "waiting", now, f"put off by {by}", said.until_utc)
                    moment = moment_in_words(said.until_utc, routine.tz, now)
                    return Outcome(say("run_later", title=routine.title, moment=moment))
                self._refuse(run, by)
                return Outcome(say("run_next", title=routine.title, moment=moment_in_words(coming, routine.tz, now)))
        self._refuse(run, by)
        return Outcome(say("run_refused", title=routine.title))

    def _refuse(self, run: Run, by: str) -> None:
        self._book.change(run.id, run.state, "refused", self._clock(), f"refused by {by}")

    def _named(self, plain: str, by: str, situation: Situation) -> Outcome | None:
        wanted, finished = _EARLY.fullmatch(plain), _DONE.fullmatch(plain)
        what = wanted["what"] if wanted else (finished["a"] or finished["b"]) if finished else ""
        routine = find_routine(self._book.active(), what) if what else None
        run = self._run_of(routine) if routine is not None else None
        if routine is None or run is None:
            return None
        if wanted and routine.instruction:
            return self._start(run, routine, by, situation)
        return self._settle(run, routine, Said("done"), by)

    def _run_of(self, routine: Routine) -> Run | None:
        """The run of it that is open; else the next one, claimed before its time."""
        open_ = [run for run in self._book.open_runs() if run.routine_id == routine.id and run.state != "sending"]
        if open_:
            return open_[-1]
        due, now = self._scheduler.upcoming(routine), self._clock()
        if due is None or due - now > NEAR_S:
            return None  # only what is near is meant
        claimed = self._book.claim(routine.id, [(due, "announced")], routine.checked_utc, now)
        return claimed[0] if claimed else None
