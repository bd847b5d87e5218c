"""Who is connected to a listening socket: told when a connection breaks, cut off when its message never ends.

libzmq keeps the parts of a message until the last one has come, however many there are, and shows nothing of it. The
kernel knows how many bytes a connection has brought (TCP_INFO, Linux): one that has brought more than any message of
ours has, and has not ended one, is shut, which frees them. Elsewhere only the size of a single part is bounded.
"""

from __future__ import annotations

import logging
import os
import socket as sockets
import struct
import sys
import time
from collections import Counter
from collections.abc import Callable
from urllib.parse import urlsplit

import zmq
from zmq.utils.monitor import recv_monitor_message

log = logging.getLogger(__name__)

WEIGH_S = 0.02  # how often; a peer of this machine may send 20 MB meanwhile
FAILED_HANDSHAKES = (
    zmq.Event.HANDSHAKE_FAILED_NO_DETAIL | zmq.Event.HANDSHAKE_FAILED_PROTOCOL | zmq.Event.HANDSHAKE_FAILED_AUTH
)
_EVENTS = zmq.Event.ACCEPTED | zmq.Event.DISCONNECTED | FAILED_HANDSHAKES
_INFO_BYTES, _RECEIVED_AT = 136, 128  # of struct tcp_info: up to and at tcpi_bytes_received


class Connections:
    """For the thread that owns the socket. `counts` holds how many were cut off.

    Args:
        socket: bound, with nobody connected yet.
        most_bytes: of one whole message.
        failed: told of each handshake that failed: how, as a value of `zmq.Event`, and where.
    """

    def __init__(self, socket: zmq.Socket, most_bytes: int, failed: Callable[[int, str], None] | None = None) -> None:
        self._socket, self._most_bytes, self._failed = socket, most_bytes, failed
        self._port = urlsplit(socket.getsockopt_string(zmq.LAST_ENDPOINT)).port
        self._monitor = socket.get_monitor_socket(int(_EVENTS))
        self._begun: dict[int, int | None] = {}  # bytes before the message under way; None: take stock at the next look
        self._weigh_at_s = 0.0
        self.counts: Counter[str] = Counter()

    @property
    def monitor(self) -> zmq.Socket:
        """Readable when there is something to look at."""
        return self._monitor

    def heard(self, frame: zmq.Frame) -> int:
        """The connection that a whole message came over, by any of its frames; -1 where that cannot be told."""
        try:
            line = int(frame.get(zmq.SRCFD))
        except (zmq.ZMQError, ValueError):
            return -1
        if line in self._begun:
            self._begun[line] = None
        return line

    def look(self) -> list[int]:
        """The connections that have broken since the last look; cuts off those whose message never ends."""
        gone = []
        while int(self._monitor.get(zmq.EVENTS)) & zmq.POLLIN:
            event = recv_monitor_message(self._monitor, zmq.NOBLOCK)
            kind, line = event["event"], int(event["value"])
            if kind == zmq.Event.ACCEPTED:
                self._begun[line] = 0
            elif kind == zmq.Event.DISCONNECTED:
                self._begun.pop(line, None)
                gone.append(line)
            elif self._failed is not None:
                self._failed(int(kind), event["endpoint"].decode("ascii", "replace"))
        if time.monotonic() >= self._weigh_at_s:
            self._weigh_at_s = time.monotonic() + WEIGH_S
            gone += [line for line in list(self._begun) if not self._weigh(line)]
        return gone

    def close(self) -> None:
        """Before the socket is closed."""
        self._socket.disable_monitor()
        self._monitor.close(linger=0)

    def _weigh(self, line: int) -> bool:
        """Whether there still is such a connection."""
        if self._port is None or sys.platform != "linux":
            return True
        try:
            with _opened(line) as connection:
                if connection.getsockname()[1] != self._port:
                    raise OSError("another one has the number by now")
                info = connection.getsockopt(sockets.IPPROTO_TCP, sockets.TCP_INFO, _INFO_BYTES)
                received = struct.unpack_from("Q", info, _RECEIVED_AT)[0] if len(info) == _INFO_BYTES else 0
                begun = self._begun[line]
                if begun is None:
                    self._begun[line] = received
                elif received - begun > self._most_bytes:
                    self._cut(connection, received - begun)
                    self._begun[line] = None  # told once, though libzmq may take a while to see it
        except (OSError, IndexError):  # closed without a word, as all are when the address is taken away for a moment
            self._begun.pop(line, None)
            return False
        return True

    def _cut(self, connection: sockets.socket, unfinished_bytes: int) -> None:
        self.counts["endless_message"] += 1
        log.warning("cut off: %s has sent %d bytes of one message without an end, where at most %d are allowed",
                    connection.getpeername()[0], unfinished_bytes, self._most_bytes)  # fmt: skip
        connection.shutdown(sockets.SHUT_RDWR)  # libzmq sees that, forgets the parts and tells that it broke


def _opened(line: int) -> sockets.socket:
    """A second handle of a connection of libzmq. Raises: OSError: there is none of this number."""
    copy = os.dup(line)
    try:
        return sockets.socket(fileno=copy)
    except OSError:
        os.close(copy)
        raise
