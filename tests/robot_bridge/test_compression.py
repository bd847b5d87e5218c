"""Pictures travel as JPEG where that is faster, come out as what they were, and lies about them are refused."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from robot_bridge.compression import Compression
from robot_bridge.protocol.codec import Codec
from robot_bridge.protocol.errors import ProtocolError
from robot_bridge.protocol.jpeg import compress, decompress
from robot_bridge.protocol.messages import WIDTH, Observation

RAW_BYTES = 3 * 480 * 640 * 3
CODING_S = 9e-3


def scene(height: int = 96, width: int = 128) -> np.ndarray:
    """Smooth, with an edge in it, and with colours that differ in hue alone."""
    y, x = np.mgrid[:height, :width]
    picture = np.stack([x * 255 // width, y * 255 // height, (x + y) * 255 // (width + height)], -1).astype(np.uint8)
    picture[height // 3 : height // 2, width // 4 : width // 2] = (200, 30, 30)
    return picture


def seen(picture: np.ndarray) -> Observation:
    return Observation(sequence=1, time_s=1.0, state=np.zeros(WIDTH, np.float32), images={"base": picture})


def test_picture_looks_the_same_and_is_much_smaller_when_it_travels_as_jpeg():
    codec, picture = Codec(), scene()
    parts = codec.encode(seen(picture), jpeg_quality=90)
    assert sum(map(len, parts)) < picture.nbytes / 4
    arrived = codec.decode(parts).images["base"]
    error = arrived.astype(float) - picture
    assert arrived.shape == picture.shape and 10 * np.log10(255**2 / (error**2).mean()) > 34
    np.testing.assert_array_equal(codec.decode(codec.encode(seen(picture))).images["base"], picture)


def test_what_is_no_picture_stays_exact_when_pictures_travel_as_jpeg():
    state = np.linspace(0, 1, WIDTH, dtype=np.float32)
    message = Observation(sequence=1, time_s=1.0, state=state, images={"depth": np.arange(64, dtype=np.uint8)})
    arrived = Codec().decode(Codec().encode(message, jpeg_quality=10))
    np.testing.assert_array_equal(arrived.state, state)
    np.testing.assert_array_equal(arrived.images["depth"], np.arange(64, dtype=np.uint8))


def _png(picture: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\xff\xd8\xff", compress(scene(), 90)[:900], compress(scene(100, 128), 90), _png(scene()), b"\0" * 4000,
        compress(np.zeros((4000, 4000, 3), np.uint8), 10),
    ],
)  # fmt: skip
def test_file_is_refused_when_it_is_not_the_announced_picture(data):
    with pytest.raises(ProtocolError):
        decompress(data, (96, 128, 3))
    codec = Codec()
    header, state, _ = codec.encode(seen(scene()), jpeg_quality=90)
    with pytest.raises(ProtocolError):
        codec.decode([header, state, data])


def link(mbit: float, local: bool, quality: int = 90, messages: int = 12) -> Compression:
    """What is chosen on a line of this bandwidth and 2 ms there and back, and a policy that needs 50 ms."""
    choice = Compression(quality, local)
    choice.answered(300, 300, 0.002, 0.0)
    for _ in range(messages):
        sent_bytes, decoding_s = RAW_BYTES, 0.0
        if choice.quality:
            sent_bytes, decoding_s = RAW_BYTES // 5, 1.8 * CODING_S
            choice.compressed(RAW_BYTES, sent_bytes, CODING_S)
        choice.answered(RAW_BYTES, sent_bytes, 0.052 + sent_bytes * 8 / mbit / 1e6 + decoding_s, 0.05)
    return choice


@pytest.mark.parametrize(("mbit", "jpeg"), [(5, True), (20, True), (100, True), (1000, False), (50_000, False)])
@pytest.mark.parametrize("local", [True, False])
def test_jpeg_is_chosen_when_the_measured_bandwidth_calls_for_it(mbit, jpeg, local):
    choice = link(mbit, local)
    assert bool(choice.quality) is jpeg
    if mbit <= 100:
        assert choice.bandwidth_mbit == pytest.approx(mbit, rel=0.2)


def test_pictures_never_travel_as_jpeg_when_the_quality_is_zero():
    assert link(1, local=False, quality=0).quality == 0


def test_slow_policy_is_not_taken_for_a_slow_line_when_some_answers_waited():
    choice = link(50_000, local=True)
    for _ in range(3):
        choice.answered(RAW_BYTES, RAW_BYTES, 0.8, 0.05)
    assert choice.quality == 0


def test_jpeg_stays_chosen_when_compressing_had_to_wait_for_the_processor():
    choice = link(20, local=False)
    choice.compressed(RAW_BYTES, RAW_BYTES // 5, 2.0)
    choice.answered(RAW_BYTES, RAW_BYTES // 5, 0.3, 0.05)
    assert choice.quality == 90


def test_jpeg_is_tried_again_when_a_busy_processor_once_made_it_look_slow():
    choice = Compression(90, local=True)
    used = []
    for number in range(120):
        quality = choice.quality
        used.append(quality)
        sent_bytes, decoding_s = RAW_BYTES, 0.0
        if quality:
            coding_s = 1.0 if number < 30 else CODING_S
            sent_bytes, decoding_s = RAW_BYTES // 5, 1.8 * coding_s
            choice.compressed(RAW_BYTES, sent_bytes, coding_s)
        choice.answered(RAW_BYTES, sent_bytes, 0.052 + sent_bytes * 8 / 100e6 + decoding_s, 0.05)
    assert 90 in used[:8] and 0 in used[8:30], "too slow while the processor is busy"
    assert all(used[-40:]), "and the right thing afterwards"


def test_one_stall_at_the_very_first_does_not_end_it():
    choice = Compression(90, local=True)
    choice.answered(RAW_BYTES, RAW_BYTES, 1.2, 0.05)
    assert choice.quality == 90
    choice.compressed(RAW_BYTES, RAW_BYTES // 5, 2.0)
    choice.answered(RAW_BYTES, RAW_BYTES // 5, 0.3, 0.05)
    assert choice.quality == 90
