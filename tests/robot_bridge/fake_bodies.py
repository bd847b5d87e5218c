"""Small real things for the bridge's tests: arms that integrate in memory, a policy server and a whole bridge."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import zmq

from robot_bridge.client import BridgeClient, EventSubscriber
from robot_bridge.config import BridgeConfig
from robot_bridge.protocol.codec import Codec
from robot_bridge.protocol.embodiment import Camera, Embodiment, Joint
from robot_bridge.protocol.errors import ProtocolError, UnreachableError, UsageError
from robot_bridge.protocol.messages import (
    WIDTH,
    ActionChunk,
    ActRequest,
    Error,
    Event,
    Health,
    HealthRequest,
    Intervention,
    Status,
    ThinkReply,
    ThinkRequest,
    ThoughtToken,
)
from robot_bridge.protocol.thought import Thought
from robot_bridge.server import serve

PICKING = "reason: the red cup is on the counter and goes in the sink\nsubtask: pick up the red cup\nhand: left"
PLACING = (
    "reason: the red cup is in the left hand and goes in the sink\nsubtask: put the red cup in the sink\nhand: left"
)
FINISHED = "reason: the red cup is in the sink\nsubtask: done"
ABSENT = "reason: there is no red cup in sight\nsubtask: ask for help"
EMPTY = "reason: nothing is in the left hand\nsubtask: pick up the red cup\nhand: left"


def small_body(**changes: object) -> Embodiment:
    def joint(name: str, **over: object) -> Joint:
        values: dict = {"lower": -1.0, "upper": 1.0, "velocity": 2.0, "acceleration": 40.0, "home": 0.0, "hand": "left"}
        return Joint(name=name, **{**values, **over})

    values: dict = {
        "name": "small",
        "description": "two joints and a gripper",
        "control_hz": 50.0,
        "camera_hz": 20.0,
        "cameras": (Camera(name="base", width=8, height=8),),
        "joints": (
            joint("shoulder"), joint("elbow"),
            joint("gripper", lower=0.0, upper=0.05, velocity=0.25, acceleration=10.0, home=0.05, gripper=True,
                  unit="m"),
        ),
    }  # fmt: skip
    return Embodiment(**{**values, **changes})


@dataclass
class MemoryArms:
    """Arms that are where they were last told to be. `commands` keeps (time, target)."""

    embodiment: Embodiment = field(default_factory=small_body)
    name: str = "memory"
    commands: list[tuple[float, np.ndarray]] = field(default_factory=list)
    seeds: list[int] = field(default_factory=list)
    broken: bool = False
    blind: bool = False
    connected: int = 0
    late_after_ticks: int = 0
    slow_s: float = 0.0

    def __post_init__(self) -> None:
        self._joints = self.embodiment.home

    def connect(self) -> None:
        if self.broken:
            raise OSError("no cable")
        self.connected += 1

    def read(self) -> np.ndarray:
        if self.broken:
            raise OSError("no cable")
        return self._joints.copy()

    def command(self, target: np.ndarray) -> None:
        assert target.shape == (self.embodiment.width,) and target.dtype == np.float32
        time.sleep(self.slow_s)
        self.commands.append((time.monotonic(), target.copy()))
        self._joints = target

    def pictures(self) -> dict[str, np.ndarray]:
        if self.blind:
            raise OSError("lens cap")
        return {"base": np.zeros((8, 8, 3), np.uint8)}

    def reset(self, seed: int) -> None:
        self.seeds.append(seed)
        self._joints = self.embodiment.home

    def close(self) -> None:
        self.connected = 0

    def snapshot(self) -> bytes:
        return self._joints.tobytes()

    def restore(self, snapshot: bytes) -> None:
        if len(snapshot) != self._joints.nbytes:
            raise UsageError("this is not a snapshot")
        self._joints = np.frombuffer(snapshot, np.float32).copy()

    def moved_since(self, time_s: float) -> float:
        """How far any target has changed after this time."""
        targets = [target for at, target in list(self.commands) if at >= time_s]
        return float(np.ptp(targets, axis=0).max()) if len(targets) > 1 else 0.0


def sweep(request: ActRequest, horizon: int = 12, dt_s: float = 0.05, speed: float = 0.5) -> ActionChunk:
    """Both joints move on from where they are, back and forth between ±0.8; the gripper stays."""
    state = request.observation.state
    steps = speed * dt_s * np.arange(1, horizon + 1)
    actions = np.zeros((horizon, WIDTH), np.float32)
    for joint in (0, 1):
        actions[:, joint] = 0.8 - np.abs((state[joint] + steps + 0.8) % 3.2 - 1.6)
    actions[:, 2] = state[2]
    return ActionChunk(request_id=request.request_id, observation_sequence=request.observation.sequence,
                       observation_time_s=request.observation.time_s, actions=actions, dt_s=dt_s)  # fmt: skip


@dataclass
class FakePolicy:
    """A policy server on a real socket, with a brain of two functions.

    Args:
        thinks: the thought text for a request and the number of thoughts before it, or an Error.
        acts: the chunk for a request.
        think_s, act_s: how long it takes.
    """

    thinks: Callable[[ThinkRequest, int], str | Error] = lambda request, count: PLACING if request.forced else PICKING
    acts: Callable[[ActRequest], ActionChunk | Error] = sweep
    think_s: float = 0.0
    act_s: float = 0.0
    address: str = "tcp://127.0.0.1:*"
    asked: list[ThinkRequest | ActRequest] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._context = zmq.Context()
        self._thread: threading.Thread | None = None
        self._thoughts = 0
        self.start()

    def start(self) -> None:
        self._stop = threading.Event()
        socket = self._context.socket(zmq.ROUTER)
        socket.linger = 0
        deadline_s = time.monotonic() + 2
        while True:
            try:
                socket.bind(self.address)
                break
            except zmq.ZMQError:
                assert time.monotonic() < deadline_s
                time.sleep(0.02)
        self.address = socket.getsockopt_string(zmq.LAST_ENDPOINT)
        self._thread = threading.Thread(target=self._run, args=(socket, self._stop), daemon=True)
        self._thread.start()

    def kill(self) -> None:
        """Gone in the middle of whatever it does, its port free again."""
        self._stop.set()
        assert self._thread is not None
        self._thread.join(10)

    def close(self) -> None:
        self.kill()
        self._context.term()

    def thoughts_asked(self) -> list[ThinkRequest]:
        return [request for request in list(self.asked) if isinstance(request, ThinkRequest)]

    def _run(self, socket: zmq.Socket, stop: threading.Event) -> None:
        codec = Codec()
        while not stop.is_set():
            if not socket.poll(20):
                continue
            client, *parts = socket.recv_multipart()
            try:
                request = codec.decode(parts)
            except ProtocolError as error:  # pictures in shared memory are not for everybody
                socket.send_multipart([client, *codec.encode(Error(code=error.code, what=error.what))])
                continue
            for reply in self._replies(request, stop):
                if not stop.is_set():
                    socket.send_multipart([client, *codec.encode(reply)])
        socket.close()

    def _replies(self, request: object, stop: threading.Event) -> list:
        number = request.request_id  # type: ignore[attr-defined]
        if isinstance(request, HealthRequest):
            return [Health(request_id=number, checkpoint="fake", device="cpu", parameters=1, memory_mb=1, uptime_s=1)]
        self.asked.append(request)  # type: ignore[arg-type]
        if isinstance(request, ActRequest):
            stop.wait(self.act_s)
            return [self.acts(request)]
        assert isinstance(request, ThinkRequest)
        stop.wait(self.think_s)
        text = self.thinks(request, self._thoughts)
        self._thoughts += 1
        if isinstance(text, Error):
            return [Error(code=text.code, what=text.what, request_id=number)]
        tokens = [ThoughtToken(request_id=number, index=i, text=word) for i, word in enumerate(text.split(" "))]
        return [*tokens, ThinkReply(request_id=number, thought=Thought.parse(text), tokens=len(tokens), latency_s=0.01)]


class Rig:
    """A whole bridge on ephemeral ports, with one coach that stays alive and hears everything."""

    def __init__(self, policy_address: str, arms: MemoryArms | None = None, **config: object) -> None:
        self.arms = arms or MemoryArms()
        free = "tcp://127.0.0.1:*"
        values: dict = {"policy_address": policy_address, "address": free, "events_address": free,
                        "think_deadline_s": 0.4, "act_deadline_s": 0.4, "retry_s": 0.1,
                        "think_period_s": 0.1}  # fmt: skip
        self.config = BridgeConfig(**{**values, **config})
        self.stop = threading.Event()
        ready = threading.Event()
        addresses: list[str] = []

        def note(*listening: str) -> None:
            addresses.extend(listening)
            ready.set()

        self._thread = threading.Thread(target=serve, args=(self.config, self.arms, self.stop, note), daemon=True)
        self._thread.start()
        assert ready.wait(5)
        self.address, self.events_address = addresses
        self.client = BridgeClient(self.address)
        self.heard: list = []
        self._ears = EventSubscriber(self.events_address)
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()
        self.beating = True
        self._heart = threading.Thread(target=self._beat, daemon=True)
        self._heart.start()
        self._count = 0
        self.until(lambda: any(isinstance(message, Status) for message in self.heard))

    def close(self) -> None:
        self.stop.set()
        for thread in (self._thread, self._listening, self._heart):
            thread.join(5)
            assert not thread.is_alive()
        self.client.close()

    def _listen(self) -> None:
        while not self.stop.is_set():
            message = self._ears.poll(0.05)
            if message is not None:
                self.heard.append(message)
        self._ears.close()

    def _beat(self) -> None:
        client = BridgeClient(self.address)
        while not self.stop.wait(0.1):
            if self.beating:
                with contextlib.suppress(UnreachableError):  # the bridge ends before its coach
                    client.heartbeat("test", 0.3)
        client.close()

    def say(self, kind: str, **values: object) -> str:
        """Send an intervention; returns its id."""
        self._count += 1
        words = Intervention(id=f"{kind}-{self._count}", kind=kind, **values)  # type: ignore[arg-type]
        self.client.send(words)
        return words.id

    def task(self) -> str:
        return self.say("task", instruction="put the red cup in the sink")

    def until(self, what: Callable[[], object], timeout_s: float = 4.0) -> None:
        """Wait for something, with a deadline."""
        deadline_s = time.monotonic() + timeout_s
        while not what():
            assert time.monotonic() < deadline_s, f"not within {timeout_s} s; heard {self.codes()}, {self.status()}"
            time.sleep(0.005)

    def until_moving(self) -> None:
        since_s = time.monotonic()
        self.until(lambda: self.arms.moved_since(since_s) > 0.02)

    def until_state(self, state: str) -> None:
        self.until(lambda: self.status().state == state)

    def until_event(self, code: str) -> Event:
        return self.until_event_within(code, 4.0)

    def until_event_within(self, code: str, timeout_s: float) -> Event:
        self.until(lambda: code in self.codes(), timeout_s)
        return next(m for m in self.heard if isinstance(m, Event) and m.code == code)

    def status(self) -> Status:
        return next(m for m in reversed(self.heard) if isinstance(m, Status))

    def codes(self) -> list[str]:
        return [m.code for m in list(self.heard) if isinstance(m, Event)]

    def all(self, kind: type) -> list:
        return [m for m in list(self.heard) if isinstance(m, kind)]
