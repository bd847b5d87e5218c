"""Our own path: the real policy server with a policy that does nothing, and the bridge's real line to it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path as Folder

import numpy as np
import zmq

from coach.bench.wire_payload import PROMPT, THOUGHT, OurWay, Payload, answer
from policy.server import serve as serve_policy
from robot_bridge.policy_link import PolicyLink
from robot_bridge.protocol.messages import Context, Observation
from robot_bridge.protocol.security.curve import Security, client_keys
from robot_bridge.protocol.settle import settle
from robot_bridge.protocol.thought import Thought

DEADLINE_S = 10.0


class NoPolicy:
    """Answers at once."""

    checkpoint, device, parameters = "nothing", "cpu", 0

    def think(
        self, observation: Observation, context: Context, forced: str = "",
        on_token: Callable[[int, str], None] | None = None,
    ) -> tuple[Thought, int]:  # fmt: skip
        return Thought(subtask="wait"), 0

    def act(self, observation: Observation, context: Context, thought: Thought) -> tuple[np.ndarray, float]:
        return answer(), 0.1


def serve(folder: str, ready: Callable[[str], None]) -> None:
    """Until the process is ended. An empty folder: without encryption."""
    settle()  # as `coach policy serve` does
    security = Security(Folder(folder), always=True) if folder else None
    serve_policy(NoPolicy(), "tcp://127.0.0.1:*", threading.Event(), load=lambda name: NoPolicy(), ready=ready,
                 security=security)  # fmt: skip


class Ours:
    """The 200 bytes of thought travel with the request, as the bridge sends them."""

    def __init__(self, address: str, folder: str, way: OurWay) -> None:
        settle()  # as `coach bridge serve` does
        security = Security(Folder(folder) if folder else None, always=bool(folder))
        keys = client_keys(security, address, "", "policy_address")
        self._context = zmq.Context()
        self._link = PolicyLink(self._context, address, keys, way.shared, way.quality)
        self._thought = Thought(subtask="pick up the red cup", reason=THOUGHT.splitlines()[0] * 3)
        self._number = 0

    def round_trip(self, payload: Payload) -> np.ndarray:
        self._number += 1
        seen = Observation(sequence=self._number, time_s=0.0, state=payload.state, images=payload.images)
        chunk = self._link.act(seen, Context(instruction=PROMPT), self._thought, DEADLINE_S, lambda: False)
        return chunk.actions

    def told(self) -> dict[str, object]:
        """What the pictures travel as, and the measured bandwidth."""
        compression = self._link.compression
        pictures = f"JPEG {compression.quality}" if compression.quality else "as they are"
        return {"pictures": pictures, "mbit": compression.bandwidth_mbit or 0.0}

    def close(self) -> None:
        self._link.close()
        self._context.term()
