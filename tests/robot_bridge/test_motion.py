"""A wish counts only in the generation in which it was made."""

import time

import numpy as np
import pytest
from fake_arms import small_body
from fake_policy import sweep

from robot_bridge.chunks import Playable, check_chunk
from robot_bridge.motion import Motion
from robot_bridge.protocol.messages import WIDTH, ActRequest, Context, Observation
from robot_bridge.protocol.thought import Thought
from robot_bridge.rates import Meter

BODY = small_body()
AWAY = np.array([0.4, -0.4, 0.05], np.float32)


def playable() -> Playable:
    seen = Observation(sequence=3, time_s=time.monotonic(), state=np.zeros(WIDTH, np.float32), images={})
    request = ActRequest(request_id=1, observation=seen, context=Context(instruction="x"), thought=Thought(subtask="y"))
    return check_chunk(sweep(request), BODY, cause="c1", task_id="t1")


@pytest.fixture
def motion() -> Motion:
    return Motion(BODY, blend_s=0.1, park_speed=0.2)


def test_chunk_is_refused_when_a_hold_came_between(motion):
    before = motion.generation
    assert motion.hold() != before
    assert not motion.play(playable(), before)
    assert motion.wish(BODY.home, time.monotonic()).target is None


def test_control_loop_need_not_wait_when_a_motion_follows_a_hold(motion):
    motion.hold()
    motion.due.clear()
    assert motion.play(playable(), motion.generation) and motion.due.is_set()
    motion.due.clear()
    assert motion.play(playable(), motion.generation) and not motion.due.is_set(), "the ticks keep their rhythm"


def test_beat_out_of_turn_is_no_jitter():
    meter = Meter(10)
    for now_s in (0.0, 0.02, 0.04):
        meter.beat(now_s)
    meter.rest()
    for now_s in (0.045, 0.065):
        meter.beat(now_s)
    assert meter.jitter_ms(0.02) == pytest.approx((0.0, 0.0), abs=1e-6)
    assert len(meter.intervals_s()) == 3


def test_pending_chunk_is_dropped_when_held_before_its_first_tick(motion):
    assert motion.play(playable(), motion.generation)
    motion.hold()
    assert motion.wish(BODY.home, time.monotonic()).target is None and motion.remaining_fraction(time.monotonic()) == 0


def test_first_target_is_told_once_when_a_chunk_begins(motion):
    motion.play(playable(), motion.generation)
    now_s = time.monotonic()
    first, second = (motion.wish(BODY.home, now_s + dt) for dt in (0.0, 0.02))
    assert first.started is not None and first.started[0].cause == "c1" and second.started is None


def test_arms_go_home_with_what_they_hold_when_parked(motion):
    motion.park()
    wish = motion.wish(np.array([0.4, -0.4, 0.01], np.float32), 0.0)
    assert wish.target is not None and wish.speed == 0.2
    np.testing.assert_allclose(wish.target, [0, 0, 0.01])
    done = motion.wish(np.array([0.001, 0, 0.01], np.float32), 0.0)
    assert done.target is None and done.arrived == "park" and motion.mode == "hold"


def test_full_hand_stays_out_when_a_task_is_done(motion):
    motion.park(unless_holding=True)
    assert motion.wish(np.array([0.4, -0.4, 0.01], np.float32), 0.0).target is None
    motion.park(unless_holding=True)
    assert motion.wish(AWAY, 0.0).target is not None


def test_nudge_is_refused_when_something_else_was_said_since(motion):
    before = motion.generation
    motion.hold()
    assert not motion.reach(AWAY, before)
    assert motion.reach(AWAY, motion.generation)
    assert motion.mode == "reach"


def test_jitter_and_rate_are_measured_when_ticks_vary():
    meter, now_s = Meter(100), time.monotonic() - 2.0
    assert meter.hz() == 0.0 and meter.jitter_ms(0.02) == (0.0, 0.0)
    for i in range(101):
        meter.beat(now_s + 0.02 * i + (0.004 if i % 50 == 49 else 0.0))
    p50_ms, p99_ms = meter.jitter_ms(0.02)
    assert p50_ms < 0.01 and p99_ms == pytest.approx(4.0, abs=0.1)
    assert meter.hz() == pytest.approx(50, rel=0.01)


def test_lean_grows_little_by_little_and_is_added_to_what_is_played(motion):
    motion.play(playable(), motion.generation)
    now_s, lean = time.monotonic(), np.array([0.2, 0.0, 0.0], np.float32)
    plain = Motion(BODY, blend_s=0.1, park_speed=0.2)
    plain.play(playable(), plain.generation)
    assert motion.lean_by(lean, motion.generation)
    targets = [(motion.wish(BODY.home, t).target, plain.wish(BODY.home, t).target)
               for t in now_s + 0.02 * np.arange(24)]  # fmt: skip
    added = np.array([leaning[0] - straight[0] for leaning, straight in targets])
    assert np.diff(added).max() <= 0.3 * BODY.velocity_limits[0] * 0.02 + 1e-4 and added[-1] == pytest.approx(
        0.2, abs=0.01
    )
    motion.straighten()
    for t in now_s + 0.48 + 0.001 * np.arange(30):
        motion.wish(BODY.home, t)
    np.testing.assert_allclose(motion.lean, 0.0, atol=1e-6)


def test_lean_is_refused_when_something_else_was_said_since(motion):
    before = motion.generation
    motion.hold()
    assert not motion.lean_by(AWAY, before) and not motion.lean.any()


def test_chunk_takes_longer_when_told_to_be_slower(motion):
    motion.work_at(0.5)
    motion.play(playable(), motion.generation)
    started = motion.wish(BODY.home, time.monotonic()).started
    assert started is not None and started[0].chunk.dt_s == pytest.approx(0.1)
    motion.work_at(99.0)
    assert motion.pace == 1.5
