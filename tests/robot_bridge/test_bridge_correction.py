"""A whole bridge: a correction changes thought and motion at once, and nothing older moves the arms after it."""

import time
from itertools import pairwise

import numpy as np
import pytest
from fake_policy import ABSENT, FINISHED, PICKING, PLACING, FakePolicy, sweep

from robot_bridge.protocol.errors import UsageError
from robot_bridge.protocol.messages import ActRequest, ChunkEvent, Error, ThinkRequest, ThoughtEvent, ThoughtToken

RACK = "put the red cup in the drying rack"
FORCED = "reason: the red cup is on the counter and goes in the drying rack\n"


def forced(policy: FakePolicy) -> list:
    return [request for request in policy.thoughts_asked() if request.forced]


def test_thought_and_chunk_follow_the_words_when_corrected(rig, policy):
    rig.task()
    rig.until_moving()
    said_s = time.monotonic()
    said = rig.say("correction", instruction=RACK, forced=FORCED, text="no, in the drying rack")
    rig.until(lambda: said in {event.cause for event in rig.all(ChunkEvent)})
    chunk = next(event for event in rig.all(ChunkEvent) if event.cause == said)
    thought = next(event for event in rig.all(ThoughtEvent) if event.cause == said)
    assert said_s < thought.time_s <= chunk.time_s < said_s + 1.0
    (request,) = forced(policy)
    assert request.forced == FORCED and request.context.instruction == RACK
    assert request.context.dialogue == ("no, in the drying rack",)
    assert rig.status().task_id == "task-1" and rig.status().instruction == RACK
    token_ids = {token.request_id for token in rig.all(ThoughtToken)}
    assert request.request_id in token_ids
    rig.until(lambda: any(event.cause == "" for event in rig.all(ChunkEvent)[-1:]))  # back to its own rhythm


def test_chunk_in_flight_is_dropped_at_once_when_corrected(rig, policy):
    rig.task()
    rig.until_moving()
    policy.think_s = 0.3
    rig.say("correction", instruction=RACK, forced=FORCED)
    said_s = time.monotonic()
    time.sleep(0.2)
    assert rig.arms.moved_since(said_s + 0.02) == 0  # holding while it thinks
    rig.until_moving()


def test_answer_is_ignored_when_it_belongs_to_an_older_generation(rig, policy):
    def away(request):
        chunk = sweep(request)
        if "rack" not in request.context.instruction:
            chunk.actions[:, 0] = 0.8
        else:
            chunk.actions[:, 0] = -0.8
        return chunk

    policy.acts, policy.act_s = away, 0.15
    rig.task()
    rig.until(lambda: any(type(r).__name__ == "ActRequest" for r in policy.asked))
    rig.say("correction", instruction=RACK, forced=FORCED)
    since_s = time.monotonic()
    rig.until_moving()
    highest = max(target[0] for at, target in list(rig.arms.commands) if at > since_s)
    assert highest <= 1e-6
    assert all(np.all(event.actions[:, 0] < 0) for event in rig.all(ChunkEvent))


def test_dictated_subtask_stays_when_the_model_would_think_otherwise(policy, start_rig):
    rig = start_rig(dictated_s=0.5)
    rig.task()
    rig.until_moving()
    rig.say("correction", forced="reason: a person said so\nsubtask: pick up the towel\n", text="take the towel")
    rig.until(lambda: len(forced(policy)) >= 2)
    rig.until(lambda: policy.thoughts_asked()[-1].forced == "")


def test_subtask_moves_to_the_done_list_when_the_thought_changes(rig, policy):
    policy.thinks = lambda request, count: PICKING if count < 2 else PLACING
    rig.task()
    rig.until(lambda: rig.status().done == ("pick up the red cup",))
    rig.until(lambda: policy.thoughts_asked()[-1].context.done == ("pick up the red cup",))


def test_motion_is_asked_for_under_the_words_of_its_thought_when_the_thought_changes(rig, policy):
    policy.thinks = lambda request, count: PICKING if count < 2 else PLACING
    rig.task()
    rig.until(lambda: rig.status().done == ("pick up the red cup",))
    asked = list(policy.asked)
    behind = [(one, other) for one, other in pairwise(asked)
              if isinstance(one, ThinkRequest) and isinstance(other, ActRequest)]  # fmt: skip
    assert behind and all(act.context == think.context for think, act in behind)
    assert any(act.thought.subtask != act.context.doing for _, act in behind)


def test_task_ends_and_arms_go_home_when_done_is_thought_twice(rig, policy):
    policy.thinks = lambda request, count: PICKING if count < 2 else FINISHED
    rig.task()
    event = rig.until_event("task_done")
    assert event.data["instruction"] == "put the red cup in the sink" and event.data["reason"]
    assert len([t for t in rig.all(ThoughtEvent) if t.thought.is_done]) == 2
    looks = [t.observation_sequence for t in rig.all(ThoughtEvent) if t.thought.is_done]
    assert looks[0] != looks[1]
    rig.until_state("idle")
    home = rig.arms.embodiment.home
    rig.until(lambda: np.abs(rig.arms.commands[-1][1] - home).max() < 0.005)


