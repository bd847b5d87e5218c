"""A policy server on a real socket, with a brain of two functions, and the thoughts that it writes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import zmq

from robot_bridge.protocol.codec import Codec
from robot_bridge.protocol.errors import ProtocolError
from robot_bridge.protocol.messages import (
    WIDTH,
    ActionChunk,
    ActRequest,
    Error,
    Health,
    HealthRequest,
    ThinkReply,
    ThinkRequest,
    ThoughtToken,
)
from robot_bridge.protocol.thought import Thought

PICKING = "reason: the red cup is on the counter and goes in the sink\nsubtask: pick up the red cup\nhand: left"
PLACING = (
    "reason: the red cup is in the left hand and goes in the sink\nsubtask: put the red cup in the sink\nhand: left"
)
FINISHED = "reason: the red cup is in the sink\nsubtask: done"
ABSENT = "reason: there is no red cup in sight\nsubtask: ask for help"
EMPTY = "reason: nothing is in the left hand\nsubtask: pick up the red cup\nhand: left"


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
