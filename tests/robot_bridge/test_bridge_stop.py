"""A whole bridge: whatever a person says to hold takes effect within one tick, with or without a policy."""

import threading
import time
from itertools import pairwise

import pytest
from bridge_rig import Rig

from robot_bridge.client import BridgeClient
from robot_bridge.protocol.errors import UsageError
from robot_bridge.protocol.messages import ChunkEvent, Intervention, Status, StatusRequest, ThoughtEvent

TICK_S = 0.02


def ticks_until_still(rig: Rig, said_s: float) -> int:
    """Commands after `said_s` that still changed the target."""
    commands = list(rig.arms.commands)
    return sum(1 for (_, before), (at, target) in pairwise(commands) if at > said_s and (before != target).any())


def stop_and_measure(rig: Rig) -> int:
    rig.say("stop")
    answered_s = time.monotonic()
    time.sleep(0.3)
    return ticks_until_still(rig, answered_s)


def test_arms_hold_within_one_tick_when_stopped(rig):
    rig.task()
    rig.until_moving()
    assert stop_and_measure(rig) <= 1
    rig.until_state("stopped")


def test_arms_hold_within_one_tick_when_stopped_with_a_dead_policy_under_load(rig, policy):
    rig.task()
    rig.until_moving()
    policy.kill()
    quit_load = threading.Event()

    def load() -> None:
        client = BridgeClient(rig.address)
        while not quit_load.is_set():
            client.request(StatusRequest())
        client.close()

    loads = [threading.Thread(target=load) for _ in range(3)]
    for thread in loads:
        thread.start()
    try:
        moving_s = time.monotonic() - 0.1
        assert rig.arms.moved_since(moving_s) > 0
        assert stop_and_measure(rig) <= 1
    finally:
        quit_load.set()
        for thread in loads:
            thread.join()


def test_arms_stay_stopped_when_the_model_answers_late(rig, policy):
    policy.act_s = 0.2
    rig.task()
    rig.until(lambda: any(type(r).__name__ == "ActRequest" for r in policy.asked))
    rig.say("stop")
    still_s = time.monotonic() + TICK_S
    time.sleep(0.5)
    assert rig.arms.moved_since(still_s) == 0 and not rig.all(ChunkEvent)


def test_stopped_is_left_when_a_person_says_so(rig):
    rig.task()
    rig.until_moving()
    rig.say("stop")
    with pytest.raises(UsageError, match="the arms are stopped"):
        rig.say("restart")
    rig.say("correction", instruction="put the red cup in the bin")
    time.sleep(0.2)
    assert rig.client.status().state == "stopped"
    rig.say("resume")
    rig.until_moving()
    assert rig.status().instruction == "put the red cup in the bin"


def test_model_thinks_again_when_a_pause_ends(rig, policy):
    rig.task()
    rig.until_moving()
    rig.say("pause")
    held_s = time.monotonic() + TICK_S
    rig.until_state("holding")
    time.sleep(0.2)
    assert rig.arms.moved_since(held_s) == 0
    thoughts = len(policy.thoughts_asked())
    said = rig.say("resume")
    rig.until_moving()
    assert len(policy.thoughts_asked()) > thoughts
    assert said in {event.cause for event in rig.all(ThoughtEvent)}


def test_playback_never_stalls_when_the_policy_keeps_up(rig, policy):
    policy.act_s = 0.1
    rig.task()
    rig.until_moving()
    began_s = time.monotonic()
    time.sleep(1.0)
    commands = [(at, target) for at, target in list(rig.arms.commands) if at > began_s]
    still = [bool((a[1][:2] == b[1][:2]).all()) for a, b in pairwise(commands)]
    assert sum(still) <= 3, still
    assert len(rig.all(ChunkEvent)) >= 2


def test_status_tells_the_truth_when_running(rig):
    said = rig.task()
    rig.until_moving()
    rig.until(lambda: rig.status().rates.act_ms > 0 and rig.status().checkpoint == "fake")
    status = rig.client.status()
    assert isinstance(status, Status) and status.state == "running" and status.task_id == said
    assert status.policy_ok and status.memory_mb > 10 and status.arms == "memory" and status.embodiment == "small"
    assert 35 < status.rates.control_hz < 55 and 10 < status.rates.camera_hz < 25
    assert status.thought is not None and status.thought.subtask == "pick up the red cup"


def test_same_word_counts_once_when_sent_twice(rig):
    words = Intervention(id="twice", kind="task", instruction="put the red cup in the sink")
    rig.client.send(words)
    rig.client.send(Intervention(id="p", kind="pause"))
    assert rig.client.send(words).state == "holding"


def test_scene_is_set_up_anew_when_reset_and_not_while_running(rig):
    rig.task()
    with pytest.raises(UsageError, match="cannot reset now"):
        rig.say("reset")
    rig.say("pause")
    rig.say("reset", text="7")
    rig.until(lambda: rig.arms.seeds == [7])
    rig.until_state("idle")
    rig.say("reset")
    rig.until(lambda: rig.arms.seeds == [7, 7])


def test_chunks_are_ignored_when_a_person_takes_over(rig):
    rig.task()
    rig.until_moving()
    rig.say("takeover")
    taken_s = time.monotonic() + TICK_S
    time.sleep(0.3)
    assert rig.arms.moved_since(taken_s) == 0 and rig.client.status().state == "takeover"
    rig.say("release")
    rig.until_moving()


def test_nudge_is_refused_in_a_sentence_when_the_arms_cannot(rig):
    with pytest.raises(UsageError, match="cannot be nudged"):
        rig.say("nudge", offset=(0.0, 0.05, 0.0))


def test_state_is_idle_when_resumed_without_a_task(rig):
    rig.say("stop")
    assert rig.client.send(Intervention(id="go", kind="resume")).state == "idle"


def test_stop_that_comes_twice_stops_once_when_a_person_has_said_go_on_meanwhile(rig):
    rig.task()
    rig.until_moving()
    stop = Intervention(id="s", kind="stop")
    assert rig.client.send(stop).state == "stopped"
    rig.say("resume")
    assert rig.client.send(stop).state == "running"
    rig.until_moving()
    assert rig.client.send(Intervention(id="s2", kind="stop")).state == "stopped"
