"""The server's socket, shared by its threads: one at a time touches it, and a message wakes one of them.

A thread that waits hears of messages by the socket's file descriptor, and then takes, answers and sends by itself: no
message is handed from thread to thread, which would cost as much as all the rest. ZeroMQ allows a socket to move
between threads behind a lock.
"""

from __future__ import annotations

import contextlib
import logging
import select
import socket as sockets
import threading
from collections import Counter
from typing import Any

import zmq

from robot_bridge.protocol.codec import MAX_MESSAGE_BYTES, Codec
from robot_bridge.protocol.connections import Connections
from robot_bridge.protocol.messages import Error, Message
from robot_bridge.protocol.security.eviction import Eviction
from robot_bridge.protocol.security.guard import Guard

log = logging.getLogger(__name__)


class Line:
    """A ROUTER socket.

    Args:
        socket: bound, with nobody connected yet; closing it stays with the caller, after `close`.
        guard: None where nothing is encrypted.
    """

    def __init__(self, socket: zmq.Socket, guard: Guard | None = None) -> None:
        self._socket, self._codec = socket, Codec()
        self._connections = Connections(socket, MAX_MESSAGE_BYTES, guard.failed if guard is not None else None)
        self._lock = threading.Lock()
        self._open = True
        self._bell, self._rope = sockets.socketpair()
        for end in (self._bell, self._rope):
            end.setblocking(False)
        self.counts: Counter[str] = Counter()  # errors sent, by code

    def waiter(self) -> Waiter:
        """For one thread."""
        return Waiter(int(self._socket.get(zmq.FD)), self._bell)

    def receive(self) -> list[zmq.Frame] | None:
        """Who sent it and the parts of a message, or None where none is there; then the file descriptor is quiet."""
        with self._lock:
            if not self._open:
                return None
            if not int(self._socket.get(zmq.EVENTS)) & zmq.POLLIN:
                return None
            frames = self._socket.recv_multipart(zmq.NOBLOCK, copy=False)
            self._connections.heard(frames[0])
            return frames

    def send(self, client: bytes, message: Message) -> None:
        """From any thread. Never waits: a client that is gone, or does not read, loses its reply."""
        with self._lock:
            if not self._open:
                return
            if isinstance(message, Error):
                self.counts[message.code] += 1
                log.info("error to a client (%s, number %d): %s", message.code, self.counts[message.code], message.what)
            try:
                self._socket.send_multipart([client, *self._codec.encode(message)], zmq.NOBLOCK)
            except zmq.ZMQError as error:
                log.warning("a %s could not be sent: %s", type(message).__name__, error)
            unheard = int(self._socket.get(zmq.EVENTS)) & zmq.POLLIN
        if unheard:  # sending has taken note of a message, and so silenced the file descriptor
            self.ring()

    def ring(self) -> None:
        """Wake a thread that waits: there may be messages that it will not hear of otherwise."""
        with contextlib.suppress(OSError):  # full: it rings already
            self._rope.send(b"\0")

    def watch(self, eviction: Eviction) -> None:
        """Cut off who was struck off the list of clients, and who sends a message without an end."""
        with self._lock:
            if self._open:
                self._connections.look()
            if not self._open or not eviction.check():
                return
        self.ring()  # the address was taken away for a moment: look at what came meanwhile

    def close(self) -> None:
        """Nothing is sent or received afterwards, whichever thread tries."""
        with self._lock:
            if self._open:
                self.counts.update(self._connections.counts)
                self._connections.close()
            self._open = False
        self._bell.close()
        self._rope.close()


class Waiter:
    """Waits for a message together with other threads; where the system can do that, only one of them wakes."""

    def __init__(self, fd: int, bell: sockets.socket) -> None:
        self._bell = bell
        self._poll: Any
        if hasattr(select, "EPOLLEXCLUSIVE"):
            self._poll, self._unit, kind = select.epoll(), 1.0, select.EPOLLIN | select.EPOLLEXCLUSIVE
        else:
            self._poll, self._unit, kind = select.poll(), 1e3, select.POLLIN
        for number in (fd, bell.fileno()):
            self._poll.register(number, kind)

    def wait(self, timeout_s: float) -> None:
        """Until there may be a message."""
        for number, _ in self._poll.poll(timeout_s * self._unit):
            if number == self._bell.fileno():
                with contextlib.suppress(OSError):  # another one was faster
                    self._bell.recv(4096)

    def close(self) -> None:
        close = getattr(self._poll, "close", None)  # only epoll has a file descriptor of its own
        if close is not None:
            close()
