"""Answers ZeroMQ's question "may this key connect?" (ZAP, RFC 27) from the list of clients, and counts refusals.

A stranger is answered with status 300: libzmq then closes the connection without a word to the peer.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import Counter
from collections.abc import Iterator

import zmq
from zmq.utils import z85

from robot_bridge.protocol.security.access import Access
from robot_bridge.protocol.security.curve import DOMAIN, ServerKeys

log = logging.getLogger(__name__)

ENDPOINT = "inproc://zeromq.zap.01"
POLL_MS = 100
TELL_AGAIN_S = 60.0  # a stranger that knocks on and on is logged at most this often
REMEMBERED = 1000


class Guard:
    """One thread for one context; it must run before the first secured socket of that context listens.

    `counts` holds how often each kind of refusal happened: `unknown_key`, `no_curve`.
    """

    def __init__(self, context: zmq.Context, access: Access) -> None:
        self._access = access
        self._told: dict[str, float] = {}
        self.counts: Counter[str] = Counter()
        self._questions = context.socket(zmq.REP)
        self._questions.linger = 0
        self._questions.bind(ENDPOINT)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="guard", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(5.0)

    def failed(self, how: int, where: str) -> None:
        """Count a peer whose handshake failed: no CURVE at all, or the wrong server key. From any thread."""
        if how != zmq.Event.HANDSHAKE_FAILED_AUTH:  # those were refused by their key below
            self._refused("no_curve", where, "a peer without encryption or with a wrong server key, at")

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                if self._questions.poll(POLL_MS):
                    self._questions.send_multipart(self._answer(self._questions.recv_multipart()))
        finally:
            self._questions.close(linger=0)

    def _answer(self, question: list[bytes]) -> list[bytes]:
        """Question: version, id, domain, address, identity, mechanism, credentials. Reply: … status, text, user id."""
        version, number, domain, address = (question + [b""] * 4)[:4]
        mechanism, credentials = (question + [b""] * 7)[5:7]
        key = z85.encode(credentials).decode("ascii") if len(credentials) == 32 else ""
        known = version == b"1.0" and domain == DOMAIN.encode() and mechanism == b"CURVE"
        client = self._access.find(key) if known and key else None
        if client is None:
            self._refused("unknown_key", key, f"a peer at {address.decode('ascii', 'replace')} with the unknown key")
            return [b"1.0", number, b"300", b"", b"", b""]
        return [b"1.0", number, b"200", b"OK", key.encode(), b""]

    def _refused(self, kind: str, who: str, sentence: str) -> None:
        self.counts[kind] += 1
        now_s = time.monotonic()
        if now_s - self._told.get(who, -TELL_AGAIN_S) < TELL_AGAIN_S:
            return
        if len(self._told) >= REMEMBERED:
            self._told.clear()
        self._told[who] = now_s
        log.warning("refused: %s %s (%d such refusals so far)", sentence, who, self.counts[kind])


@contextlib.contextmanager
def guarding(context: zmq.Context, keys: ServerKeys | None) -> Iterator[Guard | None]:
    """A guard that stands until the end of the block, within which its sockets open and close; None without keys."""
    if keys is None:
        yield None
        return
    guard = Guard(context, keys.access)
    guard.start()
    try:
        yield guard
    finally:
        guard.stop()
        log.info("refused peers: %s", dict(guard.counts) or "none")
