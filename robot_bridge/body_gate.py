"""The gate behind the limiter, for arms that know the shape of their own body: they hold instead of moving into it.

Every tick's target passes through. Where it may not be taken, each hand is tried alone, so that one arm that is in the
way of the other can still leave. A check that fails is a fault, like a driver that fails.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from robot_bridge.arms.base import Arms
from robot_bridge.protocol.embodiment import Embodiment

PATIENCE_S = 2.0  # how long a wish may press against the gate before a person is told
EASED_S = 0.5  # after this long without a press the next one counts anew


@dataclass(frozen=True)
class Passage:
    """What the gate made of one target.

    Args:
        held: bool[width], joints that stay where they are.
        reason: one sentence; empty where all may move.
        stuck: nothing has passed for so long that a person should know; true once.
    """

    held: np.ndarray
    reason: str = ""
    stuck: bool = False


class BodyGate:
    """Args: arms: asked for `obstacle(before, target) -> str` where they have it; others pass."""

    def __init__(self, arms: Arms, body: Embodiment) -> None:
        self._obstacle = getattr(arms, "obstacle", None)
        self._free = np.zeros(body.width, bool)
        names = [joint.hand for joint in body.joints]
        self._hands = [np.array([name == hand for name in names]) for hand in dict.fromkeys(names) if hand]
        self._pressed_since_s, self._pressed_s = 0.0, -EASED_S
        self.took_s = 0.0  # of the last check
        self.holds = 0  # ticks in which something was held

    def check(self, before: np.ndarray, target: np.ndarray, now_s: float) -> Passage:
        """Which joints of `target` may go there from `before`; both float32[width].

        Raises:
            Exception: whatever the arms' own check raises.
        """
        if self._obstacle is None:
            return Passage(self._free)
        began_s = time.perf_counter()
        reason = self._obstacle(before, target)
        held = self._held(before, target) if reason else self._free
        self.took_s = time.perf_counter() - began_s
        if not reason:
            return Passage(held)
        self.holds += 1
        if now_s - self._pressed_s >= EASED_S:
            self._pressed_since_s = now_s
        self._pressed_s = now_s
        stuck = now_s - self._pressed_since_s >= PATIENCE_S
        if stuck:
            self._pressed_since_s = now_s
        return Passage(held, reason, stuck)

    def _held(self, before: np.ndarray, target: np.ndarray) -> np.ndarray:
        """The joints to hold: those of one hand if the other may go on, else all."""
        assert self._obstacle is not None
        for hand in self._hands:
            alone = np.where(hand, target, before)
            if (alone != before).any() and not self._obstacle(before, alone):
                return ~hand
        return ~self._free
