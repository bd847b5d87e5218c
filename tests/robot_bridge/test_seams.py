"""What the next chunk is told about the one that plays."""

import time

import numpy as np
import pytest
from fake_arms import small_body
from fake_policy import sweep

from robot_bridge.chunks import check_chunk
from robot_bridge.motion import Motion
from robot_bridge.protocol.messages import ActionChunk, ActRequest
from robot_bridge.seams import FIRST_S, Seams

BODY = small_body()


@pytest.fixture
def playing():
    """A motion in the middle of a chunk whose rows rise by 0.1, and when that was observed."""
    motion = Motion(BODY, blend_s=0.1, park_speed=0.2)
    rows = np.zeros((10, 38), np.float32)
    rows[:, 0] = np.arange(1, 11) / 10
    now_s = time.monotonic()
    chunk = ActionChunk(request_id=1, observation_sequence=0, observation_time_s=now_s, actions=rows, dt_s=0.1)
    motion.play(check_chunk(chunk, BODY), motion.generation)
    motion.wish(np.zeros(3, np.float32), now_s)
    return motion, now_s


def test_rest_of_the_chunk_is_given_as_rows_of_the_next(playing):
    motion, began_s = playing
    seams = Seams(motion, BODY, on=True)
    seams.played(0.15, "pick up")
    tail = seams.tail(began_s + 0.4, "pick up")
    np.testing.assert_allclose(tail.rows[:, 0], np.arange(5, 11) / 10, atol=1e-4)
    assert tail.frozen == 2 and tail.dt_s == 0.1 and tail.rows.shape == (6, 38)


def test_only_frozen_rows_are_kept_when_the_subtask_changes(playing):
    motion, began_s = playing
    seams = Seams(motion, BODY, on=True)
    seams.played(0.25, "pick up")
    assert len(seams.tail(began_s + 0.4, "put").rows) == 3


def test_slowest_of_the_last_chunks_is_counted_on(playing):
    motion, began_s = playing
    seams = Seams(motion, BODY, on=True)
    assert seams.tail(began_s, "").frozen == round(FIRST_S / 0.1)
    for late_s in (0.35, *[0.05] * 7):
        seams.played(late_s, "")
    assert seams.tail(began_s, "").frozen == 4
    seams.played(0.05, "")
    assert seams.tail(began_s, "").frozen == 1


def test_nothing_is_gone_on_from_when_nothing_plays_or_it_is_off(playing):
    motion, began_s = playing
    assert Seams(motion, BODY, on=False).tail(began_s, "") is None
    assert Seams(motion, BODY, on=True).tail(began_s + 5.0, "") is None
    motion.hold()
    assert Seams(motion, BODY, on=True).tail(began_s, "") is None


@pytest.mark.parametrize("on", [True, False])
def test_policy_is_told_what_plays_when_chunks_are_real_time(policy, start_rig, on):
    policy.acts = lambda request: sweep(request, speed=0.3)
    rig = start_rig(real_time_chunks=on)
    rig.task()

    def asked() -> list[ActRequest]:
        return [request for request in policy.asked if isinstance(request, ActRequest)]

    rig.until(lambda: len(asked()) >= 3)
    tails = [request.tail for request in asked()]
    assert tails[0] is None and (tails[2] is not None) == on
    if on:
        assert tails[2].rows.shape[1] == 38 and 0 < tails[2].frozen <= len(tails[2].rows)


def test_old_picture_is_looked_away_from_when_the_thought_took_long(policy, start_rig):
    policy.think_s = 0.25
    rig = start_rig(fresh_s=0.15, think_deadline_s=2.0)
    rig.task()
    rig.until(lambda: any(isinstance(request, ActRequest) for request in policy.asked))
    thought = next(r for r in policy.asked if not isinstance(r, ActRequest))
    acted = next(r for r in policy.asked if isinstance(r, ActRequest))
    assert acted.observation.sequence > thought.observation.sequence


def test_picture_is_shared_when_the_thought_was_quick(policy, start_rig):
    rig = start_rig(fresh_s=0.5)
    rig.task()
    rig.until(lambda: any(isinstance(request, ActRequest) for request in policy.asked))
    acted = next(r for r in policy.asked if isinstance(r, ActRequest))
    thought = next(r for r in policy.asked if not isinstance(r, ActRequest))
    assert acted.observation.sequence == thought.observation.sequence
