"""No wish, however wrong, becomes a target outside the body's limits."""

import numpy as np
import pytest
from fake_arms import small_body
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from robot_bridge.safety import Limiter

TICK_S = 0.02
LIMITS = np.array([[-1, 1], [-0.5, 2], [0, 0.05]], np.float32)
VELOCITY = np.array([2.0, 3.0, 0.25], np.float32)
ACCELERATION = np.array([40.0, 20.0, 10.0], np.float32)
START = np.array([0.0, 0.5, 0.02], np.float32)

any_wish = arrays(np.float32, 3, elements=st.floats(width=32, allow_nan=True, allow_infinity=True))
wild_wish = arrays(np.float32, 3, elements=st.floats(-1e6, 1e6, width=32))


def limiter(velocity: np.ndarray = VELOCITY, acceleration: np.ndarray = ACCELERATION) -> Limiter:
    return Limiter(LIMITS, velocity, acceleration, START, TICK_S)


@settings(max_examples=80, deadline=None)
@given(st.lists(any_wish, min_size=1, max_size=20))
def test_targets_keep_every_limit_when_wishes_are_arbitrary(wishes):
    safe, before, speed = limiter(), START.astype(float), np.zeros(3)
    for wish in wishes:
        target = safe.step(wish).target.astype(float)
        now = (target - before) / TICK_S
        assert (target >= LIMITS[:, 0] - 1e-6).all() and (target <= LIMITS[:, 1] + 1e-6).all()
        assert (np.abs(now) <= VELOCITY + 1e-3).all()
        growth = np.where(now * speed > 0, np.abs(now) - np.abs(speed), np.abs(now))
        assert (growth <= ACCELERATION * TICK_S + 1e-3).all()
        before, speed = target, now


@settings(max_examples=60, deadline=None)
@given(wild_wish)
def test_reachable_wish_is_reached_without_overshoot_when_repeated(wish):
    safe, goal = limiter(), np.clip(wish, LIMITS[:, 0], LIMITS[:, 1])
    gap = np.abs(goal - START)
    for _ in range(120):
        closer = np.abs(goal - safe.step(wish).target)
        assert (closer <= gap + 1e-6).all()
        gap = closer
    np.testing.assert_allclose(safe.target, goal, atol=1e-5)


@pytest.mark.parametrize(
    "wish",
    [
        np.array([np.nan, 0, 0], np.float32),
        np.array([0, np.inf, 0], np.float32),
        np.zeros(4, np.float32),
        np.zeros((1, 3), np.float32),
        np.zeros(3, np.float64),
        None,
        [0.0, 0.0, 0.0],
    ],
)
def test_last_target_is_held_and_the_reason_given_when_a_wish_is_not_a_position(wish):
    safe = limiter()
    moving = safe.step(np.ones(3, np.float32)).target
    verdict = safe.step(wish)
    assert verdict.refused
    np.testing.assert_array_equal(verdict.target, moving)


@pytest.mark.parametrize("missing", [0.0, -1.0, np.nan, np.inf])
@pytest.mark.parametrize("which", ["velocity", "acceleration"])
def test_joint_does_not_move_when_a_limit_is_missing(missing, which):
    broken = (VELOCITY if which == "velocity" else ACCELERATION).copy()
    broken[1] = missing
    safe = limiter(**{which: broken})
    for _ in range(20):
        target = safe.step(np.array([1, 1, 0.05], np.float32)).target
    assert target[1] == START[1] and target[0] > START[0]
    assert safe.movable.tolist() == [True, False, True]


def test_joint_does_not_move_when_its_position_limits_are_not_numbers():
    limits = LIMITS.copy()
    limits[0] = np.nan
    safe = Limiter(limits, VELOCITY, ACCELERATION, START, TICK_S)
    assert safe.step(np.ones(3, np.float32)).target[0] == START[0]


@pytest.mark.parametrize("speed", [0.0, -1.0, 1.5, float("nan")])
def test_nothing_moves_when_the_speed_is_not_a_fraction(speed):
    np.testing.assert_array_equal(limiter().step(np.ones(3, np.float32), speed).target, START)


def test_hold_stops_at_once_when_arms_are_at_full_speed():
    safe = limiter()
    for _ in range(10):
        last = safe.step(np.ones(3, np.float32)).target
    np.testing.assert_array_equal(safe.hold(), last)
    slow = safe.step(np.ones(3, np.float32)).target - last  # from rest again
    assert slow[0] <= ACCELERATION[0] * TICK_S * TICK_S + 1e-6


def test_clamped_joints_are_named_when_a_wish_lies_outside():
    assert limiter().step(np.array([5, 0, -1], np.float32)).clamped == (0, 2)


def test_arms_outside_their_limits_come_back_slowly_when_told_to_move():
    safe = Limiter(LIMITS, VELOCITY, ACCELERATION, np.array([1.3, 0, 0], np.float32), TICK_S)
    first = safe.step(np.array([1.3, 0, 0], np.float32)).target[0]
    assert 1.3 - VELOCITY[0] * TICK_S <= first < 1.3


def test_start_is_refused_when_the_joints_report_no_number():
    with pytest.raises(ValueError):
        Limiter.for_body(small_body(), np.array([0, np.nan, 0], np.float32))
