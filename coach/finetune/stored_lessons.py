"""The lessons of the memory, handed to training, which knows nothing of a memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from coach.finetune.aftermath import Followed, aftermath, lessons_of
from coach.finetune.verdicts import Verdicts
from memory.lessons import instruction_of, thought_of
from memory.replay import Mixture
from policy.training.lessons import Lesson
from robot_bridge.protocol.errors import UsageError

if TYPE_CHECKING:
    from memory.store import Store

HINTED = 0.5  # share of the lessons in which the robot is at the right subtask already
AFTER = 0.5  # share of the draws that come from what followed the words


class StoredLessons:
    """What people taught this body, drawn by how much it teaches.

    Raises:
        UsageError: there is no lesson to learn from.
    """

    def __init__(self, store: Store, embodiment: str) -> None:
        self._store, self._mixture = store, Mixture(store, embodiment)
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
        self._verdicts = Verdicts((instruction_of(lesson), thought_of(lesson)) for lesson in told)

    def __len__(self) -> int:
        return len(self._mixture)

    def corrected(self, instruction: str, thought: str) -> str | None:
        """A thought of the base data as the lessons have it; None where they only say that it is wrong."""
        return self._verdicts.corrected(instruction, thought)

    def draws(self, seed: Sequence[int]) -> Iterator[Lesson]:
        """Lessons without end, the same ones for the same seed and memory."""
        rng = np.random.default_rng([*seed, 1])
        for moment in self._mixture.draws(seed):
            if self._after and rng.random() < AFTER:
                lesson = self._lesson_after(self._after[int(rng.integers(len(self._after)))])
                if lesson is not None:
                    yield lesson
                    continue
            seen, before = moment.frame.observation(), _subtask(moment.thought) if rng.random() < HINTED else ""
            yield Lesson(seen.images, seen.state, moment.instruction, moment.thought, before)

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
