"""The plain account of a fault: what, when, what the arms were told last, and what to do now."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from robot_bridge.protocol.embodiment import Embodiment

NEXT_STEP = "check their power and cable; they are tried again twice a second and hold until you say resume"
NAMED_JOINTS = 3
MOVED = 1e-4  # rad or m; less than this in one tick is standing still


@dataclass(frozen=True)
class LastCommand:
    """What the arms were told last.

    Args:
        wall_s: Unix time; 0 where they were told nothing yet.
        target: float32[width].
        before: float32[width], what they were told one tick earlier.
    """

    wall_s: float
    target: np.ndarray
    before: np.ndarray

    def words(self, body: Embodiment) -> str:
        """The joints that it moved, those that moved most first."""
        if not self.wall_s:
            return "nothing had been commanded yet"
        share = np.abs(self.target - self.before) / np.maximum(np.ptp(body.limits, axis=1), 1e-6)
        moved = [int(i) for i in np.argsort(-share) if abs(self.target[i] - self.before[i]) > MOVED]
        named = [f"{body.joints[i].name.replace('_', ' ')} to {self.target[i]:.2f} {body.joints[i].unit}"
                 for i in moved[:NAMED_JOINTS]]  # fmt: skip
        rest = f" and {len(moved) - len(named)} more" if len(moved) > len(named) else ""
        return f"last command {clock(self.wall_s)}: {', '.join(named) + rest if named else 'hold still'}"


@dataclass(frozen=True)
class Account:
    """One fault.

    Args:
        what: what failed, as a clause.
        wall_s: Unix time.
        last: what the arms were told last, in words.
        target: the same in full, one number a joint.
    """

    what: str
    wall_s: float
    last: str
    target: dict[str, float]
    next_step: str = NEXT_STEP

    @classmethod
    def of(cls, what: str, last: LastCommand, body: Embodiment, next_step: str = NEXT_STEP) -> Account:
        """The account of what fails at this moment."""
        target = {joint.name: round(float(x), 5) for joint, x in zip(body.joints, last.target, strict=True)}
        return cls(what, time.time(), last.words(body), target, next_step)

    def __str__(self) -> str:
        return f"{self.what}, at {clock(self.wall_s)}; {self.last}; {self.next_step}"

    @property
    def data(self) -> dict[str, Any]:
        """For an Event."""
        return {"what": self.what, "wall_s": self.wall_s, "last_command": self.target, "next_step": self.next_step}


def clock(wall_s: float) -> str:
    """`15:04:05.120`, the time of day here."""
    return f"{time.strftime('%H:%M:%S', time.localtime(wall_s))}.{int(wall_s % 1 * 1000):03d}"
