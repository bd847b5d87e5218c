"""A layout: which objects stand where. Made from a seed, the same on every machine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robot_bridge.arms.kitchen.objects import COLOURS, COPIES, KINDS
from robot_bridge.arms.kitchen.places import MIDDLE
from robot_bridge.protocol.errors import UsageError

FEWEST, MOST = 3, 6
CLEARANCE_M = 0.032  # between the circles around two objects: an open finger fits
BOX_YAW_RAD = 0.6
DIRTY_SHARE = 0.4


@dataclass(frozen=True)
class LayoutObject:
    """One object of a layout. `position` is that of its underside, in m; `yaw` in rad."""

    kind: str
    colour: str
    position: tuple[float, float, float]
    yaw: float = 0.0
    dirty: bool = False

    @property
    def name(self) -> str:
        return f"{self.colour} {self.kind}"


@dataclass(frozen=True)
class Layout:
    """Objects of one scene, at most two of a kind.

    Raises:
        UsageError: an unknown kind or colour, or more of a kind than the model has bodies for.
    """

    objects: tuple[LayoutObject, ...]

    def __post_init__(self) -> None:
        for thing in self.objects:
            if thing.kind not in KINDS:
                raise UsageError(f"no object of kind '{thing.kind}'", ", ".join(KINDS))
            if thing.colour not in COLOURS:
                raise UsageError(f"no object in colour '{thing.colour}'", ", ".join(COLOURS))
            if sum(other.kind == thing.kind for other in self.objects) > COPIES:
                raise UsageError(f"more than {COPIES} objects of kind {thing.kind}", f"at most {COPIES} of each kind")


def make_layout(seed: int, count: int | None = None, kinds: tuple[str, ...] = tuple(KINDS),
                colours: tuple[str, ...] = tuple(COLOURS)) -> Layout:  # fmt: skip
    """3 to 6 objects in the middle of the counter, where both arms reach, apart from each other.

    Args:
        count: how many objects; drawn from the seed when None; fewer where so many do not fit.
        kinds, colours: what to draw from.
    """
    rng = np.random.default_rng([seed, 1])
    count = int(rng.integers(FEWEST, MOST + 1)) if count is None else count
    names = _draw_names(rng, count, kinds, colours)
    while True:
        layout = arrange(names, rng)
        if layout is not None:
            return layout
        if len(names) > FEWEST:
            names.pop()


def arrange(names: list[tuple[str, str]], rng: np.random.Generator) -> Layout | None:
    """These objects (colour, kind) somewhere in the middle of the counter; None where they did not fit this time."""
    spots = _scatter(rng, [kind for _, kind in names])
    if spots is None:
        return None
    things = []
    for (colour, kind), (x, y) in zip(names, spots, strict=True):
        spread = BOX_YAW_RAD if KINDS[kind].box else np.pi
        yaw, dirty = float(rng.uniform(-spread, spread)), KINDS[kind].dish and bool(rng.random() < DIRTY_SHARE)
        things.append(LayoutObject(kind, colour, (float(x), float(y), 0.0), yaw, dirty))
    return Layout(tuple(things))


def _draw_names(rng: np.random.Generator, count: int, kinds: tuple[str, ...],
                colours: tuple[str, ...]) -> list[tuple[str, str]]:  # fmt: skip
    """`count` different (colour, kind), no kind more often than the model has bodies."""
    every = [(colour, kind) for colour in colours for kind in kinds]
    chosen: list[tuple[str, str]] = []
    for index in rng.permutation(len(every)):
        colour, kind = every[index]
        if len(chosen) < count and sum(kind == k for _, k in chosen) < COPIES:
            chosen.append((colour, kind))
    return chosen


def _scatter(rng: np.random.Generator, kinds: list[str]) -> list[np.ndarray] | None:
    """Positions float[2] by rejection, largest object first; None if it did not work out this time."""
    half, near, far = MIDDLE
    spots: dict[int, np.ndarray] = {}
    for i in sorted(range(len(kinds)), key=lambda i: -KINDS[kinds[i]].radius):
        radius = KINDS[kinds[i]].radius
        low, high = (-half, near + max(0.0, radius - 0.045)), (half, far - radius)
        for _ in range(60):
            spot = rng.uniform(low, high)
            if all(np.hypot(*(spot - s)) > radius + KINDS[kinds[j]].radius + CLEARANCE_M for j, s in spots.items()):
                spots[i] = spot
                break
        else:
            return None
    return [spots[i] for i in range(len(kinds))]
