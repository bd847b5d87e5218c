"""What the arms say is in the way does not happen: they hold, and say so."""

import time

import numpy as np
import pytest
from fake_arms import MemoryArms, small_body

from robot_bridge.body_gate import PATIENCE_S, BodyGate
from robot_bridge.protocol.embodiment import Joint
from robot_bridge.safety import Limiter


class NarrowArms(MemoryArms):
    """Their first joint must not go beyond `wall`."""

    wall = 0.3

    def obstacle(self, before: np.ndarray, target: np.ndarray) -> str:
        return "the elbow would meet the wall" if target[0] > max(self.wall, before[0]) else ""


def two_handed() -> MemoryArms:
    joints = small_body().joints
    right = Joint(name="other", lower=-1, upper=1, velocity=2, acceleration=40, home=0, hand="right")
    return NarrowArms(small_body(joints=(*joints, right)))


def test_other_hand_goes_on_when_one_is_in_the_way():
    arms = two_handed()
    gate = BodyGate(arms, arms.embodiment)
    before, target = np.array([0.3, 0, 0.05, 0], np.float32), np.array([0.31, 0.01, 0.05, 0.01], np.float32)
    passage = gate.check(before, target, 0.0)
    assert passage.held.tolist() == [True, True, True, False] and passage.reason and not passage.stuck


def test_person_is_told_once_when_a_wish_presses_on():
    arms = two_handed()
    gate, before = BodyGate(arms, arms.embodiment), np.array([0.3, 0, 0.05, 0], np.float32)
    beyond = (before + 0.01).astype(np.float32)
    told = [gate.check(before, beyond, i * 0.02).stuck for i in range(int(PATIENCE_S / 0.02) + 20)]
    assert told.count(True) == 1
    assert not gate.check(before, beyond, 100.0).stuck, "a new press counts anew"


def test_arms_without_a_model_of_their_body_pass():
    arms = MemoryArms()
    assert not BodyGate(arms, arms.embodiment).check(np.zeros(3, np.float32), np.ones(3, np.float32), 0.0).reason


def test_step_is_taken_back_and_the_joint_at_rest_when_retracted():
    body = small_body()
    safe = Limiter.for_body(body, body.home)
    ahead = np.array([1, 1, 0.05], np.float32)
    safe.step(ahead)
    before = safe.target
    moved = safe.step(ahead).target
    kept = safe.retract(np.array([True, False, False]))
    assert kept[0] == before[0] and kept[1] == moved[1]
    first = Limiter.for_body(body, body.home).step(ahead).target[0]
    assert safe.step(ahead).target[0] - kept[0] == pytest.approx(first, abs=1e-6), "it starts from rest again"


def test_arms_stop_at_the_wall_and_say_so_when_the_policy_drives_into_it(start_rig):
    rig = start_rig(NarrowArms())
    rig.task()
    event = rig.until_event("held_back")
    assert "the elbow would meet the wall; the arms hold there" in event.text
    rig.until_event("too_near")
    rig.until_state("holding")
    assert "tell me what to do instead" in rig.status().detail
    assert max(target[0] for _, target in rig.arms.commands) <= 0.3 + 1e-6
    time.sleep(0.1)
    rig.say("resume")
    rig.until_state("running")
