"""Watches, on every tick, for what is missing. Knows nothing of the policy's or the pilot's health but its silence.

A coach that is silent while the arms work or follow its nudge: hold. Arms that hold for long: go home, but never after
a stop, never while a person has said pause or is asked something (hands may be near), and never in a fault.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from robot_bridge.protocol.messages import BridgeState

Alarm = Literal["", "coach_silent", "park"]


@dataclass
class Watchdog:
    """Asked once a tick. All times are `time.monotonic()`.

    Args:
        coach_deadline_s: how long running arms go on without a sign of life from a coach.
        park_after_s: how long arms hold before they go home.
        coach_seen_s: the last sign of life.
    """

    coach_deadline_s: float
    park_after_s: float
    coach_seen_s: float
    _holding_since_s: float | None = None
    _parked: bool = False

    def coach_alive(self, now_s: float) -> bool:
        """Whether a coach has shown itself lately. A deadline that is not positive never holds."""
        return 0.0 <= now_s - self.coach_seen_s <= self.coach_deadline_s

    def coach_gone(self) -> None:
        """It has left: what was heard from it no longer counts."""
        self.coach_seen_s = -math.inf

    def check(self, now_s: float, state: BridgeState, may_park: bool, reaching: bool = False) -> Alarm:
        """What is wrong now; each hold is told to park once.

        Args:
            reaching: the arms follow a person's nudge, whatever the state.
            may_park: nobody asked for this hold, so that the arms may leave it.
        """
        if state != "holding":
            self._holding_since_s, self._parked = None, False
        if (state == "running" or reaching) and not self.coach_alive(now_s):
            return "coach_silent"
        if state == "holding":
            if self._holding_since_s is None:
                self._holding_since_s = now_s
            if may_park and not self._parked and now_s - self._holding_since_s >= self.park_after_s:
                self._parked = True
                return "park"
        return ""
