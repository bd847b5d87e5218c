"""What every path of `coach bench wire` carries, and how a path is told from the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

STATE, HORIZON, WIDTH = 38, 50, 38
CAMERAS = ("base", "left", "right")
PROMPT = "put the red cup in the sink"
THOUGHT = ("reason: the red cup is on the counter and goes in the sink\nsubtask: pick up the red cup\n" * 3)[:200]
SIZES = {"a": (224, 224), "b": (480, 640)}


@dataclass(frozen=True)
class Payload:
    """One observation. `images` is camera → uint8[height, width, 3]."""

    images: dict[str, np.ndarray]
    state: np.ndarray


class Path(Protocol):
    """A client of one way to serve a policy."""

    def round_trip(self, payload: Payload) -> np.ndarray:
        """float32[50, 38], from a server that does nothing but answer."""
        ...

    def close(self) -> None: ...


def payload(size: str) -> Payload:
    """Noise: nothing on the way compresses, but nothing should seem to."""
    height, width = SIZES[size]
    noise = np.random.default_rng(0)
    images = {name: noise.integers(0, 256, (height, width, 3), np.uint8) for name in CAMERAS}
    return Payload(images, noise.random(STATE, np.float32))


def answer() -> np.ndarray:
    """The chunk that every server answers with."""
    return np.arange(HORIZON * WIDTH, dtype=np.float32).reshape(HORIZON, WIDTH)
