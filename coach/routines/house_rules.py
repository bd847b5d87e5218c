"""Rules and facts of the home: made from items, chosen for a task, and told when they contradict."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from coach.interpreter.lexicon import split_words
from coach.routines.contradictions import subject_of
from coach.routines.noticed import BY
from memory.rules import Rule

if TYPE_CHECKING:
    from coach.interpreter.items import Item

MAX_NOTES = 6
MAX_CHARACTERS = 480  # of all notes of a task together; the model's prompt cuts again by its own limits
_WORD = re.compile(r"[a-z]+")
_COMMON = frozenset(split_words(
    "the a an in on at to of and or is are it that this i you we my our put pick up always never do not go goes with"
))  # fmt: skip


def rule_of(item: Item, by: str, wall_s: float, words: str) -> Rule:
    """What is kept of a rule or fact. `subject` is what it settles, so that a later one takes its place."""
    named = str(item.object) if item.object else ""
    text = item.text or words
    kind = "fact" if item.kind == "fact" else "rule"
    return Rule(kind=kind, text=text, about=item.about or named, subject=subject_of(item, text), by=by, wall_s=wall_s)


def notes_for(instruction: str, holding: Sequence[Rule]) -> tuple[str, ...]:
    """What the model should know for this task: the most words in common first, then the newest; bounded.

    Facts count only where they share a word with the task; rules fill the room that is left.
    """
    asked = _telling(instruction)
    scored = [(len(asked & _telling(rule.text)), rule) for rule in holding]
    scored = [(score, rule) for score, rule in scored if score or rule.kind == "rule"]
    scored = [(score, rule) for score, rule in scored if rule.by != BY]  # what was only noticed moves nothing
    scored.sort(key=lambda pair: (-pair[0], -pair[1].id))
    notes: list[str] = []
    for _, rule in scored[:MAX_NOTES]:
        if sum(map(len, notes)) + len(rule.text) <= MAX_CHARACTERS:
            notes.append(rule.text)
    return tuple(notes)


def _telling(text: str) -> set[str]:
    return {word.removesuffix("s") for word in _WORD.findall(text.lower())} - _COMMON
