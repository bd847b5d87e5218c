"""The lessons of the memory, handed to training, which knows nothing of a memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from memory.replay import Mixture
from policy.training.lessons import Lesson
from robot_bridge.protocol.errors import UsageError

if TYPE_CHECKING:
    from memory.store import Store


class StoredLessons:
    """What people taught this body, drawn by how much it teaches.

    Raises:
        UsageError: there is no lesson to learn from.
    """

    def __init__(self, store: Store, embodiment: str) -> None:
        self._mixture = Mixture(store, embodiment)
        if not len(self._mixture):
            kept = store.count_corrections()
            raise no_lessons(
                f"none of the {kept} corrections in {store.path} can be learnt from: each was taken back, or has no "
                f"thought or no pictures of the body '{embodiment}'"
                if kept
                else f"there are no corrections to train from in {store.path}"
            )

    def __len__(self) -> int:
        return len(self._mixture)

    def draws(self, seed: Sequence[int]) -> Iterator[Lesson]:
        """Lessons without end, the same ones for the same seed and memory."""
        for moment in self._mixture.draws(seed):
            seen = moment.frame.observation()
            yield Lesson(seen.images, seen.state, moment.instruction, moment.thought)


def no_lessons(why: str) -> UsageError:
    """There is nothing to learn, and what a person can do about it."""
    return UsageError(why, next_step='correct the robot while it works, as in: coach say "no, the drying rack"')
