"""A program to be killed: for each path on stdin a fresh child stores corrections there until it dies.

It says `kept ID` after each correction that was acknowledged.
"""

from __future__ import annotations

import os

import numpy as np
from killing import die_for_each_line, say

from memory.records import CorrectionDraft
from memory.store import Store
from robot_bridge.protocol.messages import Observation


def observation(sequence: int) -> Observation:
    images = {"base": np.full((16, 16, 3), sequence % 256, np.uint8)}
    return Observation(sequence=sequence, time_s=sequence / 10, state=np.zeros(38, np.float32), images=images)


def store_until_killed(path: str) -> None:
    store = Store.open(path)
    episode = store.begin_episode("task", "put the red cup in the sink", "home", "first", "kitchen", "ann")
    sequence = 0
    while True:
        for _ in range(5):
            sequence += 1
            store.add_frame(episode, observation(sequence))
        draft = CorrectionDraft(id=f"{os.getpid()}-{sequence}", episode_id=episode, words="no, in the drying rack",
                                observation_sequence=sequence, time_s=sequence / 10)  # fmt: skip
        kept = store.add_correction(draft, [observation(sequence)])
        say("kept", kept.id)
        store.set_outcome(kept.id, "followed")


if __name__ == "__main__":
    die_for_each_line(store_until_killed)
