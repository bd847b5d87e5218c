"""Samples as everything here passes them around: float32[n], mono, 16 kHz, −1 to 1."""

from __future__ import annotations

import math

import numpy as np

RATE = 16_000  # samples a second
CHUNK = 512  # samples; what silero-vad takes at a time, 32 ms
SILENT_DB = -100.0
CLIPPED = 0.999


def level_db(samples: np.ndarray) -> float:
    """Loudness of float32[n] in dB relative to full scale: 0 is the loudest, `SILENT_DB` nothing at all."""
    if not len(samples):
        return SILENT_DB
    power = float(np.dot(samples, samples)) / len(samples)
    return max(SILENT_DB, 10 * math.log10(power)) if power > 0 else SILENT_DB


def clipped_share(samples: np.ndarray) -> float:
    """How much of float32[n] lies at full scale, 0 to 1."""
    return float(np.mean(np.abs(samples) >= CLIPPED)) if len(samples) else 0.0


def to_pcm(samples: np.ndarray) -> bytes:
    """float32[n], −1 to 1, as 16-bit little-endian; what is louder is clipped."""
    return np.clip(np.rint(samples * 32768), -32768, 32767).astype("<i2").tobytes()


def from_pcm(pcm: bytes) -> np.ndarray:
    """float32[n] of 16-bit little-endian."""
    return np.frombuffer(pcm, "<i2").astype(np.float32) / np.float32(32768)
