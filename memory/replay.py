"""Stored corrections again: in the order they happened, or as an endless, seeded mixture for training.

Lessons are read one by one while the stream is used, so that any number of them fits into memory and recording goes
on in between. Retracted and undone ones are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from memory import episodes, frames
from memory.corrections import select
from memory.lessons import instruction_of, span, thought_of, weights
from memory.records import ActionRecord, Correction, Frame
from memory.store import Store

PAGE = 500  # corrections read at once, without their frames
ALL = 1_000_000


@dataclass(frozen=True)
class Lesson:
    """A correction with what it teaches.

    Args:
        instruction: under which the robot should have had the thought.
        thought: what it should have thought; ends with a line break where only its beginning is known.
        thought_was: what it thought instead.
        start_s, end_s: when the lesson holds, on the bridge's clock.
        frames: what the robot saw in that time, oldest first.
        actions: the chunks begun in that time.
        weight: how much it teaches, beside the others.
    """

    correction: Correction
    instruction: str
    thought: str
    thought_was: str
    start_s: float
    end_s: float
    frames: tuple[Frame, ...]
    actions: tuple[ActionRecord, ...]
    weight: float

    def summary(self) -> dict[str, Any]:
        """Plain values, without pictures and numbers of joints."""
        c = self.correction
        return {"id": c.id, "wall_s": c.wall_s, "words": c.words, "kind": c.kind, "outcome": c.outcome,
                "checkpoint": c.checkpoint, "episode_id": c.episode_id, "instruction": self.instruction,
                "thought_was": self.thought_was, "thought": self.thought, "start_s": self.start_s,
                "end_s": self.end_s, "frames": len(self.frames), "chunks": len(self.actions),
                "weight": round(self.weight, 4)}  # fmt: skip


@dataclass(frozen=True)
class Moment:
    """One frame of a lesson, drawn for training. Args: lesson: the id of its correction."""

    frame: Frame
    instruction: str
    thought: str
    lesson: str


def stream(store: Store, episode_ids: Collection[int] = ()) -> Iterator[Lesson]:
    """Every lesson in the order they happened, each with its frames and actions.

    Args:
        episode_ids: only lessons of these episodes, weighed among themselves; empty for all.
    """
    for number, weight in zip(*_index(store, lambda c: not episode_ids or c.episode_id in episode_ids), strict=True):
        yield from _lesson(store, number, weight)


def stream_of(store: Store, episode_id: int) -> Iterator[Lesson]:
    """The lessons of one episode, oldest first, without frames and actions."""
    with store.reading() as db:
        found = [c for c in select(db, "WHERE episode_id = ? ORDER BY number", (episode_id,)) if thought_of(c)]
        spans = [span(db, correction) for correction in found]
    for correction, weight, (start_s, end_s) in zip(found, weights(found), spans, strict=True):
        yield Lesson(correction=correction, instruction=instruction_of(correction), thought=thought_of(correction),
                     thought_was=correction.thought_was, start_s=start_s, end_s=end_s, frames=(), actions=(),
                     weight=weight)  # fmt: skip


def mixed(store: Store, seed: int) -> Iterator[Lesson]:
    """Lessons without end, drawn by how much they teach; the same seed on the same memory draws the same ones.

    Nothing comes where there is nothing to learn.
    """
    numbers, shares = _index(store)
    for index in _draws(np.random.default_rng(seed), shares):
        yield from _lesson(store, numbers[index], shares[index])


class Mixture:
    """Single frames of lessons for training, drawn by how much the lesson teaches.

    Args:
        embodiment: only lessons of this body; empty for all.
    """

    def __init__(self, store: Store, embodiment: str = "") -> None:
        self._store = store
        self._numbers, self._weights = _index(store, lambda c: self._of(c, embodiment) and bool(self._frames(c)))

    def __len__(self) -> int:
        """Lessons with a thought and at least one frame."""
        return len(self._numbers)

    def draws(self, seed: int | Sequence[int]) -> Iterator[Moment]:
        """Moments without end; the same seed on the same memory draws the same ones. None if there is no lesson."""
        rng = np.random.default_rng(seed)
        for index in _draws(rng, self._weights):
            correction = _correction(self._store, self._numbers[index])
            ids = self._frames(correction)
            thought = thought_of(correction)
            if ids and thought:  # not retracted meanwhile
                with self._store.reading() as db:
                    frame = frames.one(db, ids[int(rng.integers(len(ids)))])
                yield Moment(frame, instruction_of(correction), thought, correction.id)

    @staticmethod
    def _of(correction: Correction, embodiment: str) -> bool:
        return not (embodiment and correction.embodiment) or correction.embodiment == embodiment

    def _frames(self, correction: Correction) -> list[int]:
        with self._store.reading() as db:
            return frames.ids(db, correction.episode_id, *span(db, correction))


def _index(store: Store, fits: Callable[[Correction], bool] = lambda c: True) -> tuple[list[int], list[float]]:
    """Numbers and weights of what there is to learn, oldest first."""
    numbers: list[int] = []

    def walk() -> Iterator[Correction]:
        last = 0
        while page := _page(store, last):
            last = page[-1].number
            for correction in page:
                if thought_of(correction) and fits(correction):
                    numbers.append(correction.number)
                    yield correction

    return numbers, weights(walk())


def _page(store: Store, after: int) -> list[Correction]:
    with store.reading() as db:
        return select(db, "WHERE number > ? ORDER BY number LIMIT ?", (after, PAGE))


def _correction(store: Store, number: int) -> Correction:
    with store.reading() as db:
        return select(db, "WHERE number = ?", (number,))[0]


def _draws(rng: np.random.Generator, shares: Sequence[float]) -> Iterator[int]:
    if not shares:
        return
    upto = np.cumsum(shares)
    while True:
        yield int(np.searchsorted(upto, rng.random() * upto[-1], side="right"))


def _lesson(store: Store, number: int, weight: float) -> Iterator[Lesson]:
    """The lesson of this number; nothing where it was retracted meanwhile."""
    correction = _correction(store, number)
    thought = thought_of(correction)
    if not thought:
        return
    with store.reading() as db:
        start_s, end_s = span(db, correction)
        seen = frames.read(db, correction.episode_id, start_s, end_s, ALL)
        chunks = episodes.actions(db, correction.episode_id, start_s, end_s)
    yield Lesson(correction=correction, instruction=instruction_of(correction), thought=thought,
                 thought_was=correction.thought_was, start_s=start_s, end_s=end_s, frames=tuple(seen),
                 actions=tuple(chunks), weight=weight)  # fmt: skip
