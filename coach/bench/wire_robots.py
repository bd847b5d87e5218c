"""The robots of `coach bench serving`: each asks for a thought and then for the chunk under it, without end."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field

import zmq

from robot_bridge.protocol.codec import Codec
from robot_bridge.protocol.errors import CoachError
from robot_bridge.protocol.messages import (
    ActionChunk,
    ActRequest,
    Context,
    Error,
    Observation,
    ThinkReply,
    ThinkRequest,
)
from robot_bridge.protocol.shared_frames import FrameWriter, available
from robot_bridge.protocol.wire import connect

FLOOD_HZ = 100.0  # requests of the robot that never reads its answers
WARM_UP_S, DEADLINE_S = 1.0, 60.0


@dataclass
class Seconds:
    """From asking to the answer."""

    thought: list[float] = field(default_factory=list)
    chunk: list[float] = field(default_factory=list)
    turns: list[int] = field(default_factory=list)  # of each robot


class Robot:
    """Asks again as soon as it is answered.

    Args:
        seen: what it sees, for ever; each request is of another instant.
    """

    def __init__(self, context: zmq.Context, address: str, seen: Observation, instruction: str) -> None:
        self.socket = connect(context, zmq.DEALER, address)
        self._codec, self._frames = Codec(), FrameWriter() if available() else None
        self._seen, self._words, self._number = seen, Context(instruction=instruction), 0
        self._asked_s = 0.0
        self.thought_s: list[float] = []
        self.chunk_s: list[float] = []

    def ask(self, after: ThinkReply | None = None) -> None:
        """For a thought, or for the chunk under one."""
        self._number += 1
        if after is None:
            self._seen = Observation(sequence=self._number, time_s=time.monotonic(), state=self._seen.state,
                                     images=self._seen.images)  # fmt: skip
            request: ThinkRequest | ActRequest = ThinkRequest(
                request_id=self._number, observation=self._seen, context=self._words, deadline_s=DEADLINE_S
            )
        else:
            request = ActRequest(request_id=self._number, observation=self._seen, context=self._words,
                                 thought=after.thought, deadline_s=DEADLINE_S)  # fmt: skip
        parts = self._codec.encode(request)
        self._asked_s = time.monotonic()
        self.socket.send_multipart(parts if self._frames is None else self._frames.pack(parts), zmq.NOBLOCK)

    def hear(self) -> None:
        """Take an answer and ask for the next. Raises: CoachError: the answer is an error."""
        reply = self._codec.decode(self.socket.recv_multipart(zmq.NOBLOCK))
        took_s = time.monotonic() - self._asked_s
        if isinstance(reply, Error):
            raise CoachError(f"the policy server answered: {reply.what}")
        if isinstance(reply, ThinkReply):
            self.thought_s.append(took_s)
            self.ask(after=reply)
        elif isinstance(reply, ActionChunk):
            self.chunk_s.append(took_s)
            self.ask()

    def close(self) -> None:
        self.socket.close()
        if self._frames is not None:
            self._frames.close()


def drive(address: str, scenes: list[tuple[Observation, str]], robots: int, seconds: float, flood: bool = False
          ) -> Seconds:  # fmt: skip
    """So many robots for so long.

    Args:
        flood: the last one asks without end and never reads an answer; it is not counted.
    """
    with zmq.Context() as context, contextlib.ExitStack() as stack:
        all_of_them = [stack.enter_context(contextlib.closing(Robot(context, address, *scenes[n % len(scenes)])))
                       for n in range(robots)]  # fmt: skip
        pest = all_of_them.pop() if flood else None
        poller = zmq.Poller()
        for robot in all_of_them:
            poller.register(robot.socket, zmq.POLLIN)
            robot.ask()
        by_socket = {robot.socket: robot for robot in all_of_them}
        counted_s = time.monotonic() + WARM_UP_S
        until_s, flood_s, warm = counted_s + seconds, 0.0, False
        while (now_s := time.monotonic()) < until_s:
            if not warm and now_s >= counted_s:
                warm = True
                for robot in all_of_them:
                    robot.thought_s, robot.chunk_s = [], []
            if pest is not None and now_s >= flood_s:
                flood_s = now_s + 1 / FLOOD_HZ
                with contextlib.suppress(zmq.Again):
                    pest.ask()
            for socket, _ in poller.poll(10):
                by_socket[socket].hear()
        return Seconds([s for r in all_of_them for s in r.thought_s], [s for r in all_of_them for s in r.chunk_s],
                       [len(r.chunk_s) for r in all_of_them])  # fmt: skip
