"""Whoever is struck off the list of clients is also cut off, in the middle of whatever they listen to.

All lines are closed, since libzmq cannot close a single one. The others come back by themselves within a tenth of a
second; who is no longer listed is refused at the door.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

import zmq

from robot_bridge.protocol.security.curve import ServerKeys
from robot_bridge.protocol.wire import rebind

log = logging.getLogger(__name__)

LOOK_S = 0.25  # how often the list is looked at


class Eviction:
    """For the thread that owns the sockets. Args: keys: None where everybody is let in."""

    def __init__(self, keys: ServerKeys | None, sockets: Sequence[zmq.Socket]) -> None:
        self._access = keys.access if keys is not None else None
        self._sockets = sockets
        self._look_at_s = 0.0
        self.count = 0

    def check(self) -> bool:
        """Cut everybody off if somebody was struck off; whether that happened.

        Raises:
            CoachError: the address was taken by another program meanwhile.
        """
        now_s = time.monotonic()
        if self._access is None or now_s < self._look_at_s:
            return False
        self._look_at_s = now_s + LOOK_S
        names = self._access.struck_off()
        if not names:
            return False
        for socket in self._sockets:
            rebind(socket)
        self.count += 1
        log.warning("cut off: %s; the others connect again", ", ".join(names))
        return True
