"""A program to be killed: for each line on stdin a fresh child is a person's terminal that talks until it dies.

A line is `HOME BRIDGE EVENTS`. It says `told JSON` after each answer.
"""

from __future__ import annotations

import itertools
import json
import os
import queue
import random
from pathlib import Path

from killing import die_for_each_line, say

from coach.config import Config
from coach.session.replies import Reply
from coach.session.system import System

SAYINGS = (
    "no, put it in the drying rack", "no, the blue cup", "no, put it in the bin", "a bit to the left", "higher",
    "no, the red cup", "no, put it in the sink", "what are you doing?", "good", "pick up the towel instead",
)  # fmt: skip


def talk_until_killed(line: str) -> None:
    home, bridge, events = line.split()
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
        say("told", json.dumps(told))


if __name__ == "__main__":
    die_for_each_line(talk_until_killed)
