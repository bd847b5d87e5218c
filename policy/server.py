"""The policy server: think and act for any number of clients over one ZeroMQ ROUTER socket.

    ThinkRequest   → ThoughtToken* while the model writes, then ThinkReply
    ActRequest     → ActionChunk
    HealthRequest  → Health, also while the model computes
    ReloadRequest  → ReloadReply once the new checkpoint is loaded; until then, and if it is broken, the old one serves

Every request is answered, if only with an Error, but for those of a client that asks faster than it can be served: the
first of these is told `busy`, the others are counted and dropped unread (`rations.py`). Codes of an Error beside those
of `errors.py`:

    superseded     a newer request of the same client and kind came
    expired        the deadline passed before the answer was there
    policy_failed  the model raised; the traceback is in the log
    busy           too many clients wait, this one asks too fast, or a checkpoint is being loaded already
    stopping       the server shuts down

Requests that wait at the same time are computed together where the policy can do that (`worker.py`).

Two threads do the work, each all of it: the one that a message wakes takes it, computes and answers, while the other
hears what comes meanwhile (`line.py`). A third loads checkpoints. The one that called `serve` looks after them.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import zmq

from policy.interface import Policy
from policy.line import Line
from policy.rations import Rations
from policy.request_queue import Job, QueueFullError, RequestQueue
from policy.worker import Worker, error_reply, expired, stopping, superseded
from robot_bridge.protocol.codec import UNREADABLE, Codec
from robot_bridge.protocol.errors import CheckpointError, CoachError, FramesError, ProtocolError
from robot_bridge.protocol.messages import (
    WIDTH,
    ActRequest,
    Error,
    Health,
    HealthRequest,
    Message,
    Observation,
    ReloadReply,
    ReloadRequest,
    ThinkRequest,
)
from robot_bridge.protocol.security.access import Client
from robot_bridge.protocol.security.curve import Security, ServerKeys, sender, server_keys
from robot_bridge.protocol.security.eviction import Eviction
from robot_bridge.protocol.security.guard import guarding
from robot_bridge.protocol.shared_frames import FrameReader, header_of
from robot_bridge.protocol.wire import bind

log = logging.getLogger(__name__)

Load = Callable[[str], Policy]
HANDS = 2
MOST_AT_ONCE = 100  # messages
MOST_WAITING = 16  # messages of one client that are taken off the line and not looked at: they may hold pictures
CHECK_S = 0.1  # how soon a stop and a passed deadline are noticed while all hands compute
STOP_S = 2.0
SWEEP_S = 2.0  # how long the shared memory of a client that was killed is kept
MAX_DEADLINE_S = 600.0
_FLOAT32, _UINT8 = np.dtype(np.float32), np.dtype(np.uint8)


class _NumberOnly(msgspec.Struct, frozen=True):
    request_id: int = 0


def serve(
    policy: Policy, address: str, stop: threading.Event, load: Load | None = None,
    ready: Callable[[str], None] | None = None, security: Security | None = None,
) -> None:  # fmt: skip
    """Answer until `stop` is set.

    Args:
        address: where to listen; port `*` takes a free one.
        load: loads the checkpoint of a ReloadRequest; None is `policy.loading.load_policy`.
        ready: called once with the address that is listened on.
        security: where the keys are; needed as soon as the address is not loopback.

    Raises:
        CoachError: the port is taken.
        ConfigError: the address is none of this machine, or can be reached by others and there are no keys.
    """
    keys = server_keys(security or Security(), {"policy_address": address})
    context = zmq.Context()
    try:
        with guarding(context, keys) as guard:
            socket = bind(context, zmq.ROUTER, address, "the policy server", "policy_address (or --bind)", keys,
                          most_waiting=MOST_WAITING)  # fmt: skip
            line = Line(socket, guard)
            try:
                if ready is not None:
                    ready(socket.getsockopt_string(zmq.LAST_ENDPOINT))
                _Server(policy, line, load or _load_policy, keys, stop).run(Eviction(keys, (socket,)))
            finally:
                line.close()
                socket.close(linger=100)  # ms, so that the last words still leave
    finally:
        context.term()


def _load_policy(checkpoint: str) -> Policy:
    from policy.loading import load_policy  # here, not above: it brings torch

    return load_policy(checkpoint)


class _Server:
    """What the threads share."""

    def __init__(self, policy: Policy, line: Line, load: Load, keys: ServerKeys | None, stop: threading.Event) -> None:
        self._line, self._load, self._keys, self._stop = line, load, keys, stop
        self._codec, self._frames = Codec(), FrameReader()
        self._hearing = threading.Lock()  # one at a time reads messages, so that they stay in order
        self._queue, self._rations = RequestQueue(), Rations()
        self._worker = Worker(policy, self._queue, line.send, stop)
        self._loader: threading.Thread | None = None
        self._started_s = self._swept_s = time.monotonic()

    def run(self, eviction: Eviction) -> None:
        hands = [threading.Thread(target=self._lend_a_hand, name=f"policy-{n}", daemon=True) for n in range(HANDS)]
        for hand in hands:
            hand.start()
        try:
            while not self._stop.wait(CHECK_S):
                self._let_go_of_the_dead()
                self._line.watch(eviction)
                for job in self._queue.drop():
                    self._line.send(job.client, expired(job).reply(job.request.request_id))
                if not all(hand.is_alive() for hand in hands):
                    raise RuntimeError("a thread of the policy server is gone; its traceback is above")
        finally:
            self._finish(hands)

    def _let_go_of_the_dead(self) -> None:
        if time.monotonic() >= self._swept_s + SWEEP_S:
            self._swept_s = time.monotonic()
            with self._hearing:
                self._frames.forget_the_dead()

    def _finish(self, hands: list[threading.Thread]) -> None:
        self._stop.set()
        for job in self._queue.drop(only_expired=False):
            self._line.send(job.client, stopping().reply(job.request.request_id))
        until_s = time.monotonic() + STOP_S
        for hand in hands:
            hand.join(max(0.0, until_s - time.monotonic()))
        self._line.close()
        with self._hearing:
            self._frames.close()
        log.info("policy server stopped; errors sent: %s", dict(self._line.counts) or "none")

    def _lend_a_hand(self) -> None:
        with contextlib.closing(self._line.waiter()) as waiter:
            while not self._stop.is_set():
                waiter.wait(CHECK_S)
                with self._hearing:
                    self._hear()
                self._worker.work()

    def _hear(self) -> None:
        """Take what is there, at most a hundred messages so that others get their turn."""
        for _ in range(MOST_AT_ONCE):
            message = self._line.receive()
            if message is None:
                return
            client, *frames = message
            parts = [frame.buffer for frame in frames]
            if (verdict := self._rations.ask(client.bytes)) != "yes":
                self._line.counts["flooding"] += 1
                if verdict == "tell":
                    self._line.send(client.bytes, _busy("you ask faster than you can be served", _request_id(parts)))
                continue
            who = sender(client, self._keys)
            if who is None:
                self._line.counts["no_longer_listed"] += 1
                continue
            try:
                self._handle(client.bytes, self._codec.decode(self._frames.unpack(parts)), who)
            except CoachError as error:
                self._line.send(client.bytes, error_reply(error, _request_id(parts)))
        self._line.ring()

    def _handle(self, client: bytes, message: Message, who: Client) -> None:
        match message:
            case ThinkRequest() | ActRequest():
                who.require(("bridge", "coach"), "ask the policy")
                self._enqueue(client, message)
            case HealthRequest():
                self._line.send(client, self._health(message.request_id))
            case ReloadRequest():
                who.require(("coach",), "have another checkpoint served", "promote")
                self._reload(client, message)
            case _:
                raise ProtocolError(f"a policy server does not answer {type(message).__name__}",
                                    "ThinkRequest, ActRequest, HealthRequest, ReloadRequest",
                                    "send it to the bridge")  # fmt: skip

    def _enqueue(self, client: bytes, request: ThinkRequest | ActRequest) -> None:
        if not 0 < request.deadline_s <= MAX_DEADLINE_S:
            raise ProtocolError(f"a deadline of {request.deadline_s} s", f"more than 0, at most {MAX_DEADLINE_S:g} s")
        _check_observation(request.observation)
        try:
            older = self._queue.put(Job(client, request, time.monotonic()))
        except QueueFullError:
            self._line.send(client, _busy("too many clients wait for the policy", request.request_id))
            return
        if older is not None:
            self._rations.superseded(client)
            self._line.send(client, superseded().reply(older.request.request_id))

    def _health(self, request_id: int) -> Health:
        policy = self._worker.policy
        return Health(
            request_id=request_id, checkpoint=policy.checkpoint, device=policy.device, parameters=policy.parameters,
            memory_mb=_memory_mb(), uptime_s=time.monotonic() - self._started_s,
        )  # fmt: skip

    def _reload(self, client: bytes, request: ReloadRequest) -> None:
        if self._loader is not None and self._loader.is_alive():
            self._line.send(client, _busy("another checkpoint is being loaded", request.request_id))
            return
        self._loader = threading.Thread(target=self._load_and_swap, args=(client, request), daemon=True,
                                        name="policy-loader")  # fmt: skip
        self._loader.start()

    def _load_and_swap(self, client: bytes, request: ReloadRequest) -> None:
        previous = self._worker.policy.checkpoint
        try:
            self._worker.policy = self._load(request.checkpoint)
        except CoachError as error:
            reply: Message = error_reply(error, request.request_id)
            log.warning("checkpoint '%s' not loaded, %s goes on being served: %s", request.checkpoint, previous, error)
        except Exception as error:
            log.exception("checkpoint '%s' not loaded, %s goes on being served", request.checkpoint, previous)
            broken = CheckpointError(f"checkpoint '{request.checkpoint}' cannot be loaded: {error}"[:500],
                                     next_step=f"{previous} goes on being served")  # fmt: skip
            reply = error_reply(broken, request.request_id)
        else:
            served = self._worker.policy.checkpoint
            reply = ReloadReply(request_id=request.request_id, served=served, previous=previous)
            log.info("now serving %s instead of %s", served, previous)
        self._line.send(client, reply)


def _check_observation(observation: Observation) -> None:
    state = observation.state
    if state.shape != (WIDTH,) or state.dtype != _FLOAT32 or not np.isfinite(state).all():
        raise ProtocolError(f"a state of {state.dtype}{list(state.shape)}", f"finite float32[{WIDTH}]")
    if not math.isfinite(observation.time_s):
        raise ProtocolError(f"an observation time of {observation.time_s}", "seconds")
    for name, picture in observation.images.items():
        if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != _UINT8 or not picture.size:
            raise ProtocolError(
                f"picture '{name[:40]}' is {picture.dtype}{list(picture.shape)}", "uint8[height, width, 3]"
            )


def _busy(what: str, request_id: int) -> Error:
    return Error(code="busy", what=what, next_step="try again in a moment", request_id=request_id)


def _request_id(parts: list) -> int:
    """The number of a request that could not be read whole, so that its sender knows which one; 0 if hopeless."""
    try:
        return msgspec.msgpack.decode(header_of(parts), type=_NumberOnly).request_id
    except (*UNREADABLE, FramesError, IndexError):
        return 0


def _memory_mb() -> float:
    """Resident set of this process."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    except OSError:  # not Linux: the largest it ever was
        import resource
        import sys

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / (2**20 if sys.platform == "darwin" else 2**10)
