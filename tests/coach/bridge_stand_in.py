"""A bridge of a few lines on real sockets: answers as the protocol says, publishes what a test tells it to."""

from __future__ import annotations

import queue
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import msgspec
import zmq

from robot_bridge.protocol.codec import Codec
from robot_bridge.protocol.errors import CoachError
from robot_bridge.protocol.messages import (
    Accepted,
    Error,
    Event,
    Heartbeat,
    Intervention,
    Message,
    Status,
    StatusRequest,
)
from robot_bridge.protocol.thought import Thought

SINK_THOUGHT = Thought(
    reason="the red cup is on the counter and goes in the sink", subtask="pick up the red cup", hand="left"
)


@dataclass
class StandIn:
    """Args:
    refuse: kind of intervention → the error that it gets.
    run: number of the bridge's run, by which what it tells is counted; 0 for no count.
    """

    refuse: dict[str, CoachError] = field(default_factory=dict)
    interventions: list[Intervention] = field(default_factory=list)
    arrived: list[float] = field(default_factory=list)
    heartbeats: list[str] = field(default_factory=list)
    delay_s: float = 0.0
    policy_ok: bool = True
    run: int = 0

    def __post_init__(self) -> None:
        self._context = zmq.Context()
        self._router = self._context.socket(zmq.ROUTER)
        self._pub = self._context.socket(zmq.PUB)
        for socket in (self._router, self._pub):
            socket.linger = 0
        self.address = f"tcp://127.0.0.1:{self._router.bind_to_random_port('tcp://127.0.0.1')}"
        self.events_address = f"tcp://127.0.0.1:{self._pub.bind_to_random_port('tcp://127.0.0.1')}"
        self._outgoing: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._closing = threading.Event()
        self.told = 0
        self.state: dict[str, Any] = {"state": "idle", "task_id": "", "instruction": "", "thought": None}
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def status(self) -> Status:
        return Status(time_s=time.monotonic(), embodiment="kitchen", arms="kitchen", policy_ok=self.policy_ok,
                      checkpoint="embedded", **self.state)  # fmt: skip

    def publish(self, message: Message) -> None:
        self._outgoing.put(message)

    def work_on(
        self, instruction: str = "put the red cup in the sink", thought: Thought = SINK_THOUGHT, **changes: Any
    ) -> None:
        self.state = {"state": "running", "task_id": "t1", "instruction": instruction, "thought": thought} | changes
        self.publish(self.status)

    def finish(self, **places: str) -> None:
        """Args: places: where the arms see each thing in the end, `red_cup="sink"`."""
        things = {name.replace("_", " "): {"place": place, "dirty": False} for name, place in places.items()}
        data = {"instruction": self.state["instruction"], "things": things}
        self.publish(Event(time_s=time.monotonic(), level="info", code="task_done", text="done", data=data,
                           task_id=self.state["task_id"]))  # fmt: skip
        self.state = {"state": "idle", "task_id": "", "instruction": "", "thought": None}
        self.publish(self.status)

    def ask(self, why: str, text: str, reason: str = "") -> None:
        """Hold, and ask a person."""
        self.state |= {"state": "holding"}
        data = {"why": why, "reason": reason, "subtask": "ask for help"}
        self.publish(Event(time_s=time.monotonic(), level="info", code="asks", text=text, data=data,
                           task_id=self.state["task_id"]))  # fmt: skip
        self.publish(self.status)

    def kinds(self) -> list[str]:
        return [intervention.kind for intervention in self.interventions]

    def close(self) -> None:
        self._closing.set()
        self._thread.join(5)
        self._context.destroy(linger=0)

    def _run(self) -> None:
        codec = Codec()
        told = 0.0
        while not self._closing.is_set():
            if time.monotonic() - told > 0.1:
                told = time.monotonic()
                self.publish(self.status)
            while not self._outgoing.empty():
                self._pub.send_multipart(codec.encode(self._counted(self._outgoing.get())))
            if self._router.poll(5):
                client, *parts = self._router.recv_multipart()
                reply = self._answer(codec.decode(parts))
                self._router.send_multipart([client, *codec.encode(reply)])

    def _counted(self, message: Message) -> Message:
        self.told += 1
        return msgspec.structs.replace(message, sent=(self.run << 32) + self.told) if self.run else message

    def _answer(self, message: Message) -> Message:
        if isinstance(message, StatusRequest):
            time.sleep(self.delay_s)
            return self.status
        if isinstance(message, Heartbeat):
            self.heartbeats.append(message.who)
            return message
        assert isinstance(message, Intervention)
        if message.kind in self.refuse:
            error = self.refuse[message.kind]
            return Error(code=error.code, what=error.what, allowed=error.allowed, next_step=error.next_step)
        self.arrived.append(time.perf_counter())
        self.interventions.append(message)
        self._follow(message)
        self.publish(self.status)
        return Accepted(id=message.id, state=self.state["state"])

    def _follow(self, words: Intervention) -> None:
        changes: dict[str, dict[str, Any]] = {
            "stop": {"state": "stopped"}, "pause": {"state": "holding"}, "resume": {"state": "running"},
            "task": {"state": "running", "task_id": words.id, "instruction": words.instruction, "thought": None},
            "correction": {"instruction": words.instruction or self.state["instruction"], "thought": None} | (
                {} if self.state["state"] == "stopped" else {"state": "running"}),
            "takeover": {"state": "takeover"}, "release": {"state": "running"},
            "reset": {"state": "idle", "task_id": "", "instruction": "", "thought": None},
        }  # fmt: skip
        self.state |= changes.get(words.kind, {})
