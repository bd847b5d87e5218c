"""How far a hand may lean away from what the model does: all nudges of one subtask together, while it lasts."""

from __future__ import annotations

import msgspec
import numpy as np

from robot_bridge.protocol.messages import Intervention

MAX_LEAN_M = 0.1  # of all nudges of a subtask together


class Lean:
    """What the nudges of a subtask have come to."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self._so_far_m, self._subtask = np.zeros(3), ""

    def add(self, words: Intervention, subtask: str) -> Intervention:
        """The nudge as it may be followed: its offset cut short where the hand would lean too far in all."""
        before = self._so_far_m
        after = before + np.array(words.offset or (0.0, 0.0, 0.0))
        after *= min(1.0, MAX_LEAN_M / max(float(np.linalg.norm(after)), MAX_LEAN_M))
        self._so_far_m, self._subtask = after, subtask
        x, y, z = (after - before).tolist()
        return msgspec.structs.replace(words, offset=(x, y, z))

    def is_over(self, before: str, now: str) -> bool:
        """Whether the model has moved on for good: twice in a row it thought of a subtask that was not nudged."""
        return bool(self._subtask) and now == before != self._subtask
