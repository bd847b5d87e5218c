"""One policy server for several robots: fair, faster together, and unmoved by one that floods it and never reads."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from coach.bench.wire_robots import Seconds, drive
from policy.server import serve
from robot_bridge.protocol.messages import WIDTH, Observation
from robot_bridge.protocol.thought import Thought

BATCH_S, ROW_S = 0.02, 0.001  # what a batch costs, and each request in it


class CostlyPolicy:
    checkpoint, device, parameters = "costly", "cpu", 0

    def think_many(self, requests, on_tokens):
        time.sleep(BATCH_S + ROW_S * len(requests))
        answers = []
        for on_token in on_tokens:
            try:
                on_token(0, "subtask: wait")
                answers.append((Thought(subtask="wait"), 1))
            except Exception as error:
                answers.append(error)
        return answers

    def act_many(self, requests):
        time.sleep(BATCH_S + ROW_S * len(requests))
        return [(np.zeros((4, WIDTH), np.float32), 0.1) for _ in requests]

    def think(self, observation, context, forced="", on_token=None):
        time.sleep(BATCH_S + ROW_S)
        on_token(0, "subtask: wait")
        return Thought(subtask="wait"), 1

    def act(self, observation, context, thought):
        time.sleep(BATCH_S + ROW_S)
        return np.zeros((4, WIDTH), np.float32), 0.1


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    stop, ready, found = threading.Event(), threading.Event(), []

    def listening(where: str) -> None:
        found.append(where)
        ready.set()

    thread = threading.Thread(target=serve, args=(CostlyPolicy(), "tcp://127.0.0.1:*", stop, None, listening))
    thread.start()
    assert ready.wait(5)
    yield found[0]
    stop.set()
    thread.join(5)


def driven(address: str, robots: int, flood: bool = False) -> Seconds:
    picture = np.zeros((96, 96, 3), np.uint8)
    seen = Observation(sequence=0, time_s=0.0, state=np.zeros(WIDTH, np.float32), images={"base": picture})
    return drive(address, [(seen, "put the red cup in the sink")], robots, 1.5, flood)


def test_robots_get_equal_turns_and_more_of_them_together_when_they_meet(address: str) -> None:
    one, eight = driven(address, 1), driven(address, 8)
    assert min(eight.turns) / max(eight.turns) > 0.6, eight.turns
    assert sum(eight.turns) > 2.5 * sum(one.turns), (eight.turns, one.turns)


def test_others_are_answered_as_before_when_one_floods_and_never_reads(address: str) -> None:
    calm, pestered = driven(address, 4), driven(address, 4, flood=True)
    assert len(pestered.turns) == 3 and min(pestered.turns) > 0.5 * min(calm.turns), (calm.turns, pestered.turns)
    assert np.median(pestered.chunk) < 2 * np.median(calm.chunk)
