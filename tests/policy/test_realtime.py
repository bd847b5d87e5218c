"""A chunk that goes on from the one that plays."""

import itertools

import numpy as np
import pytest
from tiny import CONTEXT, THOUGHT, observation, write_checkpoint

from policy.loading import load_policy
from policy.model.realtime import weights
from robot_bridge.protocol.errors import ProtocolError
from robot_bridge.protocol.messages import ActRequest, Tail
from robot_bridge.protocol.thought import Thought

THINKING = Thought.parse(THOUGHT)


@pytest.fixture(scope="module")
def policy(tmp_path_factory):
    return load_policy(str(write_checkpoint(tmp_path_factory.mktemp("made") / "tiny")), "cpu")


@pytest.fixture
def chunks(policy):
    """Two chunks of different noise: the one that plays, and one that stands alone."""
    policy.reseed(1)
    playing = policy.act(observation(), CONTEXT, THINKING)[0]
    policy.reseed(2)
    return playing, policy.act(observation(), CONTEXT, THINKING)[0]


def going_on(policy, rows: np.ndarray, frozen: int) -> np.ndarray:
    policy.reseed(2)
    return policy.go_on(observation(), CONTEXT, THINKING, Tail(rows=rows, frozen=frozen, dt_s=0.1))[0]


def test_weights_are_one_where_frozen_and_fade_to_nothing():
    weight = weights(remaining=6, frozen=2, horizon=8)
    assert weight[:2].tolist() == [1.0, 1.0] and weight[6:].tolist() == [0.0, 0.0]
    assert all(a > b > 0 for a, b in itertools.pairwise(weight[1:6]))
    assert weights(3, 9, 4).tolist() == [1.0, 1.0, 1.0, 0.0] and not weights(0, 2, 4).any()


def test_frozen_rows_are_kept_and_the_rest_is_pulled_to_the_old_chunk(policy, chunks):
    playing, alone = chunks
    ours = going_on(policy, playing[:3], 1)
    np.testing.assert_array_equal(ours[0], playing[0])
    far, near = (np.abs(chunk[1] - playing[1]).max() for chunk in (alone, ours))
    assert near < 0.5 * far
    assert np.isfinite(ours).all() and not ours[:, 14:].any()


def test_nothing_changes_when_no_row_is_left_or_rows_are_of_another_spacing(policy, chunks):
    _, alone = chunks
    np.testing.assert_allclose(going_on(policy, np.zeros((0, 38), np.float32), 0), alone, atol=1e-6)
    policy.reseed(2)
    other = Tail(rows=chunks[0], frozen=2, dt_s=0.02)
    np.testing.assert_allclose(policy.go_on(observation(), CONTEXT, THINKING, other)[0], alone, atol=1e-6)


def test_each_robot_goes_on_from_its_own_chunk_when_served_together(policy, chunks):
    playing, _ = chunks
    asked = [ActRequest(request_id=0, observation=observation(n, n), context=CONTEXT, thought=THINKING) for n in (1, 2)]
    policy.reseed(3)
    free = policy.act_many(asked)
    tail = Tail(rows=playing[:3], frozen=2, dt_s=0.1)
    asked[1] = ActRequest(request_id=0, observation=observation(2, 2), context=CONTEXT, thought=THINKING, tail=tail)
    policy.reseed(3)
    held = policy.act_many(asked)
    np.testing.assert_allclose(held[0][0], free[0][0], atol=1e-5)
    np.testing.assert_array_equal(held[1][0][:2], playing[:2])


def test_memory_of_what_was_read_is_whole_after_a_pull(policy, chunks):
    playing, alone = chunks
    going_on(policy, playing[:3], 1)
    policy.reseed(2)
    np.testing.assert_allclose(policy.act(observation(), CONTEXT, THINKING)[0], alone, atol=1e-6)


@pytest.mark.parametrize(
    ("rows", "frozen"),
    [(np.zeros((2, 37), np.float32), 0), (np.full((2, 38), np.nan, np.float32), 0), (np.zeros((2, 38), np.float32), 3)],
)
def test_protocol_error_when_the_tail_is_none(policy, rows, frozen):
    with pytest.raises(ProtocolError):
        going_on(policy, rows, frozen)
