"""Labelled stills on disk, as training samples for grounding.

A shard is a folder with `images.npy` uint8[N, 96, 96, 3] and `labels.json`, a list of N lists of objects:
`{"name", "kind", "colour", "dirty", "place", "x", "y"}`, x and y as fractions of the picture.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from policy.training.making import making
from robot_bridge.protocol.errors import ConfigError

COLOURS = ("red", "blue", "green", "yellow", "white")
KINDS = ("plate", "cup", "bowl", "sponge", "towel", "bottle")
CLASS_NAMES = tuple(f"{colour} {kind}" for colour in COLOURS for kind in KINDS)  # in the order of `Thing.label`
CLASSES = len(CLASS_NAMES)


@dataclass(frozen=True)
class Thing:
    """An object in a picture; `x`, `y` are fractions of the picture, `place` as in `in the sink`."""

    name: str
    place: str
    x: float
    y: float
    dirty: bool

    @property
    def label(self) -> int:
        """Index of its colour and kind, 0 to `CLASSES` − 1."""
        colour, kind = self.name.split()
        return COLOURS.index(colour) * len(KINDS) + KINDS.index(kind)


@dataclass(frozen=True)
class Stills:
    """A batch: images uint8[B, 96, 96, 3], and for each what is in it, from left to right."""

    images: np.ndarray
    things: list[list[Thing]]


class StillShards:
    """All shards of stills below a folder.

    Raises:
        ConfigError: the folder holds none.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._shards: dict[Path, tuple[np.ndarray, list[list[Thing]]]] = {}
        self.refresh()
        if not self._shards:
            raise ConfigError(f"no stills in {folder}", next_step=f"make some with: {making(folder)}")

    def refresh(self) -> None:
        """Take in shards that were written since."""
        for path in sorted(self._folder.glob("stills-*")):
            if not path.suffix and path not in self._shards:
                labels = json.loads((path / "labels.json").read_text("utf-8"))
                self._shards[path] = np.load(path / "images.npy"), [_things(label) for label in labels]

    def __len__(self) -> int:
        return sum(len(images) for images, _ in self._shards.values())

    def counter_map(self, cells: int) -> np.ndarray:
        """float32[cells, cells], of the things that have their middle there the share that stands on the counter; 0
        where none has. What a hand holds does not count."""
        placed = [t for _, lists in self._shards.values() for things in lists for t in things if "hand" not in t.place]
        at = (np.array([(thing.y, thing.x) for thing in placed]) * cells).astype(int)
        waits = np.array([thing.place == "counter" for thing in placed], np.float32)
        all_of_them, waiting = np.zeros((2, cells, cells), np.float32)
        np.add.at(all_of_them, (at[:, 0], at[:, 1]), 1)
        np.add.at(waiting, (at[:, 0], at[:, 1]), waits)
        share: np.ndarray = waiting / np.maximum(all_of_them, 1)
        return share

    def draw(self, rng: np.random.Generator, count: int) -> Stills:
        """`count` random stills of one shard."""
        images, things = list(self._shards.values())[rng.integers(len(self._shards))]
        index = rng.integers(len(images), size=count)
        return Stills(images[index], [things[i] for i in index])


def _things(labels: list[dict]) -> list[Thing]:
    """What can be seen: nothing that lies on the floor or outside the picture."""
    seen = [o for o in labels if o["place"] != "floor" and 0 < o["x"] < 0.995 and 0 < o["y"] < 0.995]
    return [Thing(o["name"], o["place"], o["x"], o["y"], o["dirty"]) for o in sorted(seen, key=lambda o: o["x"])]
