"""What a new chunk goes on from: how much of the one that plays will have been executed when it comes."""

from __future__ import annotations

import math
from collections import deque

from robot_bridge.motion import Motion
from robot_bridge.protocol.embodiment import Embodiment
from robot_bridge.protocol.messages import Tail

REMEMBERED = 8  # chunks; the slowest of them is what is counted on, as in arXiv 2506.07339, section 4.2
FIRST_S = 0.2  # counted on before any chunk has come


class Seams:
    """For one pilot.

    Args:
        on: False never gives a tail.
    """

    def __init__(self, motion: Motion, body: Embodiment, on: bool) -> None:
        self._motion, self._body, self._on = motion, body, on
        self._late_s: deque[float] = deque(maxlen=REMEMBERED)
        self._subtask = ""

    def played(self, late_s: float, subtask: str) -> None:
        """A chunk has come this long after its observation, for this subtask."""
        self._late_s.append(late_s)
        self._subtask = subtask

    def tail(self, observed_s: float, subtask: str) -> Tail | None:
        """The rest of the chunk in hand for one that is made of an observation; None where it stands alone.

        Under another subtask only what will have been executed anyhow is kept.
        """
        left = self._motion.ahead(observed_s) if self._on else None
        if left is None or not len(left[0]):
            return None
        rows, dt_s = left
        frozen = min(len(rows), math.ceil(max(self._late_s, default=FIRST_S) / dt_s - 1e-6))
        if subtask != self._subtask:
            rows = rows[:frozen]
        return Tail(rows=self._body.pad(rows), frozen=frozen, dt_s=dt_s) if len(rows) else None
