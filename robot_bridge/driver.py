"""The arms' driver as the control loop sees it: what it reports is checked, how long it takes is watched.

A driver that takes longer than `late_after_ticks` ticks in one is a fault, whether it returns or hangs: another thread
asks `overdue`. Arms that do not name it get 2. A simulator names 0, since its time stands still while it is late; only
a hang is a fault there.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

import numpy as np

from robot_bridge.arms.base import Arms
from robot_bridge.faults import LastCommand
from robot_bridge.protocol.embodiment import Embodiment

LATE_AFTER_TICKS = 2
HANG_S = 2.0  # for arms whose lateness harms nobody


class ArmsFault(Exception):
    """The arms gave something that cannot be a position, were late, or did not answer at all."""


class Driver:
    """`read` and `command` for the control thread; the rest for any thread.

    Args:
        start: float32[width], where the joints are now.
    """

    def __init__(self, arms: Arms, body: Embodiment, start: np.ndarray) -> None:
        self._arms, self._body = arms, body
        self._tick_s = 1.0 / body.control_hz
        self._busy_since_s = 0.0
        self._spent_s = 0.0  # in this tick
        still = np.asarray(start, np.float32)
        self.last = self.moved = LastCommand(0.0, still, still)  # the last command, and the last that moved them

    def read(self) -> np.ndarray:
        """float32[width], where the joints are. Begins a tick.

        Raises:
            ArmsFault: that is no position, or it came too late.
        """
        self._spent_s = 0.0
        with self._watched():
            joints = np.asarray(self._arms.read(), np.float32)
        if joints.shape != (self._body.width,):
            raise ArmsFault(f"they report {list(joints.shape)} numbers instead of {self._body.width}")
        if not np.isfinite(joints).all():
            raise ArmsFault("they report a position that is not a number")
        return joints

    def command(self, target: np.ndarray) -> None:
        """Send float32[width]. Raises: ArmsFault: the driver was too late in this tick."""
        self.last = LastCommand(time.time(), target, self.last.target)
        with self._watched():
            self._arms.command(target)
        if self.moving:
            self.moved = self.last

    def overdue(self) -> float:
        """Seconds that the call under way takes already, if that is too long; else 0."""
        since_s = self._busy_since_s
        took_s = time.monotonic() - since_s if since_s else 0.0
        return took_s if took_s > self._limit_s else 0.0

    @property
    def moving(self) -> bool:
        """Whether the last command was another one than the one before."""
        return bool((self.last.target != self.last.before).any())

    @property
    def _limit_s(self) -> float:
        return getattr(self._arms, "late_after_ticks", LATE_AFTER_TICKS) * self._tick_s or HANG_S

    @contextlib.contextmanager
    def _watched(self) -> Iterator[None]:
        self._busy_since_s = began_s = time.monotonic()
        try:
            yield
        finally:
            self._busy_since_s = 0.0
        self._spent_s += time.monotonic() - began_s
        if self._spent_s > self._limit_s:
            raise ArmsFault(late(self._spent_s, self._tick_s))


def late(took_s: float, tick_s: float) -> str:
    """Why the arms are in fault, as a clause."""
    return f"their driver took {took_s * 1e3:.0f} ms where a tick has {tick_s * 1e3:.0f} ms"
