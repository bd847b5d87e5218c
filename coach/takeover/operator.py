"""The person who has taken over, as the bridge hears them: which hand, how fast, and where to now.

Motions go through a thread and a socket of their own, and only the newest one waits: what was pressed a moment ago
must not be made up for later.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from robot_bridge.protocol.errors import CoachError, UsageError
from robot_bridge.protocol.messages import Jog

KEY_LASTS_S = 0.18  # a held key repeats about every 33 ms, a busy terminal every 100 ms
STICK_LASTS_S = 0.12
DEADLINE_S = 0.4
SPEEDS = (0.1, 0.25, 0.5, 1.0)  # of 25 cm/s


@dataclass(frozen=True)
class Way:
    """A motion that a key or a button stands for; see `Jog`."""

    direction: tuple[float, float, float] = (0.0, 0.0, 0.0)
    turn: float = 0.0
    grip: float = 0.0


WAYS: dict[str, Way] = {
    "left": Way((-1, 0, 0)), "right": Way((1, 0, 0)), "forward": Way((0, 1, 0)), "back": Way((0, -1, 0)),
    "up": Way((0, 0, 1)), "down": Way((0, 0, -1)), "turn_left": Way(turn=1), "turn_right": Way(turn=-1),
    "open": Way(grip=1), "close": Way(grip=-1),
}  # fmt: skip


class Line(Protocol):
    """The part of a bridge client that an operator needs."""

    def request(self, message: Any, deadline_s: float) -> Any: ...

    def close(self) -> None: ...


class Operator:
    """Args: connect: opens the socket, in the operator's own thread; told: gets one sentence where a motion fails."""

    def __init__(self, connect: Callable[[], Line], told: Callable[[str], None]) -> None:
        self._connect, self._told = connect, told
        self.hand = "right"
        self._gear = 1
        self._waiting: Jog | None = None
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="takeover", daemon=True)
        self._thread.start()

    @property
    def speed(self) -> float:
        """Fraction of the fastest that a person may move a hand."""
        return SPEEDS[self._gear]

    def press(self, way: str) -> None:
        """A key was pressed, or repeats."""
        self._send(WAYS[way], KEY_LASTS_S)

    def hold(self, way: Way) -> None:
        """Where a stick points now; to be told again before it lapses."""
        self._send(way, STICK_LASTS_S)

    def switch_hand(self) -> None:
        self.hand = "left" if self.hand == "right" else "right"

    def shift(self, gears: int) -> None:
        """Faster (1) or slower (−1), as far as there are gears."""
        self._gear = min(max(self._gear + gears, 0), len(SPEEDS) - 1)

    def close(self) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(timeout=2.0)

    def _send(self, way: Way, lasts_s: float) -> None:
        jog = Jog(hand=self.hand, direction=way.direction, turn=way.turn, grip=way.grip, speed=self.speed,
                  lasts_s=lasts_s)  # fmt: skip
        with self._changed:
            self._waiting = jog
            self._changed.notify_all()

    def _run(self) -> None:
        line = self._connect()
        try:
            while (jog := self._next()) is not None:
                try:
                    line.request(jog, DEADLINE_S)
                except UsageError:
                    continue  # the arms were stopped or handed back meanwhile: the status says so
                except CoachError as error:
                    self._told(str(error))
        finally:
            line.close()

    def _next(self) -> Jog | None:
        """None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._closing or self._waiting is not None)
            jog, self._waiting = self._waiting, None
            return None if self._closing else jog
