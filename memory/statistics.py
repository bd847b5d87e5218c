"""Counting the lessons: of what kind, about what, when, and which had to be told again and again."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from memory.records import Repeated, Statistics

if TYPE_CHECKING:
    from memory.store import Store

_ABOUT = re.compile(r"\bthe (?P<thing>\w+(?: \w+){0,3}?)(?= (?:in|on|into|onto|to|from|away|back|with|down)\b|$)")
_CHORE = re.compile(r"\b(?:clear|clean|tidy)(?: up)? the (?:counter|worktop|kitchen)\b")  # of all that stands there
_SUBTASK = re.compile(r"^subtask:(?P<subtask>.*)$", re.MULTILINE)
_COUNTED = """SELECT kind, outcome, instruction_now, checkpoint, wall_s, words, thought_final, thought_should
    FROM corrections ORDER BY number"""


def object_of(instruction: str) -> str:
    """What an instruction is about: `put the red cup in the sink` → `red cup`; empty where it names nothing, or a
    chore."""
    found = None if _CHORE.search(instruction) else _ABOUT.search(instruction)
    return found["thing"] if found else ""


def _object_taught(instruction: str, thought: str) -> str:
    """What a lesson is about: of a chore, the thing of the thought that it teaches."""
    subtask = _SUBTASK.search(thought)
    return object_of(instruction) or object_of(subtask["subtask"].strip() if subtask else "")


def statistics_of(store: Store, most: int = 10) -> Statistics:
    """Count all lessons, retracted ones too; those are left out of `repeated`.

    Args:
        most: how many of the repeated ones are listed.
    """
    kinds, outcomes, objects, checkpoints, weeks = (Counter[str]() for _ in range(5))
    told: dict[str, Repeated] = {}
    with store.reading() as db:
        rows = db.conn.execute(_COUNTED).fetchall()
    for kind, outcome, instruction, checkpoint, wall_s, words, final, should in rows:
        kinds[kind] += 1
        outcomes[outcome] += 1
        objects[_object_taught(instruction, final or should)] += 1
        checkpoints[checkpoint] += 1
        weeks[time.strftime("%G-W%V", time.gmtime(wall_s))] += 1
        if outcome != "retracted":
            before = told[instruction].times if instruction in told else 0
            told[instruction] = Repeated(times=before + 1, instruction=instruction, words=words, last_s=wall_s)
    again = sorted((lesson for lesson in told.values() if lesson.times > 1), key=lambda lesson: -lesson.times)
    return Statistics(total=sum(kinds.values()), kinds=_largest_first(kinds), outcomes=_largest_first(outcomes),
                      objects=_largest_first(objects), checkpoints=_largest_first(checkpoints),
                      weeks=dict(sorted(weeks.items())), repeated=tuple(again[:most]))  # fmt: skip


def _largest_first(counted: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counted.items(), key=lambda pair: -pair[1]))
