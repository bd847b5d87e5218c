"""A real store in a fresh folder, and small observations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from memory.store import Store
from robot_bridge.protocol.messages import Observation


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "memory.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store.open(path) as opened:
        yield opened


@pytest.fixture
def episode(store: Store) -> int:
    return store.begin_episode("task-1", "put the red cup in the sink", "home", "first", "kitchen", "ann")


@pytest.fixture
def observe() -> Callable[..., Observation]:
    def make(sequence: int, pixels: int = 16, cameras: tuple[str, ...] = ("base", "left_wrist")) -> Observation:
        """An observation at sequence / 10 s, plain grey but for one red corner."""
        images = {camera: np.full((pixels, pixels, 3), 90, np.uint8) for camera in cameras}
        for image in images.values():
            image[: pixels // 2, : pixels // 2] = (200, 20, 20)
        state = np.arange(38, dtype=np.float32) + sequence
        return Observation(sequence=sequence, time_s=sequence / 10, state=state, images=images)

    return make
