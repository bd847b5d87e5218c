"""A whole bridge: a hand leans the way it is nudged while the model works on, and no farther than is safe."""

import time

import numpy as np
import pytest
from fake_arms import MemoryArms
from fake_policy import PLACING, sweep

from robot_bridge.lean import MAX_LEAN_M
from robot_bridge.protocol.messages import ActRequest, ChunkEvent, Observation


class Sliding(MemoryArms):
    """Arms whose first joint is metres to the right, tenfold."""

    def jog(self, hand, present, velocity, dt_s):
        moved = present.copy()
        moved[0] += 10 * velocity[0] * dt_s
        return moved


def steady(request):
    """A chunk that stays at 0.3, whatever the joints are."""
    chunk = sweep(request)
    chunk.actions[:, :2] = 0.3
    return chunk


@pytest.fixture
def rig(policy, start_rig):
    policy.acts = steady
    bridge = start_rig(Sliding())
    bridge.task()
    bridge.until(lambda: abs(bridge.arms.commands[-1][1][0] - 0.3) < 0.01)
    return bridge


def sent(rig):
    return float(rig.arms.commands[-1][1][0])


def test_hand_leans_at_once_and_the_model_does_not_feel_it_when_nudged(rig, policy):
    said_s, chunks = time.monotonic(), len(rig.all(ChunkEvent))
    rig.say("nudge", offset=(0.02, 0.0, 0.0))
    rig.until(lambda: sent(rig) > 0.31)
    assert time.monotonic() - said_s < 0.5
    rig.until(lambda: abs(sent(rig) - 0.5) < 0.005)
    rig.until(lambda: len(rig.all(ChunkEvent)) > chunks + 3)  # it stays there, chunk by chunk
    assert abs(sent(rig) - 0.5) < 0.005
    rig.until(lambda: rig.all(Observation)[-1].state[0] > 0.45)  # the pictures' joints are the true ones
    asked = len(policy.asked)
    rig.until(lambda: any(isinstance(request, ActRequest) for request in policy.asked[asked:]))
    felt = next(request for request in policy.asked[asked:] if isinstance(request, ActRequest))
    assert felt.observation.state[0] == pytest.approx(0.3, abs=0.03)


def test_hand_leans_no_farther_than_is_safe_when_nudged_again_and_again(rig):
    for _ in range(6):
        rig.say("nudge", offset=(-0.04, 0.0, 0.0))
    farthest = 0.3 - 10 * MAX_LEAN_M
    rig.until(lambda: abs(sent(rig) - farthest) < 0.005)
    time.sleep(0.3)
    assert sent(rig) >= farthest - 0.01
    targets = np.array([target for _, target in list(rig.arms.commands)])
    assert np.abs(np.diff(targets[:, 0])).max() <= rig.arms.embodiment.velocity_limits[0] * 0.02 + 1e-5


def test_hand_leans_no_more_when_the_subtask_is_over(rig, policy):
    rig.say("nudge", offset=(0.02, 0.0, 0.0))
    rig.until(lambda: abs(sent(rig) - 0.5) < 0.01)
    policy.thinks = lambda request, count: PLACING
    rig.until(lambda: abs(sent(rig) - 0.3) < 0.01)


def test_hand_leans_no_more_when_the_task_is_another(rig):
    rig.say("nudge", offset=(0.02, 0.0, 0.0))
    rig.until(lambda: abs(sent(rig) - 0.5) < 0.01)
    rig.task()
    rig.until(lambda: abs(sent(rig) - 0.3) < 0.01)


def test_hand_moves_and_stays_when_nudged_while_the_arms_hold_still(rig):
    rig.say("pause")
    before = sent(rig)
    rig.say("nudge", offset=(-0.01, 0.0, 0.0), hand="left")
    rig.until(lambda: abs(sent(rig) - (before - 0.1)) < 0.01)


def test_gripper_closes_when_told_so_and_the_model_goes_on(rig):
    since = len(rig.all(ChunkEvent))
    rig.say("nudge", grip="close")
    rig.until(lambda: min(target[2] for _, target in list(rig.arms.commands)[-200:]) < 0.005)
    rig.until(lambda: len(rig.all(ChunkEvent)) > since)


def test_work_is_slower_until_the_scene_is_another_one_when_told_so(rig):
    rig.say("nudge", pace=0.5)
    rig.until(lambda: rig.status().pace == 0.5)
    rig.until(lambda: rig.all(ChunkEvent)[-1].dt_s == pytest.approx(0.1))
    assert rig.status().state == "running"
    rig.say("pause")
    rig.say("reset")
    rig.until(lambda: rig.status().pace == 1.0)
