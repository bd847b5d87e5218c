"""WAV files of any size, block by block, as mono at our rate.

The standard library's `wave` refuses float samples and the extensible header that many recorders write, and its
sizes overflow past 2 GB; here a length that the header gets wrong is the file's own.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from coach.speech.audio import RATE, to_pcm
from coach.speech.resample import Resampler
from robot_bridge.protocol.errors import UsageError

BLOCK_S = 1.0
MAX_S = 4 * 3600.0
PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
CONVERT = "convert it: ffmpeg -i FILE -ac 1 -ar 16000 out.wav"


@dataclass(frozen=True)
class WavFile:
    """A file whose header has been read. Args: start: of the samples, in bytes; size: theirs, in bytes."""

    path: Path
    kind: int
    channels: int
    rate: int
    width: int
    start: int
    size: int

    @property
    def seconds(self) -> float:
        return self.size / (self.width * self.channels * self.rate)

    @classmethod
    def open(cls, path: Path) -> WavFile:
        """Raises: UsageError: it is missing, no WAV file, empty, too long, or of a kind that nobody records."""
        try:
            length = path.stat().st_size
            with path.open("rb") as file:
                found = _header(path, file, length)
        except OSError as error:
            raise UsageError(f"{path} cannot be read: {error.strerror}") from None
        if found.size < found.width * found.channels:
            raise UsageError(f"{path} holds no sound: it is 0 s long", next_step="record it again")
        if found.seconds > MAX_S:
            raise UsageError(f"{path} is {found.seconds / 3600:.1f} hours long", f"up to {MAX_S / 3600:g} hours",
                             "cut it into parts")  # fmt: skip
        return found

    def blocks(self) -> Iterator[np.ndarray]:
        """float32[n], mono at 16 kHz, about a second each."""
        resampler = Resampler(self.rate)
        frame = self.width * self.channels
        left = self.size - self.size % frame
        with self.path.open("rb") as file:
            file.seek(self.start)
            while left > 0 and (raw := file.read(min(left, frame * int(self.rate * BLOCK_S)))):
                left -= len(raw)
                raw = raw[: len(raw) - len(raw) % frame]
                mono = _decoded(raw, self.kind, self.width).reshape(-1, self.channels).mean(axis=1, dtype=np.float32)
                yield resampler.feed(np.nan_to_num(mono))
        yield resampler.finish()


def read_wav(path: Path) -> np.ndarray:
    """The whole of a short file, float32[n]. Raises: UsageError: as `WavFile.open`."""
    return np.concatenate(list(WavFile.open(path).blocks()))


def wav_bytes(samples: np.ndarray, rate: int = RATE) -> bytes:
    """A 16-bit mono WAV file. Args: samples: float32[n], −1 to 1; rate: in Hz."""
    pcm = to_pcm(samples)
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(pcm), b"WAVE", b"fmt ", 16, PCM, 1, rate, rate * 2, 2,
                       16, b"data", len(pcm))  # fmt: skip
    return head + pcm


def _header(path: Path, file: BinaryIO, length: int) -> WavFile:
    riff = file.read(12)
    if length == 0:
        raise UsageError(f"{path} is empty", "a WAV file", "record it again")
    if len(riff) < 12 or riff[:4] not in (b"RIFF", b"RF64") or riff[8:] != b"WAVE":
        raise UsageError(f"{path} is not a WAV file", "16 kHz WAV is best", CONVERT)
    form: tuple[int, int, int, int] | None = None
    while len(head := file.read(8)) == 8:
        name, size = head[:4], struct.unpack("<I", head[4:])[0]
        if name == b"fmt " and size >= 16:
            form = _form(path, file.read(size))
        elif name == b"data":
            if form is None:
                break
            start = file.tell()
            left = length - start
            return WavFile(path, *form, start=start, size=left if size in (0, 0xFFFFFFFF) else min(size, left))
        else:
            file.seek(size, 1)
        file.seek(size % 2, 1)  # parts begin at even places
    raise UsageError(f"{path} holds no sound: its header is broken off", next_step="record it again")


def _form(path: Path, raw: bytes) -> tuple[int, int, int, int]:
    kind, channels, rate, _, _, bits = struct.unpack("<HHIIHH", raw[:16])
    if kind == EXTENSIBLE and len(raw) >= 26:
        kind = struct.unpack("<H", raw[24:26])[0]
    known = (kind == PCM and bits in (8, 16, 24, 32)) or (kind == FLOAT and bits in (32, 64))
    if not known or not 1 <= channels <= 64 or not 4000 <= rate <= 384_000:
        raise UsageError(f"{path} holds sound of an unknown kind (format {kind}, {bits} bits, {channels} channels,"
                         f" {rate} Hz)", "PCM or float samples", CONVERT)  # fmt: skip
    return kind, channels, rate, bits // 8


def _decoded(raw: bytes, kind: int, width: int) -> np.ndarray:
    """float32[n], −1 to 1."""
    if kind == FLOAT:
        return np.frombuffer(raw, f"<f{width}").astype(np.float32)
    if width == 1:
        return (np.frombuffer(raw, np.uint8).astype(np.float32) - 128) / 128
    if width == 3:
        wide = np.zeros((len(raw) // 3, 4), np.uint8)
        wide[:, 1:] = np.frombuffer(raw, np.uint8).reshape(-1, 3)
        return wide.view("<i4")[:, 0].astype(np.float32) / np.float32(2**31)
    return np.frombuffer(raw, f"<i{width}").astype(np.float32) / np.float32(2 ** (8 * width - 1))
