"""WAV files as people have them, and those that are none."""

import struct

import numpy as np
import pytest

from coach.speech.audio import RATE, level_db
from coach.speech.resample import Resampler
from coach.speech.wav_file import WavFile, read_wav, wav_bytes
from robot_bridge.protocol.errors import UsageError


def tone(rate: int, seconds: float = 1.0, hertz: float = 440.0) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate)).astype(np.float32)


def raw_wav(data: bytes, kind: int, channels: int, rate: int, bits: int, size: int | None = None) -> bytes:
    width = channels * bits // 8
    form = struct.pack("<HHIIHH", 1 if kind == 1 else kind, channels, rate, rate * width, width, bits)
    head = b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt " + struct.pack("<I", 16) + form
    return head + b"LIST" + struct.pack("<I", 3) + b"abc\0data" + struct.pack("<I", size or len(data)) + data


def pitch_hz(samples: np.ndarray) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(samples)))) * RATE / len(samples)


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100, 48000, 96000])
def test_resampled_tone_keeps_pitch_and_loudness_when_it_comes_in_uneven_blocks(rate):
    resampler, whole = Resampler(rate), tone(rate)
    cuts = np.cumsum([1, 7, 480, 3, 2000, 513])
    made = np.concatenate([*(resampler.feed(part) for part in np.split(whole, cuts)), resampler.finish()])
    assert abs(len(made) - RATE) < 20
    assert abs(pitch_hz(made) - 440) < 2
    assert abs(level_db(made[800:-800]) - level_db(whole)) < 0.2


def test_what_lies_above_our_band_is_gone_when_a_fast_device_is_resampled():
    assert level_db(Resampler(96000).feed(tone(96000, hertz=20_000))[500:]) < -60


@pytest.mark.parametrize(
    ("kind", "bits", "encode"),
    [
        (1, 8, lambda x: (x * 127 + 128).astype(np.uint8).tobytes()),
        (1, 16, lambda x: (x * 32767).astype("<i2").tobytes()),
        (1, 24, lambda x: b"".join(struct.pack("<i", int(v * 2**23))[:3] for v in x)),
        (1, 32, lambda x: (x * (2**31 - 1)).astype("<i4").tobytes()),
        (3, 32, lambda x: x.astype("<f4").tobytes()),
    ],
)
def test_sound_is_the_same_when_it_is_written_in_another_kind(tmp_path, kind, bits, encode):
    path = tmp_path / "a.wav"
    path.write_bytes(raw_wav(encode(np.repeat(tone(RATE, 0.1), 2)), kind, 2, RATE, bits))
    assert np.abs(read_wav(path) - tone(RATE, 0.1)).max() < 0.02


def test_stereo_at_96_khz_is_read_block_by_block_when_it_is_long(tmp_path):
    path = tmp_path / "a.wav"
    sound = np.repeat((tone(96_000, 3.0) * 32767).astype("<i2"), 2).tobytes()
    path.write_bytes(raw_wav(sound, 1, 2, 96_000, 16, size=0xFFFFFFFF))  # a recorder that was cut off
    found = WavFile.open(path)
    blocks = list(found.blocks())
    assert found.seconds == 3.0 and len(blocks) > 2
    assert abs(pitch_hz(np.concatenate(blocks)) - 440) < 2


def test_what_is_written_is_read_again():
    sound = tone(RATE, 0.05)
    assert np.abs(np.frombuffer(wav_bytes(sound)[44:], "<i2") / 32768 - sound).max() < 1e-3


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"ID3\x03 this is music", "not a WAV file"),
        (b"RIFF\x04\0\0\0WAVE", "broken off"),
        (raw_wav(b"", 1, 1, RATE, 16), "0 s long"),
        (raw_wav(b"\0" * 64, 6, 1, RATE, 8), "unknown kind"),
    ],
)
def test_one_sentence_is_told_when_the_file_is_no_sound(tmp_path, content, words):
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=words):
        read_wav(path)


def test_two_gigabytes_are_refused_at_once_when_they_are_hours(tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(raw_wav(b"", 1, 1, RATE, 16, size=2**31))
    with path.open("r+b") as file:
        file.truncate(2**31 + 64)  # sparse: no disk is used
    with pytest.raises(UsageError, match=r"18\.6 hours"):
        WavFile.open(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"gone\.wav cannot be read"):
        read_wav(tmp_path / "gone.wav")
