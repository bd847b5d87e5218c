"""The gate behind the limiter, for arms that know the shape of their own body: they hold instead of moving into it.

Every tick's target passes through. Where it may not be taken, each hand is tried alone, so that one arm that is in the
way of the other can still leave. Where neither gets on, one of them gives way: it goes home before it goes on, the one
that is on its way there if there is one. A check that fails is a fault, like a driver that fails.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from robot_bridge.arms.base import Arms
from robot_bridge.protocol.embodiment import Embodiment

PATIENCE_S = 2.0  # how long a wish may press against the gate before a person is told
EASED_S = 0.5  # after this long without a press the next one counts anew
GIVE_WAY_AFTER_S = 0.6  # how long neither arm gets on before one gives way
GIVE_WAY_S = 3.0  # for so long at most
GIVE_WAY_AGAIN_S = 20.0  # sooner than this after it a person is asked instead
GIVE_WAY_SPEED = 0.3  # fraction of the velocity limits
ARRIVED_RAD = 0.1


@dataclass(frozen=True)
class Passage:
    """What the gate made of one target.

    Args:
        held: bool[width], joints that stay where they are.
        reason: one sentence; empty where all may move.
        stuck: nothing has passed for so long that a person should know; true once.
        gives_way: the hand that begins to give way with this target, `left`; empty: none.
    """

    held: np.ndarray
    reason: str = ""
    stuck: bool = False
    gives_way: str = ""


class BodyGate:
    """Args: arms: asked for `obstacle(before, target) -> str` where they have it; others pass."""

    def __init__(self, arms: Arms, body: Embodiment) -> None:
        self._obstacle = getattr(arms, "obstacle", None)
        self._free = np.zeros(body.width, bool)
        names = [joint.hand for joint in body.joints]
        self._hands: dict[str, np.ndarray] = {
            hand: np.array([name == hand for name in names]) for hand in dict.fromkeys(names) if hand
        }
        self._arm = np.array([not joint.gripper for joint in body.joints])
        self._home, self._stride = body.home, (GIVE_WAY_SPEED / body.control_hz * body.velocity_limits)
        self._pressed_since_s, self._pressed_s = 0.0, -EASED_S
        self._gives_way, self._until_s, self._not_before_s = "", 0.0, 0.0
        self.took_s = 0.0  # of the last check
        self.holds = 0  # ticks in which something was held

    def amend(self, before: np.ndarray, wish: np.ndarray, now_s: float) -> np.ndarray:
        """The wish, float32[width], with the hand that gives way on its way home instead; keeps hold of what it has.

        Args:
            before: float32[width], the last commanded target.
        """
        if not self._gives_way:
            return wish
        mask = self._hands[self._gives_way]
        far = np.abs(self._home - before)[mask & self._arm]
        if now_s >= self._until_s or far.max(initial=0.0) < ARRIVED_RAD:
            self._gives_way = ""
            return wish
        return np.where(mask, self._homewards(before), wish).astype(np.float32)

    def stay(self) -> None:
        """Nothing plays: no hand gives way any more."""
        self._gives_way = ""

    def check(self, before: np.ndarray, target: np.ndarray, now_s: float, may_give_way: bool = False) -> Passage:
        """Which joints of `target` may go there from `before`; both float32[width].

        Args:
            may_give_way: the next wishes pass through `amend`.

        Raises:
            Exception: whatever the arms' own check raises.
        """
        if self._obstacle is None:
            return Passage(self._free)
        began_s = time.perf_counter()
        reason = self._obstacle(before, target)
        held = self._held(before, target) if reason else self._free
        gives_way, stuck = "", False
        if reason:
            pressed_s = self._press(now_s)
            waits = held.all() and pressed_s >= GIVE_WAY_AFTER_S and now_s >= self._not_before_s
            gives_way = self._give_way(before, target, now_s) if may_give_way and waits and not self._gives_way else ""
            stuck = pressed_s >= PATIENCE_S and not self._gives_way
            if stuck or gives_way:
                self._pressed_since_s = now_s
        self.took_s = time.perf_counter() - began_s
        return Passage(held, reason, stuck, gives_way)

    def _press(self, now_s: float) -> float:
        """How long a wish has pressed against the gate, s."""
        self.holds += 1
        if now_s - self._pressed_s >= EASED_S:
            self._pressed_since_s = now_s
        self._pressed_s = now_s
        return now_s - self._pressed_since_s

    def _give_way(self, before: np.ndarray, target: np.ndarray, now_s: float) -> str:
        self._gives_way = self._who_gives_way(before, target)
        if self._gives_way:
            self._until_s, self._not_before_s = now_s + GIVE_WAY_S, now_s + GIVE_WAY_AGAIN_S
        return self._gives_way

    def _held(self, before: np.ndarray, target: np.ndarray) -> np.ndarray:
        """The joints to hold: those of one hand if the other may go on, else all."""
        assert self._obstacle is not None
        for hand in sorted(self._hands, key=lambda hand: hand != self._gives_way):
            mask = self._hands[hand]
            alone = np.where(mask, target, before)
            if (alone != before).any() and not self._obstacle(before, alone):
                return ~mask
        return ~self._free

    def _who_gives_way(self, before: np.ndarray, target: np.ndarray) -> str:
        """The hand that may go home and is in the way of the other, first the one that wishes to go there; empty where
        there is none."""
        assert self._obstacle is not None
        homewards = self._homewards(before)

        def along(hand: str) -> float:
            mask = self._hands[hand] & self._arm
            wished, way = (target - before)[mask], (homewards - before)[mask]
            return float(wished @ way / max(float(np.linalg.norm(wished) * np.linalg.norm(way)), 1e-9))

        for hand in sorted(self._hands, key=along, reverse=True):
            alone = np.where(self._hands[hand], homewards, before).astype(np.float32)
            leaves = np.abs(alone - before).max() > self._stride.min() / 2 and not self._obstacle(before, alone)
            if leaves and self._frees(hand, before, target):
                return hand
        return ""

    def _frees(self, hand: str, before: np.ndarray, target: np.ndarray) -> bool:
        """Whether the other hand could do as it wishes, were this one at home."""
        assert self._obstacle is not None
        away = np.where(self._hands[hand] & self._arm, self._home, before).astype(np.float32)
        wished = np.where(self._hands[hand], away, target).astype(np.float32)
        return bool((wished != away).any()) and not self._obstacle(away, wished)

    def _homewards(self, before: np.ndarray) -> np.ndarray:
        """One tick's way home of all arms, float[width]; grippers stay as they are."""
        return before + np.where(self._arm, np.clip(self._home - before, -self._stride, self._stride), 0.0)
