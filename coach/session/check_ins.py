"""Check-ins: the robot begins the talk, tells what happened since the last one, and keeps the answer."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from coach.routines.drafts import is_reminder
from coach.routines.noticed import BY
from coach.session.recorder import BY_HAND
from coach.session.wording import joined
from memory.rules import Rule
from prompts import say

if TYPE_CHECKING:
    from memory.records import Correction
    from memory.routines import Routine, Run
    from memory.store import Store

OPEN_KEY = "check_in_open"
LAST_KEY = "check_in_last_s"
STUCK_S = 3600.0  # begun so long ago and never done: it went wrong
ANSWER_S = 600.0  # an answer that comes later is no answer to it
LISTENS_S = 120.0  # nothing else is begun for so long, the person is to answer
FREE = frozenset(("answer", "unknown"))  # words that mean nothing by themselves are the answer; all others act
OPEN_ENDED = frozenset(("question",))  # the person asks back: the answer is still to come
MAX_NAMES = 3
PAGE = 200  # lessons
_NOTHING = re.compile(
    r"(?:(?:no|nope|nah|nothing|none|not really|nothing (?:new|special|at all|today|really|more|else)|"
    r"not (?:today|now|this time)|all (?:is )?(?:good|well|fine)|everything is (?:fine|good|ok|okay)|never ?mind|"
    r"that's (?:all|it)|i (?:don't|do not) think so|thanks|thank you|robot)[ ,.!]*)+"
)


class CheckIns:
    """Args: clock: seconds of UTC."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.time) -> None:
        self._store, self._clock = store, clock

    def ask(self, routine: Routine) -> str:
        """The report since the last check-in and the question; the next utterance is its answer. A reminder is said."""
        if is_reminder(routine):
            return say("reminder", what=routine.about)
        now = self._clock()
        since = float(self._store.get_state(LAST_KEY, 0.0))
        said = f"{self.report(since)} {self._question(routine)}".strip()
        self._store.set_state(LAST_KEY, now)
        self._store.set_state(OPEN_KEY, {"about": routine.about, "asked_s": now})
        return said

    def take_answer(self, words: str, by: str, kinds: set[str]) -> str:
        """Keeps what was answered; what the robot says, empty where nothing was asked or the words act by themselves.

        A rule, a fact, a wish or a task said in answer is dealt with as at any other time.
        """
        open_ = self._store.get_state(OPEN_KEY)
        if not open_ or kinds <= OPEN_ENDED:
            return ""
        self._store.set_state(OPEN_KEY, None)
        if not 0 <= self._clock() - float(open_["asked_s"]) <= ANSWER_S or not kinds <= FREE:
            return ""
        if _NOTHING.fullmatch(words.lower().strip()):
            return say("check_in_nothing")
        about = open_["about"]
        text = f"about the {about}: {words}" if about else words
        self._store.rules.add(Rule(kind="fact", text=text[:400], about=about, by=by, wall_s=self._clock()))
        return say("check_in_noted", about=f"the {about}" if about else "that")

    def waits(self) -> bool:
        """Whether it has asked just now, and the person has said nothing since."""
        open_ = self._store.get_state(OPEN_KEY)
        return bool(open_) and 0 <= self._clock() - float(open_["asked_s"]) <= LISTENS_S

    def report(self, since_s: float) -> str:
        """What was done, what went wrong and what was learnt from whom; a sentence each."""
        done, failed = self._tasks(since_s)
        runs = [run for run in self._store.routines.runs(since_s) if run.note not in ("asked", "reminded")]
        done = [*(self._title(run) for run in runs if run.state == "done"), *done]
        stuck = [run for run in runs if run.state == "started" and self._clock() - run.changed_s > STUCK_S]
        wrong = [self._title(run) for run in (*stuck, *(run for run in runs if run.state == "missed"))] + failed
        parts = []
        if done:
            since = "Since we last talked" if since_s else "So far"
            parts.append(say("report_done", since=since, count=_count(len(done), "task"), names=_names(done)))
        if wrong:
            parts.append(say("report_wrong", count=_count(len(wrong), "task"), names=_names(wrong)))
        rules = [f'"{rule.text}" ({rule.by})' for rule in self._store.rules.holding()
                 if rule.wall_s >= since_s and rule.by != BY]  # fmt: skip
        if rules:
            parts.append(say("report_rules", count=_count(len(rules), "rule or fact", "rules and facts"),
                             rules=_names(rules)))  # fmt: skip
        return " ".join(filter(None, (*parts, self._learnt(since_s))))

    def _tasks(self, since_s: float) -> tuple[list[str], list[str]]:
        """What people asked for, done and failed; what routines began is told with them."""
        with self._store.reading() as db:
            rows = db.execute(
                "SELECT instruction, outcome FROM episodes WHERE ended_s >= ? AND instruction NOT IN ('', ?)"
                " AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.note = episodes.task_id) ORDER BY id",
                (since_s, BY_HAND),
            ).fetchall()
        return [row[0] for row in rows if row[1] == "done"], [row[0] for row in rows if row[1] == "failed"]

    def _learnt(self, since_s: float) -> str:
        lessons: list[Correction] = []
        while page := self._store.corrections(limit=PAGE, offset=len(lessons)):
            lessons += page
            if page[-1].wall_s < since_s:
                break
        lessons = [lesson for lesson in lessons if lesson.wall_s >= since_s]
        if not lessons:
            return ""
        return say("report_learnt", count=_count(len(lessons), "lesson"), people=_names([old.by for old in lessons]),
                   words=lessons[0].words, by=lessons[0].by)  # fmt: skip

    def _title(self, run: Run) -> str:
        return self._store.routines.one(run.routine_id).title

    def _question(self, routine: Routine) -> str:
        return say("check_in", about=routine.about) if routine.about else say("check_in_plain")


def _names(names: list[str]) -> str:
    """`a (3 times), b, c and 4 more`."""
    counted = Counter(filter(None, names)).most_common()
    told = [name if count == 1 else f"{name} ({count} times)" for name, count in counted[:MAX_NAMES]]
    rest = len(counted) - len(told)
    return joined((*told, f"{rest} more") if rest else tuple(told), "and")


def _count(count: int, one: str, many: str = "") -> str:
    """`1 lesson`, `2 lessons`."""
    return f"{count} {one if count == 1 else many or f'{one}s'}"
