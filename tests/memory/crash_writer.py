"""A program to be killed: for each path on stdin a fresh child stores corrections there until it dies.

It writes `pid N` when the child runs, `kept ID` after each correction that was acknowledged, `gone` after its death.
The child is forked, since a new interpreter for each of many deaths would take the test's time.
"""

from __future__ import annotations

import os
import sys

import numpy as np

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
        os.write(1, f"kept {kept.id}\n".encode())
        store.set_outcome(kept.id, "followed")


def main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if not child:
            try:
                store_until_killed(line.strip())
            finally:
                os._exit(1)
        os.write(1, f"pid {child}\n".encode())
        os.waitpid(child, 0)
        os.write(1, b"gone\n")


if __name__ == "__main__":
    main()
