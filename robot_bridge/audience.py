"""Those who listen to what the bridge publishes. Everybody gets everything, so that nobody can make us remember topics.

A subscriber may send any number of topics and other bytes up its line. They are read, counted and dropped; only the
empty topic is taken, and it is taken for all that is published.
"""

from __future__ import annotations

import contextlib
from collections import Counter

import zmq

SUBSCRIBE, UNSUBSCRIBE = b"\x01", b"\x00"
MOST_BYTES = 4096  # of a subscription, and of the handshake of an encrypted line
AT_ONCE = 1000


class Audience:
    """Around a manual XPUB socket, for the thread that owns it. `counts` holds what was refused."""

    def __init__(self, socket: zmq.Socket) -> None:
        self._socket = socket
        self.counts: Counter[str] = Counter()

    def listen(self) -> None:
        """Take what subscribers have sent."""
        with contextlib.suppress(zmq.Again):
            for _ in range(AT_ONCE):
                self._take(self._socket.recv_multipart(zmq.NOBLOCK))

    def send(self, parts: list) -> None:
        """Publish; who cannot keep up loses it."""
        with contextlib.suppress(zmq.Again):
            self._socket.send_multipart(parts, zmq.NOBLOCK)

    def _take(self, parts: list[bytes]) -> None:
        if parts == [SUBSCRIBE]:
            self._socket.setsockopt(zmq.SUBSCRIBE, b"")
        elif parts == [UNSUBSCRIBE]:
            with contextlib.suppress(zmq.ZMQError):
                self._socket.setsockopt(zmq.UNSUBSCRIBE, b"")
        else:
            known = parts and parts[0][:1] in (SUBSCRIBE, UNSUBSCRIBE)
            self.counts["topic" if known else "noise"] += 1
