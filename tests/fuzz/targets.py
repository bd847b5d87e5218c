"""`python targets.py bridge|policy`: a server of ours in a process of its own; prints where it listens."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from pathlib import Path

import numpy as np

from robot_bridge.protocol.thought import Thought

sys.path.insert(0, str(Path(__file__).parents[1] / "robot_bridge"))


class EchoPolicy:
    checkpoint, device, parameters = "echo", "cpu", 0

    def think(self, observation, context, forced="", on_token=None):
        on_token(0, forced)
        return Thought.parse(forced) if forced else Thought(subtask="wait"), 1

    def act(self, observation, context, thought):
        return np.repeat(observation.state[None], 5, axis=0), 0.1


def main(kind: str) -> None:
    logging.basicConfig(level=logging.CRITICAL, stream=sys.stdout)  # a line for each of a million refusals helps nobody
    logging.getLogger("robot_bridge.server").setLevel(logging.INFO)  # it counts them at the end
    free, stop = "tcp://127.0.0.1:*", threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    if kind == "policy":
        from policy.server import serve as serve_policy

        serve_policy(EchoPolicy(), free, stop, load=lambda name: EchoPolicy(), ready=lambda at: print(at, flush=True))
    else:
        from fake_arms import MemoryArms

        from robot_bridge.config import BridgeConfig
        from robot_bridge.server import serve as serve_bridge

        config = BridgeConfig(address=free, events_address=free, policy_address="tcp://127.0.0.1:1")
        serve_bridge(config, MemoryArms(), stop, lambda *at: print(*at, flush=True))


if __name__ == "__main__":
    main(sys.argv[1])
