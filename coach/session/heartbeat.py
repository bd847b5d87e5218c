"""Tells the bridge that somebody is at the terminal; without it the arms hold after a while."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Any, Protocol

from robot_bridge.protocol.errors import CoachError

PERIOD_S = 0.4
DEADLINE_S = 0.8


class Heart(Protocol):
    """The part of a bridge client that a heartbeat needs."""

    def heartbeat(self, who: str, deadline_s: float) -> Any: ...

    def close(self) -> None: ...


class Heartbeat:
    """Beats in its own thread until closed. Args: connect: opens the socket, in that thread."""

    def __init__(self, connect: Callable[[], Heart], who: str) -> None:
        self._connect, self._who = connect, who
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._thread.join(timeout=2.0)

    def _run(self) -> None:
        heart = self._connect()
        try:
            while not self._closing.is_set():
                with contextlib.suppress(CoachError):  # the bridge is away; the UI says so, the heart beats on
                    heart.heartbeat(self._who, DEADLINE_S)
                self._closing.wait(PERIOD_S)
        finally:
            heart.close()
