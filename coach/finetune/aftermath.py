"""What came after a correction: the robot's own thoughts that follow the person's words teach too.

A person corrects where a plate is about to go once; the robot then carries it there, and what it thinks on the way was
thought under the words. Without the words it would have thought otherwise, so that those instants are lessons as well.
So is the end of it, and what the robot turned to then: who only learns the way would never stop.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from coach.session.errand import Errand, errand_said
from memory.lessons import instruction_of, thought_of
from memory.records import Correction, ThoughtRecord
from memory.store import Store
from robot_bridge.protocol.thought import DONE, Thought

PAGE = 500
ENDING = 4  # thoughts after it in which an errand that came off is seen to be done


@dataclass(frozen=True)
class Followed:
    """An instant after a correction, and the thought that followed the words, or that what they asked for is done.

    Args:
        doing: the subtask before it.
    """

    episode_id: int
    time_s: float
    instruction: str
    thought: str
    doing: str


def lessons_of(store: Store, embodiment: str) -> Iterator[Correction]:
    """What this body was taught, but for what was taken back; the newest first."""
    for offset in range(0, store.count_corrections(), PAGE):
        for lesson in store.corrections(PAGE, offset):
            if thought_of(lesson) and lesson.embodiment in ("", embodiment):
                yield lesson


def aftermath(store: Store, embodiment: str) -> list[Followed]:
    """All such instants of the lessons that were followed, episode by episode."""
    found: dict[tuple[int, float, str], Followed] = {}
    for lesson in lessons_of(store, embodiment):
        if lesson.episode_id is not None and lesson.outcome == "followed":
            after = _after(store, lesson, lesson.episode_id)
            found |= {(one.episode_id, one.time_s, one.instruction): one for one in after}
    return [found[key] for key in sorted(found)]


def _after(store: Store, lesson: Correction, episode_id: int) -> list[Followed]:
    """The thoughts of the same episode that have things of the same kind go where the words said, and of the first
    ones after each such errand that it is done, and what was thought instead."""
    taught = errand_said(thought_of(lesson))
    if taught is None:
        return []
    out, doing, last, since = list[Followed](), "", "", 0
    for thought in store.thoughts(episode_id):
        meant = errand_said(thought.text) if thought.time_s > lesson.time_s else None
        if meant is not None and meant.place == taught.place and meant.thing.split()[-1] == taught.thing.split()[-1]:
            out.append(Followed(episode_id, thought.time_s, instruction_of(lesson), thought.text, doing))
            last, since = _put_by(thought, meant), 0
        elif last and since < ENDING:
            since += 1
            out.append(Followed(episode_id, thought.time_s, last, str(_over(last)), last))
            out.append(Followed(episode_id, thought.time_s, instruction_of(lesson), thought.text, doing))
        doing = thought.subtask
    return out


def _put_by(thought: ThoughtRecord, meant: Errand) -> str:
    """The errand, where the thought is about its last part, the putting."""
    return str(meant) if thought.subtask == str(meant) else ""


def _over(errand: str) -> Thought:
    """What is thought of an errand that has come off."""
    done = Errand.parse(errand)
    assert done is not None, "an errand is worded as one"
    return Thought(reason=f"the {done.thing} is {done.place}", subtask=DONE)
