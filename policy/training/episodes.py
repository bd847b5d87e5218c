"""Demonstrations on disk, as training samples.

A shard is a folder of arrays, of which the pictures stay on disk (memory-mapped), and one file of texts:

    images.npy   uint8[N, cameras, 96, 96, 3]     thought_id.npy      int32[N], index into "thoughts"
    state.npy    float32[N, width]                instruction_id.npy  int32[N], index into "instructions"
    action.npy   float32[N, width]                texts.json          {"thoughts", "instructions", "episodes"}
    episode.npy  int32[N], index into "episodes", each of which says whether it went well ("ok"), and whether its
                 actions are the expert's ("motion", true where nothing is said)
    chunk.npy    float32[N, steps, width], where the actions are a learner's: what the expert would do instead
    learn.npy    bool[N], where not every motion is worth learning: whether that of an instant is
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from policy.training.making import making
from robot_bridge.protocol.errors import ConfigError
from robot_bridge.protocol.thought import Thought

_LAG = (2, 8)  # frames between two thoughts
_WRONG, _FORGOTTEN = 0.08, 0.2  # shares of samples with a wrong subtask before them, and with none


@dataclass(frozen=True)
class Samples:
    """A batch of instants: pictures uint8[B, cameras, 96, 96, 3], state float32[B, width], actions
    float32[B, horizon, width], whether the actions belong to the instruction (bool[B]), and the texts; `doing` is the
    subtask of the thought before."""

    pictures: np.ndarray
    state: np.ndarray
    actions: np.ndarray
    usable: np.ndarray
    instructions: list[str]
    thoughts: list[str]
    doing: list[str]


class Shard:
    """One folder of demonstrations."""

    def __init__(self, folder: Path, horizon: int) -> None:
        self.images = np.load(folder / "images.npy", mmap_mode="r")
        self.state, self.action = np.load(folder / "state.npy"), np.load(folder / "action.npy")
        self.episode = np.load(folder / "episode.npy")
        self.instruction, self.thought = np.load(folder / "instruction_id.npy"), np.load(folder / "thought_id.npy")
        texts = json.loads((folder / "texts.json").read_text("utf-8"))
        self.instructions, self.thoughts, self.cameras = texts["instructions"], texts["thoughts"], texts["cameras"]
        self.ok = np.array([bool(e["ok"]) for e in texts["episodes"]])[self.episode]
        self.moving = np.array([bool(e.get("motion", True)) for e in texts["episodes"]])[self.episode]
        learn = folder / "learn.npy"
        self.learn = np.load(learn) if learn.exists() else np.ones(len(self.episode), bool)
        self.rows, self.usable = self._chunks(horizon)
        instead = folder / "chunk.npy"
        self.instead = np.load(instead)[:, :horizon] if instead.exists() else None
        if self.instead is not None:
            self.usable |= self.instead.shape[1] == horizon
        self.first = np.searchsorted(self.episode, self.episode, side="left")
        self.subtasks = [subtask_of(text) for text in self.thoughts]
        told = folder / "doing_id.npy"  # older shards have none
        self.doing = np.load(told) if told.exists() else np.full(len(self.episode), -1)
        self.doings = texts.get("doings", [])

    def _chunks(self, horizon: int) -> tuple[np.ndarray, np.ndarray]:
        """Rows of each instant's chunk, int[N, horizon], the last row repeated at an episode's end; and whether
        the whole chunk serves the instruction of that instant."""
        count = len(self.episode)
        last = np.searchsorted(self.episode, self.episode, side="right") - 1
        rows = np.minimum(np.arange(count)[:, None] + np.arange(horizon), last[:, None])
        usable = (self.instruction[rows] == self.instruction[:, None]).all(1) & self.moving
        return rows, usable & self.learn[rows].all(1)

    def chunks(self, index: np.ndarray) -> np.ndarray:
        """What is to be done from these instants on, float32[n, horizon, width]."""
        return self.action[self.rows[index]] if self.instead is None else self.instead[index]

    def take(self, index: np.ndarray, cameras: Sequence[str], rng: np.random.Generator) -> Samples:
        """The samples at these instants, sorted for the disk's sake."""
        index = np.sort(index)
        return Samples(
            self.images[index][:, [self.cameras.index(name) for name in cameras]],
            self.state[index],
            self.chunks(index),
            self.usable[index],
            [self.instructions[i] for i in self.instruction[index]],
            [self.thoughts[i] for i in self.thought[index]],
            [self._doing(i, rng) for i in index],
        )

    def _doing(self, at: int, rng: np.random.Generator) -> str:
        """The subtask a few frames before, as long as the instruction was the same; at times another one of the
        episode, or nothing, so that it is a hint and no more."""
        luck, first = rng.random(), self.first[at]
        if self.doing[at] >= 0:
            return self.doings[self.doing[at]] if luck > _FORGOTTEN else ""
        lag = int(rng.integers(*_LAG)) if self.moving[at] else 1
        before = int(rng.integers(first, at + 1)) if luck < _WRONG else at - lag
        if luck > 1 - _FORGOTTEN or before < first or self.instruction[before] != self.instruction[at]:
            return ""
        return self.subtasks[self.thought[before]]


