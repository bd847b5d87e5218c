"""The measurement of nudges, with a policy that knows where the thing is but for a few centimetres."""

from __future__ import annotations

import numpy as np
import pytest

from coach.bench.nudges import measure
from robot_bridge.arms.kitchen import ik
from robot_bridge.arms.kitchen.layout import make_layout
from robot_bridge.protocol.messages import WIDTH
from robot_bridge.protocol.thought import Thought

SEED = 10_200_003


class Hovering:
    """Goes to a point 3 cm beside the thing, and stays there."""

    checkpoint, device, parameters = "hovering", "cpu", 0

    def __init__(self) -> None:
        thing = make_layout(SEED).objects[0]
        self.hand = "left" if thing.position[0] < 0 else "right"
        self.goal = ik.solve(self.hand, np.add(thing.position, (0.03, 0.0, 0.07)), 0.0)
        self.felt: list[np.ndarray] = []

    def think(self, observation, context, forced="", on_token=None):  # type: ignore[no-untyped-def]
        return Thought(reason="r", subtask="pick up the thing", hand=self.hand), 1

    def act(self, observation, context, thought):  # type: ignore[no-untyped-def]
        self.felt.append(observation.state)
        actions = np.zeros((16, WIDTH), np.float32)
        actions[:, :14] = observation.state[:14]
        at = 0 if self.hand == "left" else 7
        actions[:, at : at + 6] = self.goal
        return actions, 0.1


@pytest.mark.render
def test_person_is_late_sparing_and_heard_when_the_hand_is_off() -> None:
    policy = Hovering()
    report = measure(policy, [SEED], "x", lambda words: None, ways=("nobody", "lean"))  # type: ignore[arg-type]
    assert report.notes[0].startswith("picked up, nobody: 0 of 1") and "lean: 0 of 1" in report.notes[1]
    [said] = report.rows
    assert said.name.endswith("lean") and 1 <= said.median <= 6
    drift = np.abs(np.diff([state[:14] for state in policy.felt[-5:]], axis=0)).max()
    assert drift < 0.05, "the model must not feel the lean"
