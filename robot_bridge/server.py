"""The bridge as a process: everything put together around the one thread that owns the sockets.

    control    50 Hz: joints, limits, arms (loop.py)
    cameras    10 Hz: pictures, observations (cameras.py)
    keeper     1 Hz: the scene to the disk (keeper.py)
    pilot      look, think, act (pilot.py)
    this one   requests of coaches (ROUTER), everything worth knowing (PUB)

A stop takes effect in this thread: it needs neither the policy nor the pilot.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import zmq

from robot_bridge.arms.base import Arms
from robot_bridge.audience import MOST_BYTES, Audience
from robot_bridge.by_hand import ByHand
from robot_bridge.cameras import Cameras
from robot_bridge.clocks import PeerClocks
from robot_bridge.config import BridgeConfig
from robot_bridge.desk import Desk
from robot_bridge.faults import Account
from robot_bridge.floor import Floor
from robot_bridge.keeper import Keeper
from robot_bridge.loop import ControlLoop, hurry
from robot_bridge.motion import Motion
from robot_bridge.outbox import Outbox
from robot_bridge.outcomes import Outcomes
from robot_bridge.pilot import Pilot
from robot_bridge.policy_link import PolicyLink
from robot_bridge.protocol.addresses import is_local
from robot_bridge.protocol.codec import MAX_WORDS_BYTES, Codec
from robot_bridge.protocol.connections import Connections
from robot_bridge.protocol.errors import CoachError
from robot_bridge.protocol.messages import Intervention, Message, Rates, Status
from robot_bridge.protocol.security.curve import ServerKeys, client_keys, sender, server_keys
from robot_bridge.protocol.security.eviction import Eviction
from robot_bridge.protocol.security.guard import Guard, guarding
from robot_bridge.protocol.wire import bind
from robot_bridge.rates import memory_mb
from robot_bridge.reception import Reception

log = logging.getLogger(__name__)

SWITCH_S = 0.0005  # the interpreter's thread switch: at its default of 5 ms a tick would wait for pictures
REQUESTS_AT_ONCE = 50
CHECK_S = 0.04  # how soon a driver that hangs, or a stop of the process, is noticed
MOST_UNFINISHED_BYTES = 1 << 20  # of a message that is still to end, from a coach or a listener
FROZEN_S = 0.5  # a policy on this machine that does nothing at all for this long is as good as dead
STOP = b"stop"  # requests that hold this are looked at first


def serve(
    config: BridgeConfig, arms: Arms, stop: threading.Event, ready: Callable[[str, str], None] | None = None
) -> None:
    """Run the bridge until `stop` is set, then leave the arms where they are.

    Args:
        ready: called once with the two addresses that are listened on (of use with port `*`).

    Raises:
        CoachError: a port is in use, or the arms cannot be reached.
        ConfigError: an address is none of this machine, or can be reached by others and there are no keys.
    """
    addresses = {"bridge_address": config.address, "events_address": config.events_address}
    keys = server_keys(config.security, addresses)
    policy_keys = client_keys(config.security, config.policy_address, config.policy_key, "policy_address")
    context = zmq.Context()
    try:
        with (
            guarding(context, keys) as guard,
            _listening(context, zmq.ROUTER, "bridge_address", config.address, keys, MAX_WORDS_BYTES) as requests,
            _listening(context, zmq.XPUB, "events_address", config.events_address, keys, MOST_BYTES) as events,
            _connections(requests, guard) as coaches,
            _connections(events, guard) as listeners,
            contextlib.closing(
                PolicyLink(
                    context,
                    config.policy_address,
                    policy_keys,
                    jpeg_quality=config.jpeg_quality,
                    silent_s=FROZEN_S if is_local(config.policy_address) else 0.0,
                )
            ) as link,
            contextlib.closing(Outbox()) as outbox,
            _connected(arms),
            _steady_ticks(),
        ):
            restored = _restore(arms, config.snapshot_path)
            bridge = _Bridge(config, arms, link, outbox, requests, events, keys, coaches, listeners)
            bridge.run(stop, restored, ready)
    finally:
        context.term()


@contextlib.contextmanager
def _listening(
    context: zmq.Context, kind: int, option: str, address: str, keys: ServerKeys | None, most_bytes: int
) -> Iterator[zmq.Socket]:
    with contextlib.closing(bind(context, kind, address, "the bridge", option, keys, most_bytes)) as socket:
        yield socket


def _connections(socket: zmq.Socket, guard: Guard | None) -> contextlib.closing[Connections]:
    return contextlib.closing(Connections(socket, MOST_UNFINISHED_BYTES, guard.failed if guard is not None else None))


@contextlib.contextmanager
def _connected(arms: Arms) -> Iterator[None]:
    try:
        arms.connect()
    except CoachError:
        raise
    except Exception as error:
        raise CoachError(f"the arms cannot be reached: {error or type(error).__name__}",
                         next_step="check their power and cable, or use the simulated kitchen") from error  # fmt: skip
    try:
        yield
    finally:
        arms.close()


@contextlib.contextmanager
def _steady_ticks() -> Iterator[None]:
    """Keep other threads of this process from delaying the control loop.

    Drawing a simulated picture holds the interpreter's lock. Mesa's llvmpipe shares it out among threads that wait for
    busy cores meanwhile, unless told to draw alone: that halved the p99 jitter on two busy cores.
    """
    os.environ.setdefault("LP_NUM_THREADS", "0")
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def _restore(arms: Arms, path: Path | None) -> str:
    """Bring back the scene of a bridge that was killed; a sentence about it, empty if there was none."""
    restore = getattr(arms, "restore", None)
    if path is None or restore is None or not path.is_file():
        return ""
    try:
        restore(path.read_bytes())
    except (CoachError, OSError) as error:
        log.warning("the kept scene %s was not restored: %s", path, error)
        return "the kept scene could not be read, so this is a new one"
    return "everything is where it was"


class _Bridge:
    """The parts of one bridge, and its socket thread's state."""

    def __init__(
        self, config: BridgeConfig, arms: Arms, link: PolicyLink, outbox: Outbox, requests: zmq.Socket,
        events: zmq.Socket, keys: ServerKeys | None, coaches: Connections, listeners: Connections,
    ) -> None:  # fmt: skip
        body = arms.embodiment
        self._config, self._arms, self._body = config, arms, body
        self._requests, self._events, self._outbox, self._keys = requests, events, outbox, keys
        self._audience, self._eviction = Audience(events, listeners), Eviction(keys, (requests, events))
        self._coaches, self._listeners = coaches, listeners
        self._seed = config.seed
        self._codec = Codec()
        by_hand = ByHand(body, getattr(arms, "jog", None))
        self._motion = Motion(body, config.blend_s, config.park_speed, by_hand)
        nudge = self._nudge if hasattr(arms, "nudge") or hasattr(arms, "jog") else None
        outcomes = Outcomes(getattr(arms, "things", None))
        self._desk = Desk(self._motion, outbox, self._reset, nudge, outcomes, self._account)
        self._loop = ControlLoop(arms, body, arms.read(), self._motion, self._desk, outbox, config, link.broke)
        self._cameras = Cameras(arms, body, self._loop, self._desk, outbox, config)
        self._pilot = Pilot(self._desk, self._motion, self._loop, self._cameras, link, outbox, body, config)
        kept = config.snapshot_path.with_name("floor.json") if config.snapshot_path else None
        self._floor = Floor(self._desk.announce, kept, time.monotonic())
        clocks = PeerClocks(is_local(config.address))
        self._keeper = Keeper(arms, self._desk, config.snapshot_path, config.snapshot_period_s)
        self._reception = Reception(self._desk, self._loop, self._floor, clocks, self._status, self._codec)
        self._sent = secrets.randbits(31) << 32

    def _reset(self, seed: int | None) -> None:
        self._seed = self._seed if seed is None else seed
        self._loop.reset(self._seed)

    def _nudge(self, words: Intervention, hand: str, lean: bool) -> None:
        self._loop.nudge(words, hand, lean)

    def _account(self, what: str, next_step: str) -> Account:
        return self._loop.account(what, next_step)

    def run(self, stop: threading.Event, restored: str, ready: Callable[[str, str], None] | None) -> None:
        for part in (self._loop, self._cameras, self._pilot, self._keeper):
            part.start()
        try:
            text = "the bridge has started; the arms hold still" + (f"; {restored}" if restored else "")
            self._desk.say(text)
            self._desk.announce("info", "bridge_started", text)
            if ready is not None:
                ready(*(s.getsockopt_string(zmq.LAST_ENDPOINT) for s in (self._requests, self._events)))
            self._serve(stop)
        finally:
            for part in (self._keeper, self._pilot, self._cameras, self._loop):
                part.stop()
            refused = self._reception.counts + self._audience.counts + self._coaches.counts + self._listeners.counts
            log.info("bridge stopped; errors sent and refusals: %s", dict(refused) or "none")

    def _serve(self, stop: threading.Event) -> None:
        hurry()
        poller = zmq.Poller()
        poller.register(self._requests, zmq.POLLIN)
        poller.register(self._events, zmq.POLLIN)
        poller.register(self._coaches.monitor, zmq.POLLIN)
        poller.register(self._outbox.fileno(), zmq.POLLIN)
        status_at_s = 0.0
        while not stop.is_set():
            wait_s = min(CHECK_S, max(0.0, status_at_s - time.monotonic()))
            ready = dict(poller.poll(int(wait_s * 1e3)))
            if self._requests in ready:
                self._receive()
            if self._events in ready:
                self._audience.listen()
            self._look()
            self._loop.check_driver()
            self._eviction.check()
            messages, changed = self._outbox.take()
            for message in messages:
                self._publish(message)
            if changed or time.monotonic() >= status_at_s:
                status_at_s = time.monotonic() + 1.0 / self._config.status_hz
                self._publish(self._status())
            if not (self._loop.alive and self._cameras.alive and self._pilot.alive):
                raise RuntimeError("a thread of the bridge is gone; its traceback is above")

    def _look(self) -> None:
        """See who has gone."""
        self._listeners.look()
        gone = self._coaches.look()
        if gone:
            self._receive()  # what they said before
            self._reception.broke(gone)

    def _receive(self) -> None:
        """Answer what waits, at most so many at once; words that may say stop go before all others."""
        arrived_s = time.monotonic()
        waiting: list[tuple[zmq.Frame, int, list[bytes]]] = []
        with contextlib.suppress(zmq.Again):
            while len(waiting) < REQUESTS_AT_ONCE:
                client, *frames = self._requests.recv_multipart(zmq.NOBLOCK, copy=False)
                waiting.append((client, self._coaches.heard(client), [frame.bytes for frame in frames]))
        waiting.sort(key=lambda request: not (request[2] and STOP in request[2][0]))
        for client, line, parts in waiting:
            self._answer(client, line, parts, arrived_s)

    def _answer(self, client: zmq.Frame, line: int, parts: list[bytes], arrived_s: float) -> None:
        who = sender(client, self._keys)
        if who is None:
            self._reception.counts["no_longer_listed"] += 1
            return
        reply = self._reception.answer(parts, who, arrived_s, line)
        with contextlib.suppress(zmq.ZMQError):  # a coach that is gone, or does not read, loses its reply
            self._requests.send_multipart([client.bytes, *self._codec.encode(reply)], zmq.NOBLOCK)

    def _publish(self, message: Message) -> None:
        self._sent += 1
        self._audience.send(self._codec.encode(msgspec.structs.replace(message, sent=self._sent)))

    def _status(self) -> Status:
        view, loop, pilot = self._desk.view(), self._loop, self._pilot
        p50_ms, p99_ms = loop.ticks.jitter_ms(1.0 / self._body.control_hz)
        rates = Rates(
            control_hz=loop.ticks.hz(), camera_hz=self._cameras.pictures.hz(), jitter_p50_ms=p50_ms,
            jitter_p99_ms=p99_ms, think_ms=pilot.think_ms.value, act_ms=pilot.act_ms.value,
            tokens_per_s=pilot.tokens_per_s.value,
        )  # fmt: skip
        task = view.task
        return Status(
            time_s=time.monotonic(), state=view.state, embodiment=self._body.name,
            arms=self._arms.name,
            task_id=task.task_id if task else "", instruction=task.instruction if task else "",
            thought=task.thought if task else None, done=task.done if task else (), detail=view.detail,
            policy_ok=pilot.policy_ok, pace=self._motion.pace, checkpoint=pilot.checkpoint, rates=rates,
            memory_mb=memory_mb(),
            coach=self._floor.coach, coach_name=self._floor.name,
        )  # fmt: skip
