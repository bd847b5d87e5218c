"""Messages on their way from other threads to the socket thread, which it hears of through a file descriptor."""

from __future__ import annotations

import contextlib
import socket
from collections import deque

from robot_bridge.protocol.messages import Message


class Outbox:
    """Only the socket thread may touch a ZeroMQ socket; the others `post` here and it `take`s."""

    def __init__(self) -> None:
        self._messages: deque[tuple[bytes, Message]] = deque()
        self._hear, self._wake = socket.socketpair()
        for end in (self._hear, self._wake):
            end.setblocking(False)

    def fileno(self) -> int:
        """Readable when there is something to take."""
        return self._hear.fileno()

    def post(self, client: bytes, message: Message) -> None:
        self._messages.append((client, message))
        with contextlib.suppress(OSError):  # full: it will wake anyway; closed: the server is gone
            self._wake.send(b"\0")

    def take(self) -> list[tuple[bytes, Message]]:
        with contextlib.suppress(BlockingIOError):
            self._hear.recv(4096)
        messages = []
        while self._messages:
            messages.append(self._messages.popleft())
        return messages

    def close(self) -> None:
        self._hear.close()
        self._wake.close()
