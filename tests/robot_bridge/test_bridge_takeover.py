"""A whole bridge: a person takes the arms over, moves them, is corrected in, and hands back; nothing jumps."""

import time

import numpy as np
import pytest

from robot_bridge.protocol.errors import UsageError
from robot_bridge.protocol.messages import ChunkEvent, Jog, Observation

TICK_S = 0.02
RACK = "put the red cup in the drying rack"


def press(rig, seconds, **values):
    """Hold a key for so long."""
    until_s = time.monotonic() + seconds
    while time.monotonic() < until_s:
        rig.client.request(Jog(hand="left", **{"direction": (1.0, 0.0, 0.0), **values}))
        time.sleep(0.03)


def greatest_step(rig, since_s):
    """How far any joint was sent in one tick, as a fraction of what its velocity limit allows."""
    targets = np.array([target for at, target in list(rig.arms.commands) if at >= since_s])
    return float((np.abs(np.diff(targets, axis=0)) / (rig.arms.embodiment.velocity_limits * TICK_S)).max())


def test_no_target_jumps_when_arms_are_taken_over_in_motion_and_handed_back(rig):
    rig.task()
    rig.until_moving()
    since_s = time.monotonic() - 0.2
    rig.say("takeover")
    rig.until_state("takeover")
    before = rig.arms.commands[-1][1]
    press(rig, 0.5, direction=(-1.0, 0.0, 0.0))
    assert rig.arms.commands[-1][1][0] < before[0] - 0.05
    rig.say("release")
    rig.until_moving()
    assert greatest_step(rig, since_s) <= 1.0 + 1e-4


def test_arms_hold_still_by_themselves_when_the_line_is_lost_in_mid_motion(rig):
    rig.say("takeover")
    press(rig, 0.3)
    time.sleep(0.4)
    assert rig.arms.moved_since(time.monotonic() - 0.1) == 0


def test_stop_beats_the_hand_when_keys_are_still_pressed(rig):
    rig.say("takeover")
    press(rig, 0.3)
    rig.say("stop")
    stopped_s = time.monotonic()
    with pytest.raises(UsageError, match="nobody has taken over"):
        press(rig, 0.1)
    time.sleep(0.1)
    assert rig.arms.moved_since(stopped_s + TICK_S) == 0 and rig.status().state == "stopped"


def test_jog_is_refused_when_nobody_has_taken_over(rig):
    rig.task()
    rig.until_moving()
    with pytest.raises(UsageError, match="take over first"):
        press(rig, 0.1)


def test_correction_counts_from_the_release_on_when_said_during_a_takeover(rig, policy):
    rig.task()
    rig.until_moving()
    rig.say("takeover")
    press(rig, 0.2)
    said = rig.say("correction", instruction=RACK, forced="reason: the red cup goes in the drying rack\n",
                   text="no, in the rack")  # fmt: skip
    rig.until(lambda: rig.status().instruction == RACK)
    assert rig.status().state == "takeover"
    asked = len(policy.asked)
    press(rig, 0.2)  # still in the person's hands
    assert len(policy.asked) == asked
    rig.say("release")
    rig.until(lambda: said in {event.cause for event in rig.all(ChunkEvent)})
    assert policy.thoughts_asked()[-1].context.instruction == RACK


def test_new_task_waits_for_the_release_when_given_during_a_takeover(rig, policy):
    rig.say("takeover")
    rig.task()
    assert rig.client.status().state == "takeover" and not policy.asked
    rig.say("release")
    rig.until_moving()


def test_frames_and_motion_carry_the_takeover_when_a_person_moves_the_arms(rig):
    rig.task()
    rig.until_moving()
    taken = rig.say("takeover")
    press(rig, 1.3)
    rig.say("release")
    rig.until_moving()
    rig.until(lambda: rig.all(Observation)[-1].takeover == "")
    flags = [seen.takeover for seen in rig.all(Observation)]
    assert set(flags) == {"", taken} and 20 <= flags.count(taken) <= 40  # at 20 Hz
    rig.until(lambda: len([event for event in rig.all(ChunkEvent) if event.cause == taken]) >= 2)
    rows = np.concatenate([event.actions for event in rig.all(ChunkEvent) if event.cause == taken])
    assert len(rows) == flags.count(taken) and rows[:, 0].max() > rows[0, 0] + 0.1


def test_idle_arms_can_be_moved_and_left_when_there_is_no_task(rig):
    rig.say("takeover")
    press(rig, 0.3)
    rig.say("release")
    rig.until_state("idle")
