"""The wire benchmark measures what it says: every path returns the server's own answer, and ratios are peer ÷ ours."""

import numpy as np
import pytest

from coach.bench import wire
from coach.bench.wire_lerobot import CHUNK_BYTES, _content, _pieces
from coach.bench.wire_payload import THOUGHT, answer, payload
from robot_bridge.protocol.security.key_files import make_pair


def test_payload_is_what_the_issue_asks_for():
    for size, shape in (("a", (224, 224, 3)), ("b", (480, 640, 3))):
        seen = payload(size)
        assert {picture.shape for picture in seen.images.values()} == {shape} and len(seen.images) == 3
        assert seen.state.shape == (38,)
    assert answer().shape == (50, 38) and answer().dtype == np.float32 and len(THOUGHT.encode()) >= 170


@pytest.mark.parametrize("name", ["shared_curve", "tcp", "gr00t"])
def test_answer_comes_back_whole_when_a_path_is_asked(name, tmp_path):
    if name == "gr00t":
        pytest.importorskip("msgpack")
    make_pair(tmp_path / "keys")
    with wire._line(name, str(tmp_path / "keys")) as line:
        for size in ("a", "b"):
            np.testing.assert_array_equal(line.client.round_trip(payload(size)), answer())


@pytest.mark.parametrize("size", [0, 1, 200, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
def test_stream_is_whole_again_when_it_was_cut_in_pieces(size):
    data = bytes(range(256)) * (size // 256 + 1)
    assert b"".join(_content(piece) for piece in _pieces(data[:size])) == data[:size]


def test_ratios_are_taken_within_each_round():
    medians = {"shared": [1.0, 10.0, 2.0], "tcp": [2.0, 20.0, 4.0], "gr00t": [4.0, 40.0, 8.0]}
    medians |= {"shared_curve": [1.0, 1.0, 1.0], "tcp_curve": [1.0, 1.0, 1.0]}
    rows = {row.name: row for row in wire._rows("a", medians)}
    ratio = rows["(a) 3×224×224×3, GR00T-style REQ/REP ÷ shared memory"]
    assert (ratio.median, ratio.p95, ratio.unit) == (4.0, 4.0, "×")
    assert not any("openpi" in name for name in rows), "what was not measured has no row"
