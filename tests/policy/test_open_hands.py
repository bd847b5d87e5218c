"""Hands that close only to pick something up."""

from __future__ import annotations

import numpy as np
import pytest

from policy.model.open_hands import OpenHands
from robot_bridge.protocol.messages import WIDTH, ActRequest, Context, Going, Observation
from robot_bridge.protocol.thought import Thought

REST = np.array([0.0, 0.048, 0.0, 0.048])
CUP, ERRAND = "reason: the red cup is {0} and goes in the sink\nsubtask: {1}", "put the red cup in the sink"


def opening_after(subtask: str, opening: float, lasting: int, where: str = "on the counter") -> float:
    state = np.zeros(WIDTH, np.float32)
    state[1] = opening
    request = ActRequest(
        request_id=0, observation=Observation(sequence=1, time_s=0.0, state=state, images={}),
        context=Context(instruction="clear the counter", going=Going(errand=ERRAND, lasting=lasting)),
        thought=Thought.parse(CUP.format(where, subtask)),
    )  # fmt: skip
    chunk = np.zeros((4, WIDTH), np.float32)
    OpenHands((1, 3), REST).keep(chunk, request)
    assert not chunk[:, [0, 2]].any(), "other joints are left alone"
    return float(chunk[-1, 1])


@pytest.mark.parametrize(
    ("subtask", "opening", "lasting", "after"),
    [
        pytest.param("put the red cup in the sink", 0.045, 5, 0.045, id="has let go, and would close again"),
        pytest.param("put the red cup in the sink", 0.029, 5, 0.0, id="holds"),
        pytest.param("pick up the red cup", 0.048, 5, 0.0, id="closes around it"),
        pytest.param("pick up the red cup", 0.048, 0, 0.048, id="is still where the last thing was put down"),
        pytest.param("done", 0.048, 5, 0.048, id="nothing to pick up"),
    ],
)
def test_open_hand_stays_open_when_it_does_not_pick_up(
    subtask: str, opening: float, lasting: int, after: float
) -> None:
    assert opening_after(subtask, opening, lasting) == pytest.approx(after)


def test_open_hand_stays_open_when_the_errand_is_another() -> None:
    assert opening_after("pick up the blue cup", 0.048, 5, "gone") == pytest.approx(0.048)
