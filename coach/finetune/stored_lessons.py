"""The lessons of the memory, handed to training, which knows nothing of a memory."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from coach.finetune.aftermath import Followed, aftermath, lessons_of
from coach.finetune.verdicts import Dirty, Taught, Verdicts, unknown
from coach.session.errand import errand_said
from memory.lessons import instruction_of, thought_of
from memory.replay import Mixture
from policy.training.lessons import Lesson
from robot_bridge.protocol.errors import UsageError

if TYPE_CHECKING:
    from memory.records import Correction
    from memory.store import Store

    Looks = Callable[[np.ndarray, str], float | None]  # a picture and a name; log odds that the thing is dirty

HINTED = 0.5  # share of the lessons in which the robot is at the right subtask already
AFTER = 0.5  # share of the draws of a lesson that come from what followed the words, where something did
AROUND_S = (0.5, 1.5)  # before and after the words: when the thing looks as they meant it
CONTRARY = 1000  # draws in a row that the other lessons contradict, before giving up


class StoredLessons:
    """What people taught this body, drawn by how much it teaches.

    Args:
        looks: tells from a picture how dirty a thing is, where the checkpoint can; `camera`: whose picture.

    Raises:
        UsageError: there is no lesson to learn from.
    """

    def __init__(self, store: Store, embodiment: str, looks: Looks | None = None, camera: str = "base") -> None:
        self._store, self._mixture, self._looks, self._camera = store, Mixture(store, embodiment), looks, camera
        self._embodiment = embodiment
        if not len(self._mixture):
            kept = store.count_corrections()
            raise no_lessons(
                f"none of the {kept} corrections in {store.path} can be learnt from: each was taken back, or has no "
                f"thought or no pictures of the body '{embodiment}'"
                if kept
                else f"there are no corrections to train from in {store.path}"
            )
        self._after = aftermath(store, embodiment)
        told = lessons_of(store, embodiment)
        self._verdicts = Verdicts(Taught(instruction_of(lesson), thought_of(lesson), partial(self._was_dirty, lesson))
                                  for lesson in told)  # fmt: skip

    def __len__(self) -> int:
        return len(self._mixture)

    @property
    def digest(self) -> str:
        told = sorted((lesson.id, instruction_of(lesson), thought_of(lesson), lesson.outcome)
                      for lesson in lessons_of(self._store, self._embodiment))  # fmt: skip
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()

    def corrected(self, instruction: str, thought: str, dirty: Dirty = unknown) -> str | None:
        """A thought of the base data as the lessons have it; None where they only say that it is wrong."""
        return self._verdicts.corrected(instruction, thought, dirty)

    def draws(self, seed: Sequence[int]) -> Iterator[Lesson]:
        """Lessons without end, the same ones for the same seed and memory. What the other lessons contradict is left
        out: a plate that was still clean two seconds before the words were about a dirty one."""
        contrary = 0
        for lesson in self._drawn(seed):
            contrary += 1
            if contrary > CONTRARY or not self._contradicted(lesson):
                contrary = 0
                yield lesson

    def _drawn(self, seed: Sequence[int]) -> Iterator[Lesson]:
        rng = np.random.default_rng([*seed, 1])
        for moment in self._mixture.draws(seed):
            after = self._after.get(moment.lesson)
            if after and rng.random() < AFTER:
                lesson = self._lesson_after(after[int(rng.integers(len(after)))])
                if lesson is not None:
                    yield lesson
                    continue
            seen, before = moment.frame.observation(), _subtask(moment.thought) if rng.random() < HINTED else ""
            yield Lesson(seen.images, seen.state, moment.instruction, moment.thought, before)

    def _contradicted(self, lesson: Lesson) -> bool:
        picture, errand = lesson.pictures.get(self._camera), errand_said(lesson.thought)
        if picture is None or errand is None:
            return False
        dirty = partial(self._dirty, [picture], errand.thing)
        return self._verdicts.contradict(lesson.instruction, lesson.thought, dirty)

    def _was_dirty(self, lesson: Correction) -> bool | None:
        """Whether the thing of a lesson was, as it was spoken about."""
        errand = errand_said(thought_of(lesson))
        if errand is None or self._looks is None:
            return None
        before_s, after_s = AROUND_S
        frames = self._store.frames(lesson.episode_id, lesson.time_s - before_s, lesson.time_s + after_s)
        pictures = [frame.observation().images.get(self._camera) for frame in frames]
        return self._dirty([picture for picture in pictures if picture is not None], errand.thing)

    def _dirty(self, pictures: Sequence[np.ndarray], thing: str) -> bool | None:
        """Whether it looks dirty in most of the pictures; None where it is not seen."""
        if self._looks is None:
            return None
        odds = [seen for picture in pictures if (seen := self._looks(picture, thing)) is not None]
        return float(np.mean(odds)) > 0 if odds else None

    def _lesson_after(self, one: Followed) -> Lesson | None:
        """None where the frame is gone."""
        frames = self._store.frames(one.episode_id, one.time_s, one.time_s, 1)
        if not frames:
            return None
        seen = frames[0].observation()
        return Lesson(seen.images, seen.state, one.instruction, one.thought, one.doing)


def _subtask(thought: str) -> str:
    return thought.partition("subtask: ")[2].partition("\n")[0]


def no_lessons(why: str) -> UsageError:
    """There is nothing to learn, and what a person can do about it."""
    return UsageError(why, next_step='correct the robot while it works, as in: coach say "no, the drying rack"')
