"""What follows from a thought: go on, look again, done, or ask a person. Pure."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Literal

from robot_bridge.protocol.thought import ASK, Thought

EMPTY_HAND = re.compile(r"\bnothing is in the (\w+ )?hand\b")


Why = Literal["thought", "tries", "unsure"]


@dataclass(frozen=True)
class Ruling:
    """`go`: act on it; `confirm`: think once more before believing it; `done`; `ask`: put the question to a person.

    Args:
        why: what makes it ask: the thought is a question, too many tries have failed, or the model is not sure.
    """

    kind: Literal["go", "confirm", "done", "ask"]
    question: str = ""
    why: Why = "thought"


class Judge:
    """Reads the thoughts of one task in order.

    A thought that ends the work (`done`, `ask …`) is believed only when the next look says the same, since one
    misread picture must neither end a task nor bother a person. The same holds for a thought that the model is not sure
    about.

    A try has failed when the hand was found empty, or when a subtask that was left for another has to be done again.

    Args:
        help_after: ask for help after so many failed tries.
        ask_below: ask whether to, when the chance that the thought is right is smaller; 0 never asks.
        settled: subtasks that a person was asked about in this task: nobody is asked twice.
    """

    def __init__(self, help_after: int, ask_below: float = 0.0, settled: frozenset[str] = frozenset()) -> None:
        self._help_after, self._ask_below, self._settled = help_after, ask_below, settled
        self._last: Thought | None = None
        self._empty = 0
        self._tries = Tries()

    @property
    def failures(self) -> int:
        return self._empty

    def rule(self, thought: Thought) -> Ruling:
        """What to do under this thought, the newest."""
        last, self._last = self._last, thought
        if thought.rests:
            if last is None or last.subtask != thought.subtask:
                return Ruling("confirm")
            return Ruling("done") if thought.is_done else Ruling("ask", question_of(thought))
        return self._failed(thought, last) or self._unsure(thought, last) or Ruling("go")

    def _failed(self, thought: Thought, last: Thought | None) -> Ruling | None:
        """Too many tries were for nothing."""
        empty = bool(EMPTY_HAND.search(thought.reason))
        if empty and (last is None or last.reason != thought.reason):
            self._empty += 1
        again = self._tries.of(thought.subtask) > self._help_after
        if self._empty < self._help_after and not again:
            return None
        self._empty = 0
        self._tries = Tries()
        why = thought.reason if empty else f"have not managed to {thought.subtask}"
        question = f"I tried {self._help_after} times and {why}: please help"
        return Ruling("ask", question, "tries")

    def _unsure(self, thought: Thought, last: Thought | None) -> Ruling | None:
        """Twice in a row the same doubtful thought."""
        if thought.subtask in self._settled or not self._doubts(thought):
            return None
        if last is None or last.subtask != thought.subtask or not self._doubts(last):
            return Ruling("confirm")
        return Ruling("ask", f"I am not sure: shall I {thought.subtask}?", "unsure")

    def _doubts(self, thought: Thought) -> bool:
        return thought.certainty is not None and thought.certainty < self._ask_below


class Tries:
    """Counts how often each subtask was begun. A single other thought in between is a slip of the eye, no new try."""

    def __init__(self) -> None:
        self._begun: Counter[str] = Counter()
        self._now, self._before, self._since = "", "", 0

    def of(self, subtask: str) -> int:
        """How often this subtask was begun, this time included; called with every thought."""
        self._since += 1
        if subtask != self._now:
            slip = subtask == self._before and self._since <= 2
            self._before, self._now, self._since = self._now, subtask, 1
            if not slip:
                self._begun[subtask] += 1
        return self._begun[subtask]


def question_of(thought: Thought) -> str:
    """A sentence for a person: `there is a red cup and a blue cup in sight: which cup?`"""
    wish = thought.subtask[len(ASK) :].strip()
    if not wish or wish == "for help":
        return f"{thought.reason}: please help" if thought.reason else "I do not know how to go on: please help"
    return f"{thought.reason}: {wish}?" if thought.reason else f"{wish}?"
