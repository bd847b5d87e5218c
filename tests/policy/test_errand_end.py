"""Thoughts that hold on to what is put away."""

from __future__ import annotations

import numpy as np
import pytest

from policy.model.errand_end import holds_on, is_over
from policy.model.open_hands import OpenHands
from robot_bridge.protocol.messages import WIDTH, Context, Going, Observation, ThinkRequest

ERRAND = "put the red cup in the sink"
HELD = f"reason: the red cup is in the left hand and goes in the sink\nsubtask: {ERRAND}"
THERE = "reason: the red cup is in the sink and goes in the sink\nsubtask: pick up the red cup"
ELSEWHERE = THERE.replace("in the sink and", "in the bin and")
HANDS = OpenHands((1, 3), np.array([0.0, 0.048, 0.0, 0.048]))


def request(opening: float = 0.048, lasting: int = 20, doing: str = ERRAND) -> ThinkRequest:
    state = np.zeros(WIDTH, np.float32)
    state[1] = opening  # of the left hand; the right one is closed
    context = Context(instruction="clear the counter", doing=doing, going=Going(errand=ERRAND, lasting=lasting))
    return ThinkRequest(request_id=0, observation=Observation(sequence=1, time_s=0.0, state=state, images={}),
                        context=context)  # fmt: skip


def test_thought_may_hold_on_while_a_hand_has_only_just_let_go() -> None:
    assert not holds_on(HELD, request(lasting=9), HANDS)


@pytest.mark.parametrize(("text", "opening", "holds"), [
    pytest.param(HELD, 0.048, True, id="an open hand holds nothing"),
    pytest.param(HELD, 0.025, False, id="a hand around something"),
    pytest.param(HELD.replace("left", "right"), 0.048, False, id="the other hand"),
    pytest.param(THERE, 0.025, True, id="it lies where it goes"),
    pytest.param(ELSEWHERE, 0.048, False, id="it lies elsewhere"),
    pytest.param("reason: the counter is clear\nsubtask: done", 0.048, False, id="about no thing"),
])  # fmt: skip
def test_thought_holds_on_when_its_thing_cannot_be_where_it_says(text: str, opening: float, holds: bool) -> None:
    assert holds_on(text, request(opening), HANDS) == holds


@pytest.mark.parametrize(("text", "asked", "over"), [
    pytest.param(HELD, request(), True, id="for long"),
    pytest.param(HELD, request(lasting=9), False, id="the hand has only just let go"),
    pytest.param(HELD, request(opening=0.025), False, id="the hand is closed"),
    pytest.param(HELD, request(doing="pick up the red cup"), False, id="it was only being picked up"),
    pytest.param(HELD.replace(ERRAND, "put the red cup on the counter"), request(), False, id="half way"),
    pytest.param(THERE, request(lasting=0), True, id="it lies where it goes"),
])  # fmt: skip
def test_errand_is_over_when_its_thought_holds_on_for_long(text: str, asked: ThinkRequest, over: bool) -> None:
    assert is_over(text, asked, HANDS) == over


def test_open_hand_is_not_known_when_the_checkpoint_names_no_grippers() -> None:
    assert not holds_on(HELD, request(), None) and not holds_on(HELD, request(), OpenHands((), np.zeros(14)))
