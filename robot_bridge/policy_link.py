"""The bridge's line to the policy server: requests with numbers and deadlines, and never a wedged socket.

One request is under way at a time. Answers to older ones are dropped, and silence rebuilds the socket, so that what
waited in the old one is forgotten with it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import zmq

from robot_bridge.compression import Compression
from robot_bridge.protocol.addresses import is_local
from robot_bridge.protocol.codec import Codec
from robot_bridge.protocol.errors import CoachError, FramesError, ProtocolError, UnreachableError
from robot_bridge.protocol.messages import (
    ActionChunk,
    ActRequest,
    Context,
    Error,
    Health,
    HealthRequest,
    Message,
    Observation,
    Tail,
    ThinkReply,
    ThinkRequest,
    ThoughtToken,
)
from robot_bridge.protocol.security.curve import ClientKeys
from robot_bridge.protocol.shared_frames import FrameWriter, available
from robot_bridge.protocol.thought import Thought
from robot_bridge.protocol.wire import connect

LOCAL_REFUSALS = 3  # in a row, before a policy at a local address is no longer offered shared memory
WORTH_LENDING_BYTES = 1 << 20  # a larger message is not copied for libzmq, which costs it some bookkeeping
SLICE_MS = 10  # how often a waiting request asks whether it is still wanted
NOT_NOW = frozenset({"expired", "busy", "stopping"})  # codes of a policy that lives but cannot answer yet
SUPERSEDED = "superseded"

Abandon = Callable[[], bool]
T = TypeVar("T", bound=Message)


class Abandoned(Exception):
    """Nobody wants the answer any more."""


class PolicyFailedError(CoachError):
    """The policy lives and could not answer this time."""

    code = "policy_failed"


@dataclass(frozen=True)
class _Sent:
    """A message on its way.

    Args:
        raw_bytes, bytes: its size before and after compression.
        at_s: when it left (monotonic).
        shared: its pictures are in shared memory.
    """

    raw_bytes: int = 0
    bytes: int = 0
    at_s: float = 0.0
    shared: bool = False


class PolicyLink:
    """For one thread, but for `broke`.

    Args:
        address: of the policy server, which need not be up yet.
        keys: for an encrypted line; None for a plain one, which only works on loopback.
        share: send pictures through shared memory where that works.
        jpeg_quality: of pictures on a line that is too slow for them as they are, 1 to 95; 0: never.
        silent_s: a policy whose process answers no ping for this long is gone; 0: only its broken connection tells.
    """

    def __init__(
        self, context: zmq.Context, address: str, keys: ClientKeys | None = None, share: bool = True,
        jpeg_quality: int = 0, silent_s: float = 0.0,
    ) -> None:  # fmt: skip
        self._silent_s = silent_s
        self._context, self._address, self._keys = context, address, keys
        self.compression = Compression(jpeg_quality, is_local(address))
        self._sent = _Sent()
        self._codec = Codec()
        self._frames = FrameWriter() if share and available() else None
        self._refusals, self._most_refusals = 0, LOCAL_REFUSALS if is_local(address) else 1
        self._last_id = 0
        self._watching, self._broken = threading.Lock(), False
        self._socket = self._connected()

    def close(self) -> None:
        with self._watching:
            self._disconnect()
        if self._frames is not None:
            self._frames.close()

    @property
    def shares_memory(self) -> bool:
        """Whether pictures go through shared memory: tried with every policy, kept where it works."""
        return self._frames is not None

    def think(
        self, observation: Observation, context: Context, forced: str, deadline_s: float,
        on_token: Callable[[ThoughtToken], None], abandon: Abandon,
    ) -> ThinkReply:  # fmt: skip
        """A thought, token by token and then whole.

        Raises:
            UnreachableError: no answer before the deadline.
            CoachError: the policy's own error.
            Abandoned: `abandon` said so.
        """
        request = ThinkRequest(request_id=self._next_id(), observation=observation, context=context, forced=forced,
                               deadline_s=deadline_s)  # fmt: skip
        reply = self._ask(request, request.request_id, deadline_s, on_token, abandon)
        return _expect(reply, ThinkReply)

    def act(
        self, observation: Observation, context: Context, thought: Thought, deadline_s: float, abandon: Abandon,
        tail: Tail | None = None,
    ) -> ActionChunk:  # fmt: skip
        """Actions under a thought, going on from a tail where there is one. Raises as `think` does."""
        request = ActRequest(request_id=self._next_id(), observation=observation, context=context, thought=thought,
                             deadline_s=deadline_s, tail=tail)  # fmt: skip
        return _expect(self._ask(request, request.request_id, deadline_s, None, abandon), ActionChunk)

    def health(self, deadline_s: float, abandon: Abandon) -> Health:
        """What is served. Raises as `think` does."""
        request = HealthRequest(request_id=self._next_id())
        return _expect(self._ask(request, request.request_id, deadline_s, None, abandon), Health)

    def _next_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def _ask(
        self, request: Message, number: int, deadline_s: float, on_token: Callable[[ThoughtToken], None] | None,
        abandon: Abandon,
    ) -> Message:  # fmt: skip
        until_s = time.monotonic() + deadline_s
        self._send(request, deadline_s)
        while not abandon():
            self.check()
            left_ms = (until_s - time.monotonic()) * 1e3
            if left_ms <= 0:
                self._rebuild()
                raise self._silence(deadline_s)
            parts = self._receive(left_ms)
            if parts is None:
                continue
            message = self._codec.decode(parts)
            theirs = getattr(message, "request_id", 0)
            if theirs != number and not (isinstance(message, Error) and theirs == 0):
                continue
            if isinstance(message, ThoughtToken):
                if on_token is not None:
                    on_token(message)
                continue
            if isinstance(message, Error):
                if message.code == SUPERSEDED:
                    continue  # by its own double: we have asked nothing newer
                if message.code in (FramesError.code, ProtocolError.code) and self._sent.shared:
                    self._refused()
                    self._send(request, deadline_s, share=False)
                    continue
                raise self._error(message, deadline_s)
            self._learn(message)
            return message
        raise Abandoned

    def _receive(self, left_ms: float) -> list[bytes] | None:
        """A message, or None if none comes before it is time to look up again."""
        if left_ms < SLICE_MS and not self._socket.poll(max(1, int(left_ms))):
            return None
        try:
            return self._socket.recv_multipart()  # waits for SLICE_MS
        except zmq.Again:
            return None

    def _refused(self) -> None:
        """The policy could not read what we shared: another machine, another user, or too late for once."""
        self._refusals += 1
        if self._refusals >= self._most_refusals and self._frames is not None:
            self._frames.close()
            self._frames = None  # everything goes through the socket

    def _send(self, request: Message, deadline_s: float, share: bool = True) -> None:
        frames = self._frames if share else None
        quality = self.compression.quality if frames is None else 0
        began_s = time.monotonic()
        parts = self._codec.encode(request, quality)
        raw_bytes, sent_bytes = _picture_bytes(request), sum(map(len, parts))
        if quality:
            self.compression.compressed(raw_bytes, sent_bytes, time.monotonic() - began_s)
        whole_bytes = max(raw_bytes, sent_bytes) if quality else sent_bytes
        packed = parts if frames is None else frames.pack(parts)
        self._sent = _Sent(whole_bytes, sent_bytes, time.monotonic(), shared=len(packed) < len(parts))
        try:
            self._socket.send_multipart(packed, zmq.NOBLOCK, copy=sum(map(len, packed)) < WORTH_LENDING_BYTES)
        except zmq.Again:
            self._rebuild()
            raise self._silence(deadline_s) from None

    def _learn(self, answer: Message) -> None:
        """From an answer to what was sent last."""
        if self._frames is not None and self._sent.shared:
            self._frames.read()
            self._refusals = 0
        elif self._frames is None:
            took_s = time.monotonic() - self._sent.at_s
            self.compression.answered(self._sent.raw_bytes, self._sent.bytes, took_s, getattr(answer, "latency_s", 0.0))

    def broke(self) -> bool:
        """Whether the connection has broken since `check` told so last. From any thread; never waits."""
        if not self._broken and self._watching.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._watching.release()
        return self._broken

    def _look(self) -> None:
        while int(self._breaks.get(zmq.EVENTS)) & zmq.POLLIN:
            self._breaks.recv_multipart()
            self._broken = True

    def check(self) -> None:
        """Whether the connection still stands: a process that dies is noticed at once, a cut cable by its silence.

        Raises:
            UnreachableError: it broke since it was asked last.
        """
        with self._watching:
            self._look()
        if self._broken:
            self._rebuild()
            raise UnreachableError(f"the connection to the policy at {self._address} broke",
                                   next_step="it is tried again until it is back")  # fmt: skip

    def _rebuild(self) -> None:
        with self._watching:
            self._disconnect()
            self._socket = self._connected()
            self._broken = False

    def _disconnect(self) -> None:
        self._socket.disable_monitor()
        self._breaks.close(linger=0)
        self._socket.close()

    def _connected(self) -> zmq.Socket:
        socket = connect(self._context, zmq.DEALER, self._address, self._keys, silent_s=self._silent_s)
        socket.rcvtimeo = SLICE_MS
        self._breaks = socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        return socket

    def _silence(self, deadline_s: float) -> UnreachableError:
        return UnreachableError(f"the policy at {self._address} has not answered for {deadline_s:g} s",
                                next_step="it is asked again until it is back")  # fmt: skip

    def _error(self, error: Error, deadline_s: float) -> CoachError:
        if error.code in NOT_NOW:
            return UnreachableError(f"the policy cannot answer within {deadline_s:g} s: {error.what}",
                                    next_step="it is asked again until it is back")  # fmt: skip
        if error.code == PolicyFailedError.code:
            return PolicyFailedError(error.what, error.allowed, error.next_step)
        return CoachError(f"the policy failed: {error.what}", error.allowed, error.next_step)


def _picture_bytes(request: Message) -> int:
    seen = request.observation if isinstance(request, ThinkRequest | ActRequest) else None
    return sum(picture.nbytes for picture in seen.images.values()) if seen is not None else 0


def _expect(message: Message, kind: type[T]) -> T:
    if not isinstance(message, kind):
        raise CoachError(f"the policy answered with a {type(message).__name__}", kind.__name__,
                         "run the same release of robot-coach on both machines")  # fmt: skip
    return message
