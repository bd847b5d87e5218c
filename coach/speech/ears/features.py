"""Energies in Whisper's 80 mel bands every 10 ms, kept so that sounds can be mixed afterwards by adding energies."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path

import numpy as np

SAMPLE_RATE_HZ, N_FFT, HOP, N_MELS = 16_000, 400, 160, 80
FRAMES_PER_SECOND = SAMPLE_RATE_HZ // HOP
LOG_FLOOR = -10.0  # log10 of the least energy, as whisper/audio.py clamps it


@cache
def mel_filters() -> np.ndarray:
    """float32[80, 201], read from the whisper package without importing torch."""
    spec = importlib.util.find_spec("whisper")
    assert spec is not None and spec.origin is not None, "openai-whisper is a dependency"
    with np.load(Path(spec.origin).parent / "assets" / "mel_filters.npz", allow_pickle=False) as arrays:
        return np.asarray(arrays["mel_80"], np.float32)


@cache
def window() -> np.ndarray:
    """float32[400], periodic Hann as `torch.hann_window`."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(N_FFT) / N_FFT)).astype(np.float32)


def frame_energies(samples: np.ndarray) -> np.ndarray:
    """Mel energies of whole windows, nothing padded.

    Args:
        samples: float32[400 + 160 (k - 1)].
    Returns:
        float32[k, 80].
    """
    from scipy.fft import rfft

    frames = np.lib.stride_tricks.sliding_window_view(samples, N_FFT)[::HOP]
    spectrum = rfft(frames * window(), axis=-1)
    power = spectrum.real**2 + spectrum.imag**2
    return power.astype(np.float32) @ mel_filters().T


def log_energies(samples: np.ndarray) -> np.ndarray:
    """log10 mel energies with frame i centred on sample 160 i, silence on both sides: float32[n // 160, 80]."""
    count = len(samples) // HOP
    if count == 0:
        return np.zeros((0, N_MELS), np.float32)
    padded = np.pad(samples, (N_FFT // 2, N_FFT // 2))[: N_FFT + HOP * (count - 1)]
    return np.log10(np.maximum(frame_energies(padded), 10**LOG_FLOOR))


def whisper_input(log10: np.ndarray) -> np.ndarray:
    """log10 energies [..., frames, 80] → what Whisper's encoder takes (whisper/audio.py: log_mel_spectrogram)."""
    top = log10.max(axis=(-1, -2), keepdims=True)
    return (np.maximum(log10, top - 8.0) + 4.0) / 4.0
