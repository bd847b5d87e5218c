"""What came after a correction: the robot's own thoughts that follow the person's words teach too.

A person corrects where a plate is about to go once; the robot then carries it there, and what it thinks on the way was
thought under the words. Without the words it would have thought otherwise, so that those instants are lessons as well.
So is the end of it, and what the robot turned to then: who only learns the way would never stop.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from coach.finetune.course import Course
from coach.session.errand import Errand, errand_said
from memory.lessons import instruction_of, thought_of
from memory.records import Correction
from memory.store import Store
from robot_bridge.protocol.thought import DONE, Thought

PAGE = 500
COURSES = 8  # kept at a time: the lessons of an episode come one after another
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
    return (lesson for lesson in _told(store) if thought_of(lesson) and lesson.embodiment in ("", embodiment))


def aftermath(store: Store, embodiment: str) -> dict[str, list[Followed]]:
    """Lesson → all such instants, of the lessons that were followed; none comes twice."""
    found: dict[str, list[Followed]] = {}
    taken = set[tuple[int, float, str]]()
    every, stops = _by_episode(store), store.interventions(None)
    course = lru_cache(COURSES)(lambda episode_id: Course(store, episode_id, every[episode_id], stops))
    for lesson in lessons_of(store, embodiment):
        if lesson.episode_id is None or lesson.outcome != "followed":
            continue
        after = {(one.episode_id, one.time_s, one.instruction): one
                 for one in _after(course(lesson.episode_id), lesson, lesson.episode_id)}  # fmt: skip
        if new := [one for key, one in after.items() if key not in taken]:
            found[lesson.id] = new
        taken |= set(after)
    return found


def _told(store: Store) -> Iterator[Correction]:
    """All that was ever said, with what was taken back; the newest first."""
    for offset in range(0, store.count_corrections(), PAGE):
        yield from store.corrections(PAGE, offset)


def _by_episode(store: Store) -> dict[int, list[Correction]]:
    found: dict[int, list[Correction]] = {}
    for lesson in _told(store):
        if lesson.episode_id is not None:
            found.setdefault(lesson.episode_id, []).append(lesson)
    return found


def _after(course: Course, lesson: Correction, episode_id: int) -> list[Followed]:
    """Until the next lesson: the thoughts that have things of the same kind go where the words said, and of the first
    ones after each such errand that came off that it is done, and what was thought instead."""
    taught, asked, until_s = errand_said(thought_of(lesson)), instruction_of(lesson), course.next_lesson_s(lesson)
    if taught is None:
        return []
    out, doing, put = list[Followed](), "", -1
    for number, thought in enumerate(course.thoughts):
        if thought.time_s >= until_s:
            break
        meant = errand_said(thought.text) if thought.time_s > lesson.time_s else None
        if meant is not None and meant.place == taught.place and meant.thing.split()[-1] == taught.thing.split()[-1]:
            out.append(Followed(episode_id, thought.time_s, asked, thought.text, doing))
            put = number if thought.subtask == str(meant) else -1
        elif put >= 0 and number <= put + ENDING and course.came_off(put, number, lesson):
            last = course.thoughts[put].subtask
            out.append(Followed(episode_id, thought.time_s, last, str(_over(last)), last))
            out.append(Followed(episode_id, thought.time_s, asked, thought.text, doing))
        doing = thought.subtask
    return out


def _over(errand: str) -> Thought:
    """What is thought of an errand that has come off."""
    done = Errand.parse(errand)
    assert done is not None, "an errand is worded as one"
    return Thought(reason=f"the {done.thing} is {done.place}", subtask=DONE)
