"""A chunk plays on time, joins smoothly and ends in nothing."""

import numpy as np
import pytest
from fake_arms import small_body

from robot_bridge.chunks import ChunkPlayer, Playable, check_chunk
from robot_bridge.protocol.errors import EmbodimentError
from robot_bridge.protocol.messages import WIDTH, ActionChunk

BODY = small_body()
NOTHING = np.zeros(3, np.float32)


def chunk(first: float, step: float, seen_s: float, rows: int = 16, dt_s: float = 0.1) -> Playable:
    actions = np.zeros((rows, WIDTH), np.float32)
    actions[:, 0] = first + step * np.arange(rows)
    made = ActionChunk(request_id=1, observation_sequence=1, observation_time_s=seen_s, actions=actions, dt_s=dt_s)
    return check_chunk(made, BODY)


def position(player: ChunkPlayer, now_s: float) -> float:
    target = player.target(now_s)
    assert target is not None and target.dtype == np.float32
    return float(target[0])


def test_rows_are_met_on_time_when_played_from_the_observation():
    player = ChunkPlayer(0.1, 10.0)
    assert player.start(chunk(0.1, 0.1, 10.0), NOTHING, 10.0) == 0
    for now_s, expected in ((10.0, 0.0), (10.05, 0.05), (10.1, 0.1), (10.15, 0.15), (10.8, 0.8), (11.6, 1.6)):
        assert position(player, now_s) == pytest.approx(expected, abs=1e-4)


def test_first_tick_moves_when_a_chunk_begins():
    player = ChunkPlayer(0.1, 10.0, tick_s=0.02)
    player.start(chunk(0.1, 0.1, 10.0), NOTHING, 10.0)
    assert 0 < position(player, 10.0) <= 0.1 * 0.02 / 0.1 + 1e-4, "one tick's share of the way"


def test_past_rows_are_dropped_when_arms_moved_meanwhile():
    player = ChunkPlayer(0.1, 10.0)
    player.start(chunk(0.1, 0.1, 10.0), NOTHING, 10.0)
    assert player.start(chunk(0.6, 0.1, 10.5), NOTHING + 0.7, 10.82) == 3
    assert position(player, 11.0) == pytest.approx(1.0, abs=1e-4)


def test_nothing_is_dropped_when_arms_stood_still_meanwhile():
    player = ChunkPlayer(0.1, 5.0)
    assert player.start(chunk(0.1, 0.1, 10.0), NOTHING, 10.7) == 0
    assert position(player, 10.8) == pytest.approx(0.1, abs=1e-4)


def test_only_the_played_part_counts_as_past_when_a_chunk_ended_meanwhile():
    player = ChunkPlayer(0.1, 10.0)
    player.start(chunk(0.1, 0.1, 10.0, rows=5), NOTHING, 10.0)  # ends at 10.5
    assert player.target(10.9) is None
    assert player.start(chunk(0.4, 0.1, 10.3), NOTHING + 0.5, 10.9) == 2


def test_join_has_no_jump_when_chunks_disagree():
    player = ChunkPlayer(0.1, 10.0)
    player.start(chunk(0.1, 0.05, 10.0), NOTHING, 10.0)
    before = position(player, 10.6)
    player.start(chunk(1.0, 0.05, 10.4), NOTHING + before, 10.6)
    track = [position(player, 10.6 + 0.02 * i) for i in range(15)]
    assert track[0] == pytest.approx(before, abs=1e-4)
    assert np.abs(np.diff(track)).max() < 0.2
    assert track[-1] == pytest.approx(1.0 + 0.05 * (10.88 - 10.5) / 0.1, abs=1e-3)


def test_nothing_is_wished_when_the_chunk_is_played_out():
    player = ChunkPlayer(0.1, 10.0)
    player.start(chunk(0.1, 0.1, 10.0), NOTHING, 10.0)
    assert player.remaining_fraction(10.8) == pytest.approx(0.5, abs=1e-6)
    assert player.target(11.61) is None and player.playing is None and player.remaining_fraction(11.61) == 0


def test_nothing_is_wished_when_the_whole_chunk_is_past():
    player = ChunkPlayer(0.1, 10.0)
    player.start(chunk(0.1, 0.0, 10.0, rows=16), NOTHING, 10.0)
    assert player.start(chunk(0.1, 0.1, 10.0, rows=2), NOTHING, 10.5) == 2
    assert player.target(10.5) is None


def test_nothing_is_wished_when_the_chunk_is_dropped():
    player = ChunkPlayer(0.1, 10.0)
    player.start(chunk(0.1, 0.1, 10.0), NOTHING, 10.0)
    player.clear(10.3)
    assert player.target(10.3) is None


@pytest.mark.parametrize(
    "change",
    [
        {"actions": np.zeros((0, WIDTH), np.float32)},
        {"actions": np.zeros((2000, WIDTH), np.float32)},
        {"actions": np.zeros(WIDTH, np.float32)},
        {"actions": np.zeros((4, 14), np.float32)},
        {"actions": np.full((4, WIDTH), np.nan, np.float32)},
        {"actions": np.ones((4, WIDTH), np.float32)},
        {"dt_s": 0.0},
        {"dt_s": float("nan")},
        {"dt_s": 60.0},
        {"observation_time_s": float("inf")},
    ],
)
def test_chunk_is_refused_when_it_cannot_be_played(change):
    values = {"actions": np.zeros((4, WIDTH), np.float32), "dt_s": 0.1, "observation_time_s": 1.0, **change}
    with pytest.raises(EmbodimentError):
        check_chunk(ActionChunk(request_id=1, observation_sequence=1, **values), BODY)