def test_arms_stay_where_they_are_when_done_with_a_closed_hand(rig, policy):
    def close(request):
        chunk = sweep(request)
        chunk.actions[:, 2] = 0.01
        return chunk

    policy.acts = close
    policy.thinks = lambda request, count: PICKING if count < 2 else FINISHED
    rig.task()
    rig.until_event("task_done")
    done_s = time.monotonic() + 0.02
    time.sleep(0.3)
    assert rig.arms.moved_since(done_s) == 0


def test_one_misread_picture_changes_nothing_when_the_next_look_differs(rig, policy):
    policy.thinks = lambda request, count: FINISHED if count == 2 else ABSENT if count == 5 else PICKING
    rig.task()
    rig.until(lambda: len(policy.thoughts_asked()) >= 8)
    assert rig.status().state == "running" and not {"asks", "task_done"} & set(rig.codes())


def test_person_is_asked_and_arms_hold_when_the_object_is_absent(rig, policy):
    policy.thinks = lambda request, count: ABSENT
    rig.task()
    event = rig.until_event("asks")
    assert event.text == "there is no red cup in sight: please help" and event.data["subtask"] == "ask for help"
    rig.until_state("holding")
    assert rig.status().detail == event.text
    policy.thinks = lambda request, count: PICKING
    rig.say("resume")
    rig.until_moving()


def test_person_is_asked_when_a_task_takes_too_long(start_rig):
    rig = start_rig(task_limit_s=0.5)
    rig.task()
    assert "without finishing" in rig.until_event("asks").text
    rig.until_state("holding")


def test_arms_hold_and_the_reason_is_told_when_the_policy_fails(rig, policy):
    rig.task()
    rig.until_moving()
    policy.thinks = lambda request, count: Error(code="policy_failed", what="the model ran out of memory")
    assert "the model ran out of memory" in rig.until_event("policy_failed").text
    rig.until_state("holding")


def test_arms_hold_when_a_chunk_is_for_another_body(rig, policy):
    def foreign(request):
        chunk = sweep(request)
        chunk.actions[:, 20] = 1.0
        return chunk

    policy.acts = foreign
    rig.task()
    assert "moves more than 3 joints" in rig.until_event("policy_error").text
    assert rig.arms.moved_since(0.0) == 0


def test_earlier_instruction_returns_when_undone_and_begins_again_when_restarted(rig, policy):
    rig.task()
    rig.until_moving()
    rig.say("correction", instruction=RACK, forced=FORCED)
    rig.say("undo")
    rig.until(lambda: rig.status().instruction == "put the red cup in the sink")
    rig.until_moving()
    rig.say("restart")
    rig.until(lambda: policy.thoughts_asked()[-1].context.done == () and rig.status().state == "running")
    rig.say("task", instruction="clear the table")
    rig.until(lambda: rig.status().instruction == "clear the table")


LIKELY = "reason: the red cup is on the counter and goes in the drying rack\nsubtask: pick up the red cup\nhand: left"


def test_arms_set_out_before_the_thought_is_written_when_it_is_clear_what_it_will_be(rig, policy):
    rig.task()
    rig.until_moving()
    policy.think_s = 0.35
    said_s = time.monotonic()
    said = rig.say("correction", instruction=RACK, forced=FORCED, likely=LIKELY, text="no, in the drying rack")
    rig.until(lambda: said in {event.cause for event in rig.all(ThoughtEvent)})
    thought = next(event for event in rig.all(ThoughtEvent) if event.cause == said)
    chunks = [event for event in rig.all(ChunkEvent) if event.cause == said]
    assert chunks and chunks[0].time_s < said_s + policy.think_s < thought.time_s  # it did not wait for the thought
    acts = [r for r in policy.asked if type(r).__name__ == "ActRequest" and "drying" in r.context.instruction]
    assert str(acts[0].thought) == LIKELY
    rig.until(lambda: len([event for event in rig.all(ChunkEvent) if event.cause == said]) >= 2)  # and its own followed
    assert str(thought.thought) != LIKELY and forced(policy)


@pytest.mark.parametrize("likely", ["jump", "reason: r\nsubtask: done", "reason: r\nsubtask: ask for help"])
def test_likely_thought_is_refused_in_a_sentence_when_nothing_moves_under_it(rig, likely):
    rig.task()
    with pytest.raises(UsageError, match="likely thought"):
        rig.say("correction", instruction=RACK, likely=likely)
    assert rig.client.status().instruction != RACK
