"""Messages on their way from every thread of the bridge to the one thread that owns the sockets."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections import deque

from robot_bridge.protocol.messages import Message, Observation

MAX_PICTURES_WAITING = 2


class Outbox:
    """`put` from any thread, `take` from the socket thread. Pictures not taken in time give way to newer ones."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._messages: deque[Message] = deque()
        self._status_due = False
        self._hear, self._wake = socket.socketpair()
        for end in (self._hear, self._wake):
            end.setblocking(False)

    def fileno(self) -> int:
        """Readable when there is something to take."""
        return self._hear.fileno()

    def put(self, message: Message) -> None:
        """Publish a message soon."""
        with self._lock:
            if isinstance(message, Observation):
                waiting = [m for m in self._messages if isinstance(m, Observation)]
                if len(waiting) >= MAX_PICTURES_WAITING:
                    self._messages.remove(waiting[0])
            self._messages.append(message)
        self._ring()

    def ask_status(self) -> None:
        """Publish the status soon: something in it has changed."""
        self._status_due = True
        self._ring()

    def take(self) -> tuple[list[Message], bool]:
        """What waits, oldest first, and whether the status has changed."""
        with contextlib.suppress(BlockingIOError):
            self._hear.recv(4096)
        with self._lock:
            messages, due = list(self._messages), self._status_due
            self._messages.clear()
            self._status_due = False
        return messages, due

    def close(self) -> None:
        self._hear.close()
        self._wake.close()

    def _ring(self) -> None:
        with contextlib.suppress(OSError):  # full: it will wake anyway; closed: the bridge is going down
            self._wake.send(b"\0")
