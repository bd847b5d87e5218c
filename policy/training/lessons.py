"""Lessons from people among the training samples.

Where they come from is not our business: whoever starts a run hands over something that yields them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np

from policy.training.episodes import Samples
from robot_bridge.protocol.errors import ConfigError

MISFITS = 1000  # lessons in a row that do not fit, before giving up


@dataclass(frozen=True)
class Lesson:
    """What the robot saw, and what it should have thought.

    Args:
        pictures: camera name → uint8[height, width, 3], RGB.
        state: float32[38] or fewer, in the body's units.
        thought: as in `protocol/thought.py`; a line break at the end says that only the beginning is known.
    """

    pictures: dict[str, np.ndarray]
    state: np.ndarray
    instruction: str
    thought: str
    doing: str = ""


class Lessons(Protocol):
    """A supply of lessons, those that teach most more often. `len` counts how many there are."""

    def __len__(self) -> int: ...

    @property
    def digest(self) -> str:
        """A checksum: the same one for the same lessons."""
        ...

    def corrected(self, instruction: str, thought: str, dirty: Callable[[], bool | None]) -> str | None:
        """The thought of a sample of the base data as the lessons have it: itself where none says otherwise; None where
        they do and do not tell what is right instead.

        Args:
            dirty: whether the thing of the thought is, as far as can be told; asked only where that decides.
        """
        ...

    def draws(self, seed: Sequence[int]) -> Iterator[Lesson]:
        """Lessons without end, the same ones for the same seed."""
        ...


def agreeing(instructions: Sequence[str], thoughts: Sequence[str], lessons: Lessons | None,
             dirty: Callable[[int], bool | None] = lambda row: None) -> tuple[list[int], list[str]]:  # fmt: skip
    """The samples that no lesson speaks against, and their thoughts: what a person has put right is not taught wrong
    again beside it, but as it is right wherever the lessons tell.

    Args:
        dirty: whether the thing of a sample's thought is; None where nobody can tell.
    """
    every = list(range(len(thoughts)))
    if lessons is None:
        return every, list(thoughts)
    right = [lessons.corrected(words, thought, partial(dirty, row))
             for row, (words, thought) in enumerate(zip(instructions, thoughts, strict=True))]  # fmt: skip
    kept = [row for row in every if right[row] is not None]
    return (kept, [thought for thought in right if thought is not None]) if kept else (every, list(thoughts))


def chosen(samples: Samples, rows: Sequence[int], thoughts: Sequence[str]) -> Samples:
    """Some of the samples, with these thoughts."""
    index = np.asarray(rows, int)
    return Samples(samples.pictures[index], samples.state[index], samples.actions[index], samples.usable[index],
                   [samples.instructions[row] for row in rows], list(thoughts),
                   [samples.doing[row] for row in rows])  # fmt: skip


def mixed_in(samples: Samples, lessons: Iterator[Lesson], count: int, cameras: Sequence[str]) -> Samples:
    """The samples with `count` lessons behind them; no action is learnt from those.

    Raises:
        ConfigError: the lessons come from another body or other cameras.
    """
    shape, width = samples.pictures.shape[2:], samples.state.shape[1]
    chosen = [_fitting(lessons, cameras, shape, width) for _ in range(count)]
    if not chosen:
        return samples
    states = np.stack([lesson.state[:width] for lesson in chosen]).astype(np.float32)
    still = np.repeat(states[:, None], samples.actions.shape[1], axis=1)
    return Samples(
        pictures=np.concatenate([samples.pictures, np.stack([_pictures(lesson, cameras) for lesson in chosen])]),
        state=np.concatenate([samples.state, states]),
        actions=np.concatenate([samples.actions, still]),
        usable=np.concatenate([samples.usable, np.zeros(count, bool)]),
        instructions=[*samples.instructions, *(lesson.instruction for lesson in chosen)],
        thoughts=[*samples.thoughts, *(lesson.thought for lesson in chosen)],
        doing=[*samples.doing, *(lesson.doing for lesson in chosen)],
    )


def _fitting(lessons: Iterator[Lesson], cameras: Sequence[str], shape: tuple[int, ...], width: int) -> Lesson:
    for _ in range(MISFITS):
        lesson = next(lessons, None)
        if lesson is None:
            break
        if len(lesson.state) >= width and all(
            name in lesson.pictures and lesson.pictures[name].shape == shape for name in cameras
        ):
            return lesson
    raise ConfigError(f"no lesson has pictures of {', '.join(cameras)} of {shape[1]}×{shape[0]} pixels",
                      next_step="train from lessons of the same robot as the checkpoint's")  # fmt: skip


def _pictures(lesson: Lesson, cameras: Sequence[str]) -> np.ndarray:
    """uint8[cameras, height, width, 3]."""
    return np.stack([lesson.pictures[name] for name in cameras])
