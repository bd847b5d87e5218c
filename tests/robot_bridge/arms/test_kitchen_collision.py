"""The arms of the kitchen hold instead of moving into each other, into themselves or out of the workspace."""

import time

import msgspec
import numpy as np
import pytest

from robot_bridge.arms.kitchen import ik
from robot_bridge.arms.kitchen.collision import Collisions
from robot_bridge.arms.kitchen.engine import load_mujoco
from robot_bridge.arms.kitchen.world import Kitchen
from robot_bridge.protocol.embodiment import Workspace


@pytest.fixture(scope="module")
def kitchen():
    made = Kitchen()
    yield made
    made.close()


@pytest.fixture(scope="module")
def collisions(kitchen):
    return Collisions(kitchen, load_mujoco(), kitchen.body.workspace)


def pose(kitchen, left=None, right=None):
    """float32[14] with the pinch points there, each hand pointing down; left out: at home."""
    joints = kitchen.body.home.copy()
    for at, hand, point in ((0, "left", left), (7, "right", right)):
        if point is not None:
            joints[at : at + 6] = ik.solve(hand, np.array(point), 0.0)
    return joints


def walk(collisions, start, goal, steps=60):
    """How far one gets from start to goal, 0 to 1, and why not further."""
    for step in range(steps):
        before, after = (start + (goal - start) * (i / steps) for i in (step, step + 1))
        why = collisions.obstacle(before.astype(np.float32), after.astype(np.float32))
        if why:
            return step / steps, why
    return 1.0, ""


def test_nothing_is_in_the_way_when_a_hand_works_over_the_counter(kitchen, collisions):
    for point in ((-0.38, 0.03, 0.1), (-0.15, 0.2, 0.15), (0.0, 0.0, 0.05), (0.1, -0.05, 0.05)):
        assert walk(collisions, kitchen.body.home, pose(kitchen, left=point)) == (1.0, "")


def test_hands_hold_a_centimetre_apart_when_both_go_to_one_place(kitchen, collisions):
    apart = pose(kitchen, (-0.15, 0.05, 0.1), (0.15, 0.05, 0.1))
    far, why = walk(collisions, apart, pose(kitchen, (0.0, 0.05, 0.1), (0.0, 0.05, 0.1)))
    assert 0.3 < far < 0.95
    assert "the left" in why and "the right" in why and "would come too near to each other" in why and "10 mm" in why


def test_what_is_too_near_may_still_move_apart(kitchen, collisions):
    near, apart = (pose(kitchen, (-x, 0.05, 0.1), (x, 0.05, 0.1)) for x in (0.0625, 0.15))
    assert collisions.obstacle(near, (near + 0.02 * (near - apart)).astype(np.float32))
    assert walk(collisions, near, apart) == (1.0, "")


def test_hand_does_not_enter_its_own_base_when_it_folds_back(kitchen, collisions):
    folded = kitchen.body.home.copy()
    folded[[1, 2, 4]] = -1.2, 2.0, 2.2
    _, why = walk(collisions, kitchen.body.home, folded)
    assert why.startswith("the left") and why.count("left") == 2


@pytest.mark.parametrize(("axis", "word"), [(0, "to the side"), (1, "away from"), (2, "upwards")])
def test_hand_holds_at_the_wall_and_may_come_back_when_its_workspace_ends(kitchen, axis, word):
    room = kitchen.body.workspace
    start, goal = pose(kitchen, left=(-0.2, 0.1, 0.15)), [-0.2, 0.1, 0.15]
    upper = list(room.upper)
    goal[axis] += 0.1
    upper[axis] = goal[axis] - 0.05
    small = Collisions(kitchen, load_mujoco(), msgspec.structs.replace(room, upper=tuple(upper)))
    far, why = walk(small, start, pose(kitchen, left=goal))
    assert 0.2 < far < 0.8 and "the left hand would leave its workspace" in why and word in why
    assert walk(small, pose(kitchen, left=goal), start) == (1.0, "")


@pytest.mark.parametrize(
    "room",
    [
        None,
        Workspace(lower=(0, 0, 0), upper=(0, 1, 1), margin_m=0.02),
        Workspace(lower=(-1, -1, -1), upper=(1, 1, 1), margin_m=0.0),
        Workspace(lower=(-1, -1, -1), upper=(1, float("nan"), 1), margin_m=0.02),
    ],
)
def test_nothing_moves_when_a_limit_is_missing_or_zero(kitchen, room):
    shut = Collisions(kitchen, load_mujoco(), room)
    home = kitchen.body.home
    assert "nothing moves" in shut.obstacle(home, (home + 0.001).astype(np.float32))


def test_check_takes_little_of_a_tick_when_both_arms_move(kitchen, collisions):
    chance, home, took = np.random.default_rng(0), kitchen.body.home, []
    for _ in range(300):
        there = (home + chance.normal(0, 0.3, 14)).astype(np.float32)
        began = time.thread_time()
        collisions.obstacle(home, there)
        took.append(time.thread_time() - began)
    assert np.percentile(took, 95) < 0.002, "a tenth of a tick"


def test_kitchen_itself_stays_as_it_is_when_asked(kitchen, collisions):
    before = kitchen.data.qpos.copy()
    collisions.obstacle(kitchen.body.home, pose(kitchen, left=(0.0, 0.0, 0.1)))
    np.testing.assert_array_equal(kitchen.data.qpos, before)
