"""What follows from a thought: go on, look again, done, or ask a person. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from robot_bridge.protocol.thought import ASK, Thought

EMPTY_HAND = re.compile(r"\bnothing is in the (\w+ )?hand\b")


@dataclass(frozen=True)
class Ruling:
    """`go`: act on it; `confirm`: think once more before believing it; `done`; `ask`: put the question to a person."""

    kind: Literal["go", "confirm", "done", "ask"]
    question: str = ""


class Judge:
    """Reads the thoughts of one task in order.

    A thought that ends the work (`done`, `ask …`) is believed only when the next look says the same, since one
    misread picture must neither end a task nor bother a person.

    Args:
        help_after: ask for help when the hand was found empty this many times.
    """

    def __init__(self, help_after: int) -> None:
        self._help_after = help_after
        self._last: Thought | None = None
        self._failures = 0

    @property
    def failures(self) -> int:
        return self._failures

    def rule(self, thought: Thought) -> Ruling:
        """What to do under this thought, the newest."""
        last, self._last = self._last, thought
        if thought.is_done or thought.is_question:
            if last is None or last.subtask != thought.subtask:
                return Ruling("confirm")
            return Ruling("done") if thought.is_done else Ruling("ask", question_of(thought))
        empty = bool(EMPTY_HAND.search(thought.reason))
        if empty and (last is None or last.reason != thought.reason):
            self._failures += 1
            if self._failures >= self._help_after:
                self._failures = 0
                return Ruling("ask", f"I tried {self._help_after} times and {thought.reason}: please help")
        return Ruling("go")


def question_of(thought: Thought) -> str:
    """A sentence for a person: `there is a red cup and a blue cup in sight: which cup?`"""
    wish = thought.subtask[len(ASK) :].strip()
    if not wish or wish == "for help":
        return f"{thought.reason}: please help" if thought.reason else "I do not know how to go on: please help"
    return f"{thought.reason}: {wish}?" if thought.reason else f"{wish}?"
