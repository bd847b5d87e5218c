"""A program to be killed: for each line on stdin a fresh child is a person's terminal that talks until it dies.

A line is `HOME BRIDGE EVENTS`. It writes `pid N` when the child runs, `told JSON` after each answer, `gone` after its
death. The child is forked, since a new interpreter for each of hundreds of deaths would take the test's time.
"""

from __future__ import annotations

import itertools
import json
import os
import queue
import random
import sys
from pathlib import Path

from coach.config import Config
from coach.session.replies import Reply
from coach.session.system import System

SAYINGS = (
    "no, put it in the drying rack", "no, the blue cup", "no, put it in the bin", "a bit to the left", "higher",
    "no, the red cup", "no, put it in the sink", "what are you doing?", "good", "pick up the towel instead",
)  # fmt: skip


def talk_until_killed(home: str, bridge: str, events: str) -> None:
    config = Config(home=Path(home), bridge_address=bridge, events_address=events, gamepad="off", pedal="off")
    replies: queue.SimpleQueue[Reply] = queue.SimpleQueue()
    system = System.open(config, lambda message: None, replies.put)
    dice = random.Random(os.getpid())
    for number in itertools.count():
        words = dice.choice(SAYINGS)
        if dice.random() < 0.2:
            words = f"remember that the tea number {os.getpid()} {number} is in the cupboard"
        reply = system.session.hear(words)
        told = {"words": words, "said": reply.said, "correction": reply.correction_id}
        os.write(1, f"told {json.dumps(told)}\n".encode())


def main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if not child:
            try:
                talk_until_killed(*line.split())
            finally:
                os._exit(1)
        os.write(1, f"pid {child}\n".encode())
        os.waitpid(child, 0)
        os.write(1, b"gone\n")


if __name__ == "__main__":
    main()
