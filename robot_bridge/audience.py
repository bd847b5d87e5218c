"""Those who listen to what the bridge publishes. Everybody gets everything, so that nobody can make us remember topics.

A subscriber may send any number of topics and other bytes up its line. They are read, counted and dropped; only the
empty topic is taken, and it is taken for all that is published. libzmq itself remembers every topic of a connection as
long as that lasts: after too many of them all connections are closed, which frees them, and the honest ones come back.
"""

from __future__ import annotations

import contextlib
import logging
from collections import Counter

import zmq

from robot_bridge.protocol.connections import Connections
from robot_bridge.protocol.wire import rebind

SUBSCRIBE, UNSUBSCRIBE = b"\x01", b"\x00"
MOST_BYTES = 4096  # of a subscription, and of the handshake of an encrypted line
AT_ONCE = 1000
MOST_TOPICS = 200

log = logging.getLogger(__name__)


class Audience:
    """Around a manual XPUB socket, for the thread that owns it. `counts` holds what was refused.

    Args:
        lines: its connections.
    """

    def __init__(self, socket: zmq.Socket, lines: Connections) -> None:
        self._socket, self._lines = socket, lines
        self._topics = 0
        self.counts: Counter[str] = Counter()

    def listen(self) -> None:
        """Take what subscribers have sent."""
        with contextlib.suppress(zmq.Again):
            for _ in range(AT_ONCE):
                self._take(self._socket.recv_multipart(zmq.NOBLOCK, copy=False))

    def send(self, parts: list) -> None:
        """Publish; who cannot keep up loses it."""
        with contextlib.suppress(zmq.Again):
            self._socket.send_multipart(parts, zmq.NOBLOCK)

    def _take(self, frames: list[zmq.Frame]) -> None:
        self._lines.heard(frames[0])
        parts = [frame.bytes for frame in frames]
        if parts == [SUBSCRIBE]:
            self._socket.setsockopt(zmq.SUBSCRIBE, b"")
        elif parts == [UNSUBSCRIBE]:
            with contextlib.suppress(zmq.ZMQError):
                self._socket.setsockopt(zmq.UNSUBSCRIBE, b"")
        elif parts[0][:1] in (SUBSCRIBE, UNSUBSCRIBE):
            self._refuse_topic(frames[0])
        else:
            self.counts["noise"] += 1

    def _refuse_topic(self, frame: zmq.Frame) -> None:
        self.counts["topic"] += 1
        self._topics += 1
        if self._topics > MOST_TOPICS:
            self._topics = 0
            self.counts["lines_closed"] += 1
            log.warning("a listener at %s asks for one topic after the other: all lines are closed, and open again",
                        _peer(frame))  # fmt: skip
            rebind(self._socket)


def _peer(frame: zmq.Frame) -> str:
    """The key of whoever sent it, else its address."""
    for name in ("User-Id", "Peer-Address"):
        with contextlib.suppress(zmq.ZMQError):
            found = str(frame.get(name))
            if found:
                return found
    return "an unknown address"
