"""The wire benchmark measures what it says: every path returns the server's own answer, and ratios are peer ÷ ours."""

import numpy as np
import pytest

from coach.bench import wire
from coach.bench.wire_copies import copies
from coach.bench.wire_lerobot import CHUNK_BYTES, _content, _pieces
from coach.bench.wire_lines import line
from coach.bench.wire_payload import THOUGHT, answer, payload
from robot_bridge.protocol.security.key_files import make_pair
from robot_bridge.protocol.shared_frames import available


def test_payload_is_what_the_issue_asks_for():
    for size, shape in (("a", (224, 224, 3)), ("b", (480, 640, 3))):
        seen = payload(size)
        assert {picture.shape for picture in seen.images.values()} == {shape} and len(seen.images) == 3
        assert seen.state.shape == (38,)
    assert answer().shape == (50, 38) and answer().dtype == np.float32 and len(THOUGHT.encode()) >= 170


@pytest.mark.parametrize("name", ["shared_curve", "tcp", "gr00t"])
def test_path_answers_when_it_is_asked(name, tmp_path):
    """The client itself compares the answers with what its server sends."""
    if name == "gr00t":
        pytest.importorskip("msgpack")
    make_pair(tmp_path / "keys")
    with line(name, str(tmp_path / "keys")) as asked:
        for size in ("a", "b"):
            assert len(asked.ask(size, 2)["us"]) == 2


def test_slow_line_delays_and_jpeg_is_chosen_on_it(tmp_path):
    make_pair(tmp_path / "keys")
    mbit, delay_ms = 20.0, 20.0
    times = {}
    for name in ("tcp_curve", "jpeg"):
        with line(name, str(tmp_path / "keys"), (mbit, delay_ms)) as asked:
            told = asked.ask("photo_a", 4)
            times[name] = min(told["us"]) / 1e3
    raw_ms = 3 * 224 * 224 * 3 * 8 / mbit / 1e3
    assert raw_ms + delay_ms < times["tcp_curve"] < 1.5 * (raw_ms + delay_ms)
    assert told["pictures"].startswith("JPEG") and 10 < told["mbit"] < 30
    assert delay_ms < times["jpeg"] < 0.7 * times["tcp_curve"]


@pytest.mark.skipif(not available(), reason="shared frames need memfd and /proc, which Linux has")
@pytest.mark.parametrize("size", ["a", "b"])
def test_pictures_are_copied_twice_when_they_are_shared(size):
    assert copies(size) == 2


@pytest.mark.parametrize("size", [0, 1, 200, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
def test_stream_is_whole_again_when_it_was_cut_in_pieces(size):
    data = bytes(range(256)) * (size // 256 + 1)
    assert b"".join(_content(piece) for piece in _pieces(data[:size])) == data[:size]


def test_ratios_are_taken_within_each_round():
    medians = {"shared": [1.0, 10.0, 2.0], "tcp": [2.0, 20.0, 4.0], "gr00t": [4.0, 40.0, 8.0]}
    medians |= {"shared_curve": [1.0, 1.0, 1.0], "tcp_curve": [1.0, 1.0, 1.0]}
    rows = {row.name: row for row in wire.ratios("a", medians)}
    ratio = rows["(a) 3×224×224×3, GR00T-style REQ/REP ÷ shared memory"]
    assert (ratio.median, ratio.p95, ratio.unit) == (4.0, 4.0, "×")
    assert not any("openpi" in name for name in rows), "what was not measured has no row"
