"""Whether the words so far are a whole: then the robot answers after a breath instead of a long silence."""

from __future__ import annotations

from coach.interpreter import interpret
from coach.speech.filters import plain
from robot_bridge.protocol.errors import UsageError

_DANGLING_WORDS = """
the a an in on at to into onto of with and or but then no not please put pick take bring move clear wash wipe place
my your his her their our it's that's red blue green yellow white big small left right when while if every before
after until from for by uh um so because i you we robot drying
"""
_DANGLING = frozenset(_DANGLING_WORDS.split())
_SIDES = frozenset(("left", "right"))
_WHOLE = frozenset(("stop", "pause", "resume", "undo", "restart", "task", "correction", "nudge", "takeover", "praise",
                    "question", "answer", "routine", "rule", "forget"))  # fmt: skip
_LONGEST_WORDS = 200


def is_dangling(text: str) -> bool:
    """It ends with a word that nobody ends with: "put it in the …". A lone "no" is no such word."""
    words = plain(text).split()
    return len(words) > 1 and words[-1] in _DANGLING and words[-1] not in _SIDES


def is_complete(text: str) -> bool:
    """The interpreter knows what to do with it, and it does not end in the middle."""
    words = plain(text).split()
    if not words or len(words) > _LONGEST_WORDS:
        return False
    if is_dangling(text) or (len(words) == 1 and words[0] in _DANGLING):
        return False
    try:
        meaning = interpret(text, None)
    except UsageError:
        return False
    if any(item.kind == "stop" for item in meaning.items):
        return True
    return meaning.question is None and bool(meaning.items) and all(item.kind in _WHOLE for item in meaning.items)
