"""What a coach holds in its hand: requests to the bridge, and the stream that it publishes.

Both are blocking and belong in a worker thread, one thread each; requests from several threads queue up. Every wait
has a deadline, half of which is for a second try; each try that fails rebuilds the socket, so that a late answer is
never taken for the next one.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec
import zmq

from robot_bridge.protocol.codec import MAX_HEADER_BYTES, Codec, Part
from robot_bridge.protocol.errors import CoachError, ProtocolError, UnreachableError
from robot_bridge.protocol.messages import (
    Accepted,
    AnyMessage,
    Error,
    FloorRequest,
    Heartbeat,
    Intervention,
    Jog,
    Message,
    Observation,
    Status,
    StatusRequest,
)
from robot_bridge.protocol.security.curve import ClientKeys
from robot_bridge.protocol.wire import connect

DEADLINE_S = 2.0
REMEMBERED = 2000  # numbers of published messages
SILENT = "see whether it runs: coach doctor"
UNLISTED = "see whether it runs, and whether it lists the key of this machine: coach doctor, coach keys show"
T = TypeVar("T", bound=Message)


class BridgeClient:
    """Requests to one bridge.

    Args:
        address: of its ROUTER; the bridge need not be up yet.
        keys: for an encrypted line; None for a plain one, which only works on loopback.
        coach: which coach this is; all lines of one coach bear the same name. On an encrypted line its key counts.

    Raises:
        ConfigError: the address cannot be one.
    """

    def __init__(self, address: str, keys: ClientKeys | None = None, coach: str = "") -> None:
        self._address, self._keys, self.coach = address, keys, coach
        self._lock = threading.Lock()
        self._context = zmq.Context()
        self._codec = Codec()
        self._asked = 0  # number of the latest request, which its answer bears too
        self._socket: zmq.Socket | None = None
        try:
            self._socket = connect(self._context, zmq.DEALER, address, keys, MAX_HEADER_BYTES)
        except CoachError:
            self._context.term()
            raise

    def request(
        self, message: Message, deadline_s: float = DEADLINE_S, on_its_way: Callable[[], object] = lambda: None
    ) -> AnyMessage:
        """The bridge's reply.

        Args:
            on_its_way: called once the message has left, and each time that it is sent again: what may take the
                processor from now on delays it no more.
        Raises:
            UnreachableError: no reply before the deadline.
            CoachError: the bridge refused; its subclass is that of the Error's code.
        """
        until_s = time.monotonic() + deadline_s
        if not self._lock.acquire(timeout=deadline_s):
            raise self._unreachable(deadline_s)
        try:
            reply = self._exchange(message, until_s, on_its_way)
        finally:
            self._lock.release()
        if reply is None:
            raise self._unreachable(deadline_s)
        if isinstance(reply, Error):
            raise error_from(reply)
        return reply

    def send(
        self,
        intervention: Intervention,
        deadline_s: float = DEADLINE_S,
        on_its_way: Callable[[], object] = lambda: None,
    ) -> Accepted:
        """Pass on what a person said; as `request`. Sending the same id twice does no harm."""
        reply = self.request(intervention, deadline_s, on_its_way)
        return _expect(reply, Accepted)

    def status(self, deadline_s: float = DEADLINE_S) -> Status:
        """What the bridge does now. Raises as `request` does."""
        return _expect(self.request(StatusRequest(), deadline_s), Status)

    def heartbeat(self, who: str, deadline_s: float = DEADLINE_S) -> Heartbeat:
        """Say that a coach is there; arms work only while one is. Raises as `request` does."""
        return _expect(self.request(Heartbeat(who=who, time_s=time.monotonic()), deadline_s), Heartbeat)

    def take_floor(self, by: str, deadline_s: float = DEADLINE_S) -> Accepted:
        """Let this coach speak; whoever did so far watches from now on. Raises as `request` does."""
        return _expect(self.request(FloorRequest(by=by), deadline_s), Accepted)

    def close(self) -> None:
        with self._lock:
            if self._socket is not None:
                self._socket.close()
                self._socket = None
                self._context.term()

    def _exchange(self, message: Message, until_s: float, on_its_way: Callable[[], object]) -> AnyMessage | None:
        if self._socket is None:
            raise UnreachableError("this line to the bridge is closed", next_step="open another one")
        self._asked += 1
        parts = self._codec.encode(msgspec.structs.replace(self._signed(message), sent=self._asked))
        began_s = time.monotonic()
        for share in (0.5, 1.0):  # what was lost on the way is sent once more: the bridge takes the same id only once
            reply = self._try(parts, began_s + share * (until_s - began_s), on_its_way)
            if reply is not None:
                return reply
            self._socket.close()
            self._socket = connect(self._context, zmq.DEALER, self._address, self._keys, MAX_HEADER_BYTES)
        return None

    def _try(self, parts: list[Part], until_s: float, on_its_way: Callable[[], object]) -> AnyMessage | None:
        assert self._socket is not None
        with contextlib.suppress(zmq.Again):
            self._socket.send_multipart(parts, zmq.NOBLOCK)
            on_its_way()
            while self._socket.poll(max(0, int((until_s - time.monotonic()) * 1e3))):
                reply = self._codec.decode(self._socket.recv_multipart(zmq.NOBLOCK))
                if reply.sent in (0, self._asked):  # else an older answer that came twice
                    return reply
        return None

    def _signed(self, message: Message) -> Message:
        """The message with who sends it, and when."""
        match message:
            case Intervention() | Jog():
                return msgspec.structs.replace(message, coach=self.coach, sent_s=time.monotonic())
            case Heartbeat() | FloorRequest():
                return msgspec.structs.replace(message, coach=self.coach)
        return message

    def _unreachable(self, deadline_s: float) -> UnreachableError:
        return UnreachableError(f"the bridge at {self._address} did not answer within {deadline_s:g} s",
                                next_step=SILENT if self._keys is None else UNLISTED)  # fmt: skip


class EventSubscriber:
    """Everything that a bridge publishes. For one thread; what is not read in time is lost, oldest kept.

    What comes twice is dropped, and so is a status or a picture that a newer one has overtaken.

    Args:
        kinds: names of message types to receive; empty for all.
    """

    def __init__(self, address: str, kinds: Iterable[str] = (), keys: ClientKeys | None = None) -> None:
        self._context = zmq.Context()
        self._kinds = frozenset(kinds)
        self._codec = Codec()
        try:
            self._socket = connect(self._context, zmq.SUB, address, keys)
        except CoachError:
            self._context.term()
            raise
        self._socket.subscribe(b"")
        self._newest, self._seen = 0, OrderedDict[int, None]()
        self.unreadable = self.repeated = self.overtaken = 0

    def poll(self, timeout_s: float) -> AnyMessage | None:
        """The next message, or None if none came in time. What cannot be read is counted and skipped."""
        until_s = time.monotonic() + timeout_s
        while self._socket.poll(max(0, int((until_s - time.monotonic()) * 1e3))):
            try:
                message = self._codec.decode(self._socket.recv_multipart(zmq.NOBLOCK))
            except ProtocolError:
                self.unreadable += 1
                continue
            if self._is_new(message) and (not self._kinds or type(message).__name__ in self._kinds):
                return message
        return None

    def _is_new(self, message: Message) -> bool:
        number = message.sent
        if not number:
            return True
        if number in self._seen:
            self.repeated += 1
            return False
        self._seen[number] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        if number >> 32 == self._newest >> 32 and number < self._newest and isinstance(message, Status | Observation):
            self.overtaken += 1
            return False
        self._newest = number if number >> 32 != self._newest >> 32 else max(number, self._newest)
        return True

    def close(self) -> None:
        self._socket.close()
        self._context.term()


def error_from(error: Error) -> CoachError:
    """The exception that an Error carried."""
    tree = [CoachError]
    for kind in tree:
        tree.extend(kind.__subclasses__())
    fitting = next((kind for kind in tree if kind.code == error.code), CoachError)
    return fitting(error.what, error.allowed, error.next_step)


def _expect(message: AnyMessage, kind: type[T]) -> T:
    if not isinstance(message, kind):
        raise ProtocolError(f"the bridge answered with a {type(message).__name__}", kind.__name__)
    return message
