"""Joint angles for a hand that points straight down, in closed form.

Pointing down, the forearm does not roll and the rest is a planar two-link arm on a turntable. Lengths are
those of `arm.xml`: upper arm 0.34 m, forearm 0.32 m, shoulder 0.18 m above the counter, pinch point 0.175 m
below the wrist.
"""

from __future__ import annotations

import numpy as np

from robot_bridge.arms.kitchen.scene import BASES

UPPER_M, FOREARM_M, SHOULDER_Z, WRIST_TO_PINCH_M = 0.34, 0.32, 0.18, 0.175


def azimuth(hand: str, point: np.ndarray) -> float:
    """rad, direction of a point (float[2+]) from the arm's base; 0 is straight ahead (+y), positive to the left."""
    x, y = np.asarray(point)[:2] - BASES[hand]
    return float(np.arctan2(-x, y))


def distance(hand: str, point: np.ndarray) -> float:
    """m, horizontally from the arm's base to a point (float[2+])."""
    return float(np.hypot(*(np.asarray(point)[:2] - BASES[hand])))


def reachable(hand: str, pinch: np.ndarray) -> bool:
    """Whether the pinch point (float[3]) can be there with the hand pointing down."""
    reach = np.hypot(distance(hand, pinch), pinch[2] + WRIST_TO_PINCH_M - SHOULDER_Z)
    return bool(abs(UPPER_M - FOREARM_M) + 0.02 < reach < UPPER_M + FOREARM_M - 0.004)


def solve(hand: str, pinch: np.ndarray, roll: float) -> np.ndarray:
    """float[6] joint angles that bring the pinch point (float[3], m) there; out of reach: as near as it goes.

    Args:
        roll: of the wrist, rad; at 0 the fingers open across the arm's direction.
    """
    waist, r = azimuth(hand, pinch), distance(hand, pinch)
    h = pinch[2] + WRIST_TO_PINCH_M - SHOULDER_Z
    reach = np.hypot(r, h)
    fit = np.clip(reach, abs(UPPER_M - FOREARM_M) + 0.02, UPPER_M + FOREARM_M - 0.002) / max(reach, 1e-6)
    r, h, reach = r * fit, h * fit, reach * fit
    inner = (UPPER_M**2 + reach**2 - FOREARM_M**2) / (2 * UPPER_M * reach)
    shoulder = np.arctan2(r, h) - np.arccos(np.clip(inner, -1, 1))
    pitch = np.arctan2(UPPER_M * np.cos(shoulder) - h, r - UPPER_M * np.sin(shoulder))
    return np.array([waist, shoulder, pitch - shoulder, 0.0, np.pi / 2 - pitch, roll])


def finger_yaw(waist: float, roll: float) -> float:
    """rad, world direction of the line between the fingers."""
    return waist + np.pi - roll


def roll_for(waist: float, yaw: float) -> float:
    """The wrist roll nearest 0 that lays the line between the fingers along `yaw` (a line: modulo half a turn)."""
    return float((waist - yaw + np.pi / 2) % np.pi - np.pi / 2)
