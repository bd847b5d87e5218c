"""Where things can go: the four receptacles, the counter and the floor. Lengths in m, world frame.

x points to the robot's right, y away from it, z up; z = 0 is the top of the counter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FLOOR_Z = -0.85
COUNTER = (0.60, -0.42, 0.40)  # half width in x, near and far edge in y
_STACK_M = 0.13  # above the walls: things may lie on top of one another
MIDDLE = (0.205, -0.13, 0.135)  # half width in x, near and far edge in y: both arms reach it


@dataclass(frozen=True)
class Place:
    """A receptacle: an open box.

    Args:
        hand: the arm that serves it.
        centre, half: of its inside, in x and y.
        floor_z, wall_z: heights of its floor and of the top of its walls.
        drop_z: height of an object's underside when the hand lets go.
        slots: offsets from the centre where objects are put, in order of preference.
    """

    name: str
    hand: str
    centre: tuple[float, float]
    half: tuple[float, float]
    floor_z: float
    wall_z: float
    drop_z: float
    slots: tuple[tuple[float, float], ...]
    rgba: str

    def contains(self, position: np.ndarray) -> bool:
        """Whether a point (float[3]) lies inside, or on something that does."""
        return self.below(position) and bool(self.floor_z - 0.02 < position[2] < self.wall_z + _STACK_M)

    def lying(self, slot: int) -> tuple[float, float, float]:
        """Position of the underside of an object that lies at a slot, a hair above the floor."""
        dx, dy = self.slots[slot]
        return self.centre[0] + dx, self.centre[1] + dy, self.floor_z + 0.003

    def below(self, position: np.ndarray) -> bool:
        """Whether a point (float[3]) is inside the walls or straight above."""
        return bool((np.abs(position[:2] - self.centre) < np.array(self.half) + 0.012).all())


PLACES: dict[str, Place] = {
    place.name: place
    for place in (
        Place("sink", "left", (-0.385, 0.03), (0.095, 0.135), -0.085, 0.0, -0.040,
              ((0.0, -0.062), (0.0, 0.062), (0.0, 0.0)), ".52 .59 .66 1"),
        Place("drying rack", "left", (-0.155, 0.240), (0.140, 0.085), 0.020, 0.045, 0.042,
              ((0.064, 0.0), (-0.064, 0.0), (0.0, 0.0)), ".62 .36 .66 1"),
        Place("bin", "right", (0.155, 0.240), (0.140, 0.085), 0.005, 0.070, 0.082,
              ((-0.064, 0.0), (0.064, 0.0), (0.0, 0.0)), ".10 .10 .11 1"),
        Place("dishwasher", "right", (0.385, 0.03), (0.095, 0.135), -0.050, 0.012, -0.005,
              ((0.0, -0.062), (0.0, 0.062), (0.0, 0.0)), ".08 .36 .38 1"),
    )
}  # fmt: skip


def in_place(place: str) -> str:
    """`sink` → `in the sink`, `counter` → `on the counter`."""
    return f"{'on' if place in ('counter', 'floor') else 'in'} the {place}"


def place_of(position: np.ndarray) -> str:
    """Name of the place where a point (float[3]) is."""
    for place in PLACES.values():
        if place.contains(position):
            return place.name
    half, near, far = COUNTER
    over = abs(position[0]) < half + 0.02 and near - 0.02 < position[1] < far + 0.02
    return "counter" if over and position[2] > -0.03 else "floor"
