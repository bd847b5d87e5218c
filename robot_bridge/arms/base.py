"""What the bridge asks of arms, real or simulated."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from robot_bridge.protocol.embodiment import Embodiment
from robot_bridge.protocol.errors import CoachError


class ArmsError(CoachError):
    """The arms cannot be reached or driven."""

    code = "arms"


class Arms(Protocol):
    """Arms with cameras. `read` and `command` are called from the control thread, `pictures` from a camera thread.

    Arms that can be set back also have `snapshot() -> bytes` and `restore(bytes)`. Arms whose hands can be moved by
    an offset have `nudge(offset_m, hand) -> float32[width]`, which moves nothing: it answers the joint target.
    Arms with a model of their body have `jog(hand, present, velocity, dt_s) -> float32[width]`, which moves nothing
    either: the joint target `dt_s` after `present` for a hand that moves at `velocity` (m/s right, away, up, and
    rad/s of the wrist, counter-clockwise seen from above) and otherwise keeps its pose.
    They also have `obstacle(before, target) -> str`, asked on every tick: why the step between two joint targets would
    bring the hands out of the workspace of the body file, or links too near to each other; empty where it would not.
    Arms that can tell what became of the things have `things() -> {name: {"place": …, "dirty": …}}`, asked from any
    thread: it is recorded, and the model never sees it.
    A driver that takes longer than `late_after_ticks: int` ticks is a fault; arms that do not name it get 2. A
    simulator, whose time stands still while it is late, names 0.
    """

    name: str
    embodiment: Embodiment

    def connect(self) -> None:
        """Make the arms ready. Calling it again is harmless.

        Raises:
            ArmsError: they cannot be reached.
        """

    def read(self) -> np.ndarray:
        """float32[width], joint positions now.

        Raises:
            ArmsError: not connected.
        """

    def command(self, target: np.ndarray) -> None:
        """Where the joints (float32[width]) should be one control tick from now. Returns within that tick.

        Raises:
            ArmsError: not connected.
            EmbodimentError: wrong width, or a number that is not finite.
        """

    def pictures(self) -> dict[str, np.ndarray]:
        """Camera → uint8[height, width, 3], all taken at one instant.

        Raises:
            ArmsError: not connected.
        """

    def reset(self, seed: int) -> None:
        """Set the scene up anew where that is possible: a simulator draws the layout of this seed."""

    def close(self) -> None:
        """Let go of the hardware. Calling it again is harmless."""
