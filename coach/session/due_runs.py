"""Routines come due: announced, then begun, unless a person refuses, puts off, or has had it done before.

One run at a time, and none while the robot works or a person has the arms. Each step is in the memory before it is
told or sent, so that a restart goes on where it was:

    waiting ── told ──▶ announced ── 20 s without objection ──▶ sending ── the bridge has it ──▶ started ──▶ done
       ▲                    │                                      │
       └── interrupted ─────┴────────────── not sent ──────────────┘

A run that waits for longer than `LATE_S` follows its routine's rule for missed runs.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

from coach.interpreter.chores import is_chore
from coach.routines.noticed import notice
from coach.routines.recurrence import local_zone
from coach.routines.scheduler import LATE_S, Scheduler
from coach.routines.wording import moment_in_words
from coach.session.agreement import drop_lapsed, open_agreement
from coach.session.check_ins import CheckIns
from coach.session.errand import Errand
from coach.session.outcomes import Outcome
from coach.session.run_talk import TOLD, RunTalk
from coach.session.wording import joined
from prompts import say
from robot_bridge.protocol.errors import CoachError

if TYPE_CHECKING:
    from coach.session.actions import Actions
    from coach.session.situation import Situation
    from memory.routines import Routine, Run
    from memory.store import Store

GRACE_S = 20.0  # between the announcement and the first move
UNSEEN_S = 10.0  # a grace that went by for so much longer is announced again
RETRY_S = 60
SEND_S = 10.0  # longer than a task is on its way to the bridge
ANSWER_S = 600.0  # how long a question about a run is open
DAY_S = 86400.0
MAX_TOLD = 3  # habits in one sentence
NOTICED_KEY = "habits_noticed_s"


class DueRuns:
    """Args: clock: seconds of UTC.

    `talk`: what words decide about runs.
    """

    def __init__(self, store: Store, actions: Actions, clock: Callable[[], float] = time.time) -> None:
        self._book, self._actions, self.clock = store.routines, actions, clock
        self._scheduler = Scheduler(store.routines, clock)
        self._check_ins = CheckIns(store, clock)
        self._store, self._began_s = store, clock()
        self._announced: set[int] = set()  # by this program
        self.talk = RunTalk(store.routines, self._scheduler, self._start, clock)

    def has_work(self) -> bool:
        """Take what is due; whether a run can go on now."""
        self._scheduler.due()
        now = self.clock()
        if self._looks_for_habits(now) or open_agreement(self._store) is not None:
            return True
        return any(run.not_before_utc <= now for run in self._book.open_runs())

    def tick(self, situation: Situation, by: str) -> Outcome | None:
        """The next step of one run; None where there is nothing to tell."""
        lapsed = drop_lapsed(self._store, self.clock())
        if lapsed:
            return Outcome(say("wish_lapsed", wishes=lapsed))
        noticed = self._notice()
        if noticed is not None:
            return noticed
        open_ = self._book.open_runs()
        for run in sorted(open_, key=lambda run: run.state != "announced"):  # one is announced at a time
            outcome = self._step(run, situation, by)
            if outcome is not None or self._is_announced(run):
                return outcome
        return None

    def coming_week(self) -> list[tuple[Routine, list[int]]]:
        return self._scheduler.coming_week()

    def finished(self, task_id: str) -> None:
        """The arms have done a task; it may be a run's."""
        for run in self._book.runs(since_s=self.clock() - DAY_S):
            if run.state in ("sending", "started") and task_id and run.note == task_id:
                self._book.change(run.id, run.state, "done", self.clock(), task_id)

    def take_answer(self, words: str, by: str, kinds: set[str]) -> str:
        """The answer to a check-in, kept; what the robot says to it, empty where none was asked for."""
        return self._check_ins.take_answer(words, by, kinds)

    def _step(self, run: Run, situation: Situation, by: str) -> Outcome | None:
        routine = self._book.one(run.routine_id)
        now = self.clock()
        match run.state:
            case "asked":
                return self._ask(run, routine) if run.note != TOLD else self._give_up(run, routine)
            case "sending":
                self._recover(run, situation)
            case "announced" if situation.status is not None and situation.status.state == "stopped":
                self._book.change(run.id, "announced", "refused", now, "stopped")
                return Outcome(say("run_refused", title=routine.title))
            case "announced" if not _is_free(situation) or self._went_by(run):  # announced again when it can begin
                back = self._book.change(run.id, "announced", "waiting", now)
                return self._begin(run, routine, situation) if back else None
            case "announced" if now - run.changed_s >= GRACE_S and run.id in self._announced:
                return self._start(run, routine, by, situation, by_itself=True)
            case "waiting" if run.not_before_utc <= now:
                return self._begin(run, routine, situation)
        return None

    def _went_by(self, run: Run) -> bool:
        """The grace ended unseen, or was announced by a program that has ended since: nobody could object."""
        by_another_life = run.changed_s <= self._began_s and run.id not in self._announced
        return by_another_life or not -UNSEEN_S <= self.clock() - run.changed_s <= GRACE_S + UNSEEN_S

    def _is_announced(self, run: Run) -> bool:
        return run.state == "announced" and any(
            other.id == run.id and other.state == "announced" for other in self._book.open_runs()
        )

    def _begin(self, run: Run, routine: Routine, situation: Situation) -> Outcome | None:
        """What waits is announced, unless it is too late for it."""
        now = self.clock()
        if self._is_overtaken(run):
            self._book.change(run.id, "waiting", "missed", now, "the next one was due")
            return None
        moment = moment_in_words(run.due_utc, routine.tz, now) if now - run.not_before_utc > LATE_S else ""
        if moment and routine.missed == "skip":
            self._book.change(run.id, "waiting", "missed", now, "too late")
            return Outcome(say("run_too_late", title=routine.title, moment=moment))
        if moment and routine.missed == "ask":
            return self._ask(run, routine) if self._book.change(run.id, "waiting", "asked", now) else None
        if routine.kind == "checkin" or not routine.instruction:
            return self._tell(run, routine, moment)
        listens = open_agreement(self._store) is not None or self._check_ins.waits()
        if listens or not _is_free(situation):
            return None  # the arms, or the person, are busy with something else
        if not self._book.change(run.id, "waiting", "announced", now):
            return None  # another terminal of this home has it
        self._announced.add(run.id)
        return Outcome(say("run_due_late", title=routine.title, moment=moment) if moment
                       else say("run_due", title=routine.title))  # fmt: skip

    def _tell(self, run: Run, routine: Routine, moment: str) -> Outcome | None:
        """A check-in or a reminder: words alone, for which no arm is needed."""
        if not self._book.change(run.id, "waiting", "announced", self.clock()):
            return None
        if routine.kind == "checkin":
            said, note = self._check_ins.ask(routine), "asked"
        elif moment:
            said, note = say("run_reminds_late", title=routine.title, moment=moment), "reminded"
        else:
            said, note = say("run_reminds", title=routine.title), "reminded"
        self._book.change(run.id, "announced", "done", self.clock(), note)
        return Outcome(said)

    def _ask(self, run: Run, routine: Routine) -> Outcome | None:
        if not self._book.change(run.id, "asked", "asked", self.clock(), TOLD):
            return None
        moment = moment_in_words(run.due_utc, routine.tz, self.clock())
        return Outcome(say("run_missed", title=routine.title, moment=moment))

    def _give_up(self, run: Run, routine: Routine) -> Outcome | None:
        if self.clock() - run.changed_s <= ANSWER_S:
            return None
        self._book.change(run.id, "asked", "missed", self.clock(), "nobody answered")
        return Outcome(say("run_unanswered", title=routine.title))

    def _start(
        self, run: Run, routine: Routine, by: str, situation: Situation, by_itself: bool = False
    ) -> Outcome | None:
        """Args: by_itself: nobody says so now, and a stop may have come since the last look at the arms."""
        chore = routine.instruction if is_chore(routine.instruction) else ""
        errand: Errand | str | None = chore or Errand.parse(routine.instruction)
        if errand is None:
            self._book.change(run.id, run.state, "done", self.clock(), "reminded")
            return Outcome(say("run_reminds", title=routine.title))
        task_id = task_of(run, routine)
        if not self._book.change(run.id, run.state, "sending", self.clock(), task_id):
            return None
        try:
            if by_itself and (state := self._actions.arms_state()) != "idle":
                return self._hold_back(run, routine, state)
            self._actions.start(errand, routine.words, routine.by or by, situation, task_id=task_id)
        except CoachError:
            self._book.change(run.id, "sending", "waiting", self.clock(), "", int(self.clock()) + RETRY_S)
            raise
        self._book.change(run.id, "sending", "started", self.clock(), task_id)
        return Outcome(say("accepted", task=errand), task_id)

    def _hold_back(self, run: Run, routine: Routine, state: str) -> Outcome | None:
        if state != "stopped":
            self._book.change(run.id, "sending", "waiting", self.clock())
            return None
        self._book.change(run.id, "sending", "refused", self.clock(), "stopped")
        return Outcome(say("run_refused", title=routine.title))

    def _recover(self, run: Run, situation: Situation) -> None:
        """The program ended on the way to the bridge. What did not arrive waits again; the bridge takes an id once."""
        if situation.task_id == run.note or self._book.was_sent(run.note):
            self._book.change(run.id, "sending", "started", self.clock(), run.note)
        elif abs(self.clock() - run.changed_s) > SEND_S:
            self._book.change(run.id, "sending", "waiting", self.clock())

    def _is_overtaken(self, run: Run) -> bool:
        return any(due <= self.clock() for due in self._book.due_times(run.routine_id, run.due_utc))

    def _looks_for_habits(self, now: float) -> bool:
        """Once a day."""
        return now - float(self._store.get_state(NOTICED_KEY, 0.0)) >= DAY_S

    def _notice(self) -> Outcome | None:
        now = self.clock()
        if not self._looks_for_habits(now):
            return None
        self._store.set_state(NOTICED_KEY, now)
        fresh = notice(self._store, now, local_zone())[:MAX_TOLD]
        if not fresh:
            return None
        return Outcome(say("habit_noticed", habits=joined(tuple(rule.text for rule in fresh), "and")))


def task_of(run: Run, routine: Routine) -> str:
    """The id of the task that does this run: the same at every try, so that the bridge takes it once."""
    return uuid.uuid5(uuid.NAMESPACE_OID, f"{routine.wall_s!r} {run.id} {run.due_utc}").hex


def _is_free(situation: Situation) -> bool:
    """The arms are there, and nobody uses them."""
    return situation.status is not None and situation.status.state == "idle" and not situation.busy
