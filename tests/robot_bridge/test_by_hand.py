"""What is pressed becomes a smooth motion that lapses by itself, whatever the arms know of their body."""

import math

import numpy as np
import pytest
from fake_arms import small_body

from robot_bridge.by_hand import BRAKE_S, FASTEST, RAMP_S, ByHand, Tape, check_jog
from robot_bridge.protocol.errors import UsageError
from robot_bridge.protocol.messages import Jog, Observation

BODY = small_body()
TICK_S = 0.02


def slide(hand, present, velocity, dt_s):
    """Arms whose first two joints are metres right and away."""
    moved = present.copy()
    moved[:2] += np.float32(dt_s) * velocity[:2].astype(np.float32)
    return moved


def follow(by_hand, jogs, ticks):
    """Targets tick by tick. Args: jogs: tick → Jog."""
    target, path = BODY.home, []
    for tick in range(ticks):
        if tick in jogs:
            by_hand.press(jogs[tick], tick * TICK_S)
        wished = by_hand.target(target, tick * TICK_S)
        target = target if wished is None else wished
        path.append(target)
    return np.array(path)


def test_hand_speeds_up_gradually_and_comes_to_rest_when_a_key_is_let_go():
    path = follow(ByHand(BODY, slide), {0: Jog(hand="left", direction=(1, 0, 0), lasts_s=0.5)}, 60)
    speed = np.diff(path[:, 0]) / TICK_S
    assert speed.max() == pytest.approx(FASTEST[0], rel=0.01)
    assert np.diff(speed).max() <= FASTEST[0] * TICK_S / RAMP_S * 1.01
    assert -np.diff(speed).min() <= FASTEST[0] * TICK_S / BRAKE_S * 1.01
    assert np.all(speed[-20:] == 0)


def test_two_keys_at_once_are_no_faster_than_one():
    path = follow(ByHand(BODY, slide), {0: Jog(hand="left", direction=(1, 1, 0), lasts_s=0.5)}, 25)
    assert np.linalg.norm(np.diff(path[:, :2], axis=0), axis=1).max() / TICK_S <= FASTEST[0] * 1.001


def test_motion_goes_on_without_a_gap_when_a_key_repeats():
    jogs = {tick: Jog(hand="left", direction=(1, 0, 0), lasts_s=0.15) for tick in range(0, 40, 2)}
    speed = np.diff(follow(ByHand(BODY, slide), jogs, 40)[:, 0]) / TICK_S
    assert np.all(speed[12:] > 0.99 * FASTEST[0])


def test_nothing_moves_any_more_when_it_is_dropped():
    by_hand = ByHand(BODY, slide)
    by_hand.press(Jog(hand="left", direction=(1, 0, 0), lasts_s=0.5), 0.0)
    assert by_hand.target(BODY.home, 0.02) is not None
    by_hand.drop()
    assert by_hand.target(BODY.home, 0.04) is None


def test_single_joints_turn_when_nothing_is_known_of_the_body():
    by_hand = ByHand(BODY, None)
    assert by_hand.moves_joints
    path = follow(by_hand, {0: Jog(hand="left", direction=(0, 1, 0), lasts_s=0.5)}, 30)
    assert path[-1, 1] > 0.1 and path[-1, 0] == 0.0


def test_gripper_opens_and_closes_within_its_limits():
    jogs = {tick: Jog(hand="left", grip=-1.0, lasts_s=0.2) for tick in range(0, 60, 5)}
    path = follow(ByHand(BODY, slide), jogs, 60)
    assert path[-1, 2] == 0.0 and path[:, 2].min() >= 0.0


@pytest.mark.parametrize("jog", [
    Jog(hand="third"), Jog(hand="left", direction=(2, 0, 0)), Jog(hand="left", direction=(math.nan, 0, 0)),
    Jog(hand="left", grip=math.inf), Jog(hand="left", speed=0), Jog(hand="left", speed=math.nan),
    Jog(hand="left", lasts_s=60), Jog(hand="left", lasts_s=-1),
])  # fmt: skip
def test_a_jog_is_refused_in_a_sentence_when_it_is_out_of_range(jog):
    with pytest.raises(UsageError) as refused:
        check_jog(jog, frozenset(("left",)))
    assert refused.value.allowed


def test_motion_is_taped_as_chunks_of_a_second_when_a_person_moves_the_arms():
    tape, chunks = Tape(BODY), []
    for number in range(60):
        takeover = "t1" if 5 <= number < 50 else ""
        seen = Observation(sequence=number, time_s=number / BODY.camera_hz, state=np.zeros(38, np.float32), images={},
                           takeover=takeover)  # fmt: skip
        chunk = tape.add(seen, np.full(3, number, np.float32), "task")
        chunks += [chunk] if chunk else []
    assert {chunk.cause for chunk in chunks} == {"t1"}
    rows = np.concatenate([chunk.actions[:, 0] for chunk in chunks])
    np.testing.assert_array_equal(rows, np.arange(6, 51))  # each target once, until the hands are off
    assert [chunk.observation_sequence for chunk in chunks] == [5, 25, 45]
