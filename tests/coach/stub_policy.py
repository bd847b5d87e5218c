"""Stands in for the model where the path around it is tested: `stub_policy.py ADDRESS`, until SIGTERM."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable

import numpy as np

from coach.processes.signals import stop_on_signals
from policy.server import serve
from robot_bridge.protocol.messages import Context, Observation
from robot_bridge.protocol.thought import Thought

_PUT = re.compile(r"put the (?P<thing>.+?) (?P<place>(?:in|on) the .+)")


class StubPolicy:
    """Thinks what it is asked to do and waves an arm, to the other side in the drying rack."""

    checkpoint, device, parameters = "stub", "cpu", 1

    def think(
        self, observation: Observation, context: Context, forced: str = "", on_token: Callable | None = None
    ) -> tuple[Thought, int]:
        put = _PUT.match(context.instruction)
        assert put is not None and on_token is not None
        reason = forced or f"reason: the {put['thing']} is on the counter and goes {put['place']}\n"
        text = f"{reason}subtask: pick up the {put['thing']}\nhand: left\nwhere: base <loc0400><loc0500>"
        words = re.findall(r"\S+\s?", text)
        for index, word in enumerate(words):
            time.sleep(0.002)
            on_token(index, word)
        return Thought.parse(text), len(words)

    def act(self, observation: Observation, context: Context, thought: Thought) -> tuple[np.ndarray, float]:
        actions = np.repeat(observation.state[None], 10, axis=0)
        actions[:, 0] += np.linspace(0.02, 0.2, 10, dtype=np.float32) * (-1 if "rack" in context.instruction else 1)
        return actions, 0.1


if __name__ == "__main__":
    serve(StubPolicy(), sys.argv[1], stop_on_signals())
