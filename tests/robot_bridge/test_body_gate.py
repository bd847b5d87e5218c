"""What the arms say is in the way does not happen: they hold, and say so."""

import time

import numpy as np
import pytest
from fake_arms import MemoryArms, small_body

from robot_bridge.body_gate import GIVE_WAY_S, GIVE_WAY_SPEED, PATIENCE_S, BodyGate
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


class CrossedArms(MemoryArms):
    """One joint each; neither may pass the other, and the left one, at `before[0]`, is the lower."""

    def obstacle(self, before: np.ndarray, target: np.ndarray) -> str:
        gap, was = target[1] - target[0], before[1] - before[0]
        return "the hands would come too near to each other" if gap < min(0.1, was - 1e-6) else ""


def crossed() -> tuple[BodyGate, Limiter, np.ndarray]:
    joints = [Joint(name=hand, lower=-1, upper=1, velocity=2, acceleration=40, home=home, hand=hand)
              for hand, home in (("left", -0.8), ("right", 0.9))]  # fmt: skip
    body = small_body(joints=tuple(joints))
    start = np.array([0.0, 0.1], np.float32)
    return BodyGate(CrossedArms(body), body), Limiter.for_body(body, start), start


def driven(wish: tuple[float, float], may_give_way: bool = True) -> tuple[list[str], bool, np.ndarray]:
    """Who gave way, whether a person was asked, and where the arms ended after eight seconds."""
    gate, limiter, _ = crossed()
    told, asked = [], False
    for tick in range(400):
        before, now_s = limiter.target, tick * 0.02
        verdict = limiter.step(gate.amend(before, np.array(wish, np.float32), now_s))
        passage = gate.check(before, verdict.target, now_s, may_give_way)
        if passage.reason:
            limiter.retract(passage.held)
        told += [passage.gives_way] * bool(passage.gives_way)
        asked |= passage.stuck
    return told, asked, limiter.target


def test_nobody_gives_way_when_one_can_leave_by_itself():
    told, asked, ended = driven((0.5, 0.9))
    assert not told and not asked and np.allclose(ended, (0.5, 0.9), atol=1e-3)


def test_one_gives_way_once_when_each_is_in_the_way_of_the_other():
    told, asked, _ = driven((0.5, -0.5))
    assert told == ["left"] and asked, "who comes back to the same place asks a person"
    assert driven((0.5, -0.5), may_give_way=False)[:2] == ([], True), "nothing plays"


def test_nobody_gives_way_when_that_frees_nobody():
    assert driven((-0.8, -0.9))[:2] == ([], True), "the left one is where it wishes to be"
    arms = two_handed()
    gate, told = BodyGate(arms, arms.embodiment), []
    before, beyond = np.array([0.3, 0, 0.05, 0.7], np.float32), np.array([0.4, 0, 0.05, 0.7], np.float32)
    for tick in range(200):
        told.append(gate.check(before, beyond, tick * 0.02, may_give_way=True).gives_way)
    assert not any(told), "the right hand is not what the left one presses against"


def test_arm_that_gives_way_goes_home_slowly_keeps_hold_and_stays_when_nothing_plays():
    gate, _, before = crossed()
    beyond = np.array([0.5, -0.5], np.float32)
    began = [passage for i in range(60) if (passage := gate.check(before, beyond, i * 0.02, True)).gives_way]
    assert [passage.gives_way for passage in began] == ["left"]
    assert gate.amend(before, beyond, 1.3)[0] == pytest.approx(-GIVE_WAY_SPEED * 2.0 / 50.0)
    assert gate.amend(before, beyond, 1.3)[1] == beyond[1], "the other does as it wishes"
    assert gate.amend(before, beyond, 1.3 + GIVE_WAY_S)[0] == beyond[0], "not for ever"
    gate, _, before = crossed()
    for i in range(60):
        gate.check(before, beyond, i * 0.02, True)
    gate.stay()
    assert (gate.amend(before, beyond, 1.3) == beyond).all()


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
