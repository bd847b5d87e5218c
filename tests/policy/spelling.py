"""A policy small enough to know its every word, served on a real socket, and a client of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import zmq

from policy.server import serve
from robot_bridge.protocol.codec import Codec
from robot_bridge.protocol.errors import CheckpointError
from robot_bridge.protocol.messages import ActRequest, Context, Message, Observation, ThinkRequest
from robot_bridge.protocol.thought import Thought

SLOW = Context(instruction="slowly")
FAST = Context(instruction="put the red cup in the sink")
WORDS = ["reason: seen\n", "subtask: ", "pick up ", "the cup"]


class SpellingPolicy:
    """Writes WORDS behind what is forced, 0.1 s a word when told to be slow; `act` repeats the state."""

    def __init__(self, checkpoint: str = "first") -> None:
        self.checkpoint, self.device, self.parameters = checkpoint, "cpu", 4
        self.served: list[str] = []

    def think(
        self, observation: Observation, context: Context, forced: str = "", on_token: Callable | None = None
    ) -> tuple[Thought, int]:
        self.served.append(context.instruction)
        if context.instruction == "crash":
            raise RuntimeError("a tensor fell over")
        assert on_token is not None
        for index, word in enumerate(WORDS):
            if context.instruction == "slowly":
                time.sleep(0.1)
            on_token(index, word)
        return Thought.parse(forced or "".join(WORDS)), len(WORDS)

    def act(self, observation: Observation, context: Context, thought: Thought) -> tuple[np.ndarray, float]:
        self.served.append(f"act {context.instruction}")
        if context.instruction == "slowly":
            time.sleep(0.3)
        rows = 1 if context.instruction != "broken" else np.nan
        return np.repeat(observation.state[None], 10, axis=0) * np.float32(rows), 0.1


class Client:
    def __init__(self, context: zmq.Context, address: str) -> None:
        self.codec = Codec()
        self.socket = context.socket(zmq.DEALER)
        self.socket.linger = 0
        self.socket.connect(address)

    def send(self, message: Message) -> None:
        self.socket.send_multipart(self.codec.encode(message))

    def receive(self, timeout_s: float = 3.0) -> Message:
        assert self.socket.poll(int(timeout_s * 1000)), "no reply"
        return self.codec.decode(self.socket.recv_multipart())

    def ask(self, message: Message) -> Message:
        self.send(message)
        return self.receive()


def observation(sequence: int = 7) -> Observation:
    state = np.linspace(0, 1, 38, dtype=np.float32)
    return Observation(sequence=sequence, time_s=12.5, state=state, images={"base": np.zeros((8, 8, 3), np.uint8)})


def think(number: int, context: Context = FAST, forced: str = "", deadline_s: float = 5.0) -> ThinkRequest:
    return ThinkRequest(
        request_id=number, observation=observation(), context=context, forced=forced, deadline_s=deadline_s
    )


def act(number: int, context: Context = FAST, deadline_s: float = 5.0) -> ActRequest:
    return ActRequest(
        request_id=number, observation=observation(), context=context, thought=Thought(subtask="x"),
        deadline_s=deadline_s,
    )  # fmt: skip


def load_second(checkpoint: str) -> SpellingPolicy:
    time.sleep(0.3)
    if checkpoint == "cut in half":
        raise CheckpointError("the file ends early", next_step="copy it again")
    if checkpoint == "strange":
        raise KeyError("weights")
    return SpellingPolicy(checkpoint)


@contextmanager
def running(policy: SpellingPolicy) -> Iterator[str]:
    stop, ready, found = threading.Event(), threading.Event(), []

    def listening(address: str) -> None:
        found.append(address)
        ready.set()

    args = (policy, "tcp://127.0.0.1:*", stop, load_second, listening)
    thread = threading.Thread(target=serve, args=args)
    thread.start()
    assert ready.wait(3)
    try:
        yield found[0]
    finally:
        stop.set()
        thread.join(5)
        assert not thread.is_alive()