class Episodes:
    """All shards below a folder; successful episodes only.

    Args:
        practice: how much more often a frame of a learner's practice is drawn than one of a demonstration.
    Raises:
        ConfigError: the folder holds no demonstrations.
    """

    def __init__(self, folder: Path, horizon: int, cameras: tuple[str, ...], practice: float = 1.0) -> None:
        self._folder, self._horizon, self._practice = folder, horizon, practice
        self._cameras = cameras
        self._shards: dict[Path, Shard] = {}
        self.refresh()
        if not self._shards:
            raise ConfigError(f"no demonstrations in {folder}", next_step=f"make some with: {making(folder)}")

    def refresh(self) -> None:
        """Take in shards that were written since."""
        for path in sorted(self._folder.glob("demos-*")):
            if not path.suffix and path not in self._shards:
                self._shards[path] = Shard(path, self._horizon)
        shards = list(self._shards.values())
        worth = [1.0 if s.moving.any() else self._practice for s in shards]
        self._index = [np.flatnonzero(s.ok) for s in shards]
        self._weights = _shares(worth, self._index)
        self._acting = [np.flatnonzero(s.ok & s.usable) for s in shards]
        self._acting_weights = _shares(worth, self._acting)

    def __len__(self) -> int:
        return sum(len(index) for index in self._index)

    def motion(self, rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
        """States float32[n, width] and the usable chunks after them, float32[n, horizon, width], without pictures;
        n is at most `count`."""
        states, actions = [], []
        for shard, usable in zip(self._shards.values(), self._acting, strict=True):
            chosen = rng.choice(usable, min(len(usable), count // len(self._acting)), replace=False)
            states.append(shard.state[chosen])
            actions.append(shard.chunks(chosen))
        return np.concatenate(states), np.concatenate(actions)

    def draw(self, rng: np.random.Generator, count: int, shards: int = 4, acting: bool = False) -> Samples:
        """`count` random instants, from a few shards at a time; with `acting`, of those with a chunk to learn.

        Raises:
            ConfigError: there is none.
        """
        index, weights = (self._acting, self._acting_weights) if acting else (self._index, self._weights)
        if not weights.any():
            raise ConfigError(
                f"no motion to learn in {self._folder}", next_step=f"make some with: {making(self._folder)}"
            )
        picks = rng.choice(len(index), size=shards, p=weights)
        everything = list(self._shards.values())
        parts = [everything[p].take(rng.choice(index[p], n), self._cameras, rng)
                 for p, n in zip(picks, _split(count, shards), strict=True)]  # fmt: skip
        return together(parts)


def together(parts: Sequence[Samples]) -> Samples:
    """All of them as one batch.

    Raises:
        ConfigError: their pictures or states differ in size.
    """
    shapes = {(part.pictures.shape[1:], part.state.shape[1:]) for part in parts}
    if len(shapes) > 1:
        raise ConfigError("the recordings' pictures or states are of another size than those of the demonstrations",
                          next_step="train on recordings of the robot that the checkpoint is for")  # fmt: skip
    return Samples(
        pictures=np.concatenate([p.pictures for p in parts]),
        state=np.concatenate([p.state for p in parts]),
        actions=np.concatenate([p.actions for p in parts]),
        usable=np.concatenate([p.usable for p in parts]),
        instructions=[text for p in parts for text in p.instructions],
        thoughts=[text for p in parts for text in p.thoughts],
        doing=[text for p in parts for text in p.doing],
    )


def _shares(worth: Sequence[float], index: Sequence[np.ndarray]) -> np.ndarray:
    """float64[shards], how often to draw from each: by its frames and what one is worth."""
    weights = np.array([w * len(i) for w, i in zip(worth, index, strict=True)], float)
    return weights / max(weights.sum(), 1.0)


def subtask_of(thought: str) -> str:
    """The subtask of a thought; nothing where it is a question."""
    subtask = Thought.parse(thought)
    return "" if subtask.is_question else subtask.subtask


def _split(count: int, parts: int) -> list[int]:
    return [count // parts + (i < count % parts) for i in range(parts)]
