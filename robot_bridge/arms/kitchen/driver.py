"""The simulated kitchen as arms for the bridge: time passes by one control tick with each command."""

from __future__ import annotations

from typing import Any

import numpy as np

from robot_bridge.arms.base import ArmsError
from robot_bridge.arms.kitchen import ik
from robot_bridge.arms.kitchen.collision import Collisions
from robot_bridge.arms.kitchen.engine import load_mujoco
from robot_bridge.arms.kitchen.grasp import GraspMode
from robot_bridge.arms.kitchen.jogging import HIGHEST_M, LOWEST_M, Jogger
from robot_bridge.arms.kitchen.scene import HANDS
from robot_bridge.arms.kitchen.world import Kitchen
from robot_bridge.protocol.embodiment import load_embodiment
from robot_bridge.protocol.errors import UsageError

_AWAY_RAD = 0.3


class KitchenArms:
    """See `robot_bridge.arms.base.Arms`.

    Args:
        seed: of the layout.
    """

    name = "kitchen"
    late_after_ticks = 0  # its time stands still while it is late

    def __init__(self, seed: int = 1, grasp: GraspMode = "sticky", size: int = 96) -> None:
        self.embodiment = load_embodiment("kitchen")
        self._seed, self._grasp, self._size = seed, grasp, size
        self._kitchen: Kitchen | None = None
        self._jogger: Jogger | None = None
        self._collisions: Collisions | None = None
        self._tick_s = 1.0 / self.embodiment.control_hz

    @property
    def kitchen(self) -> Kitchen:
        """The simulation behind the arms, for judging what they did.

        Raises:
            ArmsError: not connected.
        """
        if self._kitchen is None:
            raise ArmsError("the simulated kitchen is not connected", next_step="call connect() first")
        return self._kitchen

    def connect(self) -> None:
        if self._kitchen is None:
            kitchen = Kitchen(self._grasp, self._size)
            kitchen.reset(self._seed)
            self._kitchen, self._jogger = kitchen, Jogger(kitchen, load_mujoco())
            self._collisions = Collisions(kitchen, load_mujoco(), self.embodiment.workspace)

    def read(self) -> np.ndarray:
        return self.kitchen.state()

    def command(self, target: np.ndarray) -> None:
        self.kitchen.step(target, self._tick_s)

    def pictures(self) -> dict[str, np.ndarray]:
        return self.kitchen.render()

    def reset(self, seed: int) -> None:
        self._seed = seed
        self.kitchen.reset(seed)

    def nudge(self, offset_m: tuple[float, float, float], hand: str = "") -> np.ndarray:
        """float32[14], the joint target that moves a hand by an offset (x right, y away, z up) and nothing else.

        Args:
            hand: `left` or `right`; empty: the hand that holds something, else the one that is out, else the right.

        Raises:
            UsageError: no such hand, or an offset that is not finite.
        """
        hand = hand or self._busy_hand()
        if hand not in HANDS:
            raise UsageError(f"there is no hand '{hand}'", ", ".join(HANDS))
        offset = np.asarray(offset_m, np.float64)
        if offset.shape != (3,) or not np.isfinite(offset).all():
            raise UsageError(f"an offset of {offset_m}", "three finite numbers in m")
        kitchen, at = self.kitchen, 7 * HANDS.index(hand)
        target, pinch = kitchen.state(), kitchen.pinch(hand) + offset
        pinch[2] = np.clip(pinch[2], LOWEST_M, HIGHEST_M)
        target[at : at + 6] = ik.solve(hand, pinch, float(target[at + 5]))
        limits = self.embodiment.limits
        return np.clip(target, limits[:, 0], limits[:, 1]).astype(np.float32)

    def jog(self, hand: str, present: np.ndarray, velocity: np.ndarray, dt_s: float) -> np.ndarray:
        """See `robot_bridge.arms.base.Arms`.

        Raises:
            ArmsError: not connected.
            UsageError: no such hand, or a number that is not finite.
        """
        if self._jogger is None:
            raise ArmsError("the simulated kitchen is not connected", next_step="call connect() first")
        return self._jogger.step(hand, present, velocity, dt_s)

    def obstacle(self, before: np.ndarray, target: np.ndarray) -> str:
        """See `robot_bridge.arms.base.Arms`. Raises: ArmsError: not connected."""
        if self._collisions is None:
            raise ArmsError("the simulated kitchen is not connected", next_step="call connect() first")
        return self._collisions.obstacle(before, target)

    def _busy_hand(self) -> str:
        for hand in HANDS:
            if self.kitchen.held_by(hand):
                return hand
        away = np.abs(self.kitchen.state() - self.embodiment.home)
        return "left" if away[:6].max() > max(_AWAY_RAD, away[7:13].max()) else "right"

    def things(self) -> dict[str, dict[str, Any]]:
        """See `robot_bridge.arms.base.Arms`."""
        with self.kitchen.lock:
            return {thing.name: {"place": thing.place, "dirty": bool(thing.dirty)} for thing in self.kitchen.objects()}

    def snapshot(self) -> bytes:
        """The whole scene, for `restore`."""
        return self.kitchen.snapshot()

    def restore(self, snapshot: bytes) -> None:
        """Go on from a snapshot.

        Raises:
            UsageError: the bytes are not a snapshot of this kitchen.
        """
        self.kitchen.restore(snapshot)

    def close(self) -> None:
        if self._kitchen is not None:
            self._kitchen.close()
            self._kitchen = self._jogger = self._collisions = None
