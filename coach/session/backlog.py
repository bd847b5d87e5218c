"""What the recorder has still to write. Whoever listens to the bridge puts it there and never waits for a disk."""

from __future__ import annotations

import queue
from collections.abc import Callable

from robot_bridge.protocol.messages import Message, Observation, Status

ROOM = 500  # messages; pictures and states beyond that are given up
MOST = 10 * ROOM  # thoughts, chunks and events beyond that too: minutes of a disk that stands still


class Backlog:
    """A bounded queue between one listener and one writer; it counts what it gave up.

    Args:
        overrun: called by the listener when the first message of an outage is given up; must return at once.
    """

    def __init__(self, overrun: Callable[[], None]) -> None:
        self._overrun = overrun
        self._queue: queue.Queue[Message] = queue.Queue()  # bounded below, more for some than for others
        self._overran = False
        self.lost_frames = 0
        self.lost_others = 0  # thoughts, chunks and events; a lost state is told again by the next

    def __len__(self) -> int:
        return self._queue.qsize()

    def put(self, message: Message) -> None:
        """Take it, or give it up; returns at once."""
        if len(self) < (ROOM if isinstance(message, Observation | Status) else MOST):
            self._queue.put_nowait(message)
            return
        self.lost_frames += isinstance(message, Observation)
        self.lost_others += not isinstance(message, Observation | Status)
        if not self._overran:
            self._overran = True
            self._overrun()

    def get(self, timeout_s: float) -> Message | None:
        """The oldest; None if there is none for so long. Where none is left, the outage is over."""
        try:
            message = self._queue.get(timeout=timeout_s)
        except queue.Empty:
            message = None
        self._overran = self._overran and len(self) > 0
        return message
