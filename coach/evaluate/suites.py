"""What is measured: lists of (seed, task) that no training data touches."""

from __future__ import annotations

import numpy as np

from robot_bridge.arms.kitchen.layout import make_layout
from robot_bridge.arms.kitchen.places import PLACES
from robot_bridge.arms.kitchen.tasks import Task
from robot_bridge.protocol.errors import UsageError

FIRST_SEED = 10_000_000  # demonstrations and stills stay far below


def pick_place(episodes: int, seed: int) -> list[tuple[int, Task]]:
    """ "Put X in Y" for an object of each layout and each place in turn; nothing is in its place beforehand."""
    tasks = []
    for number in range(episodes):
        layout_seed = FIRST_SEED + seed * 100_000 + number
        rng = np.random.default_rng([layout_seed, 9])
        things = make_layout(layout_seed).objects
        thing = things[rng.integers(len(things))]
        tasks.append((layout_seed, Task(thing.kind, thing.colour, list(PLACES)[number % len(PLACES)])))
    return tasks


SUITES = {"pick_place": pick_place}


def suite(name: str, episodes: int, seed: int) -> list[tuple[int, Task]]:
    """The tasks of a suite.

    Raises:
        UsageError: no such suite, or fewer than one episode.
    """
    if name not in SUITES:
        raise UsageError(f"there is no suite '{name}'", ", ".join(SUITES))
    if not 1 <= episodes <= 100_000:
        raise UsageError(f"{episodes} episodes", "1 to 100000")
    return SUITES[name](episodes, seed)
