"""From a device's rate to ours, block by block, without a seam between the blocks."""

from __future__ import annotations

import numpy as np

from coach.speech.audio import RATE

HALF_WIDTH = 16  # zero crossings of the sinc on each side
PHASES = 512


class Resampler:
    """A windowed sinc, read at the fractions that the two rates need.

    Args: rate: of what comes in, in Hz.
    Source: J. O. Smith, Digital Audio Resampling, ccrma.stanford.edu/~jos/resample.
    """

    def __init__(self, rate: float, to: float = RATE) -> None:
        if rate <= 0:
            raise ValueError(f"a sample rate of {rate} Hz")
        self._step = rate / to
        cutoff = min(1.0, 1 / self._step) * 0.95
        self._half = int(np.ceil(HALF_WIDTH / cutoff))
        offsets = np.arange(-self._half + 1, self._half + 1)[None, :] - np.arange(PHASES)[:, None] / PHASES
        window = np.where(np.abs(offsets) < self._half, np.cos(np.pi * offsets / (2 * self._half)) ** 2, 0.0)
        taps = cutoff * np.sinc(cutoff * offsets) * window
        self._taps = (taps / taps.sum(axis=1, keepdims=True)).astype(np.float32)  # float32[phase, tap]
        self._held = np.zeros(self._half - 1, np.float32)
        self._at = 0.0  # the next output's place, counted from the first sample that has enough before it
        self._same = rate == to

    def feed(self, samples: np.ndarray) -> np.ndarray:
        """float32[n] at the device's rate → what is ready of it at ours."""
        if self._same:
            return samples
        held = np.concatenate((self._held, samples))
        last = len(held) - 2 * self._half  # the last place with enough samples after it
        count = int(np.floor((last - self._at) / self._step)) + 1 if last >= self._at else 0
        if count <= 0:
            self._held = held
            return np.zeros(0, np.float32)
        places = self._at + np.arange(count) * self._step
        whole = np.floor(places).astype(np.int64)
        phase = np.minimum(((places - whole) * PHASES + 0.5).astype(np.int64), PHASES - 1)
        rows = np.lib.stride_tricks.sliding_window_view(held, 2 * self._half)[whole]
        made: np.ndarray = np.einsum("nt,nt->n", rows, self._taps[phase])
        following = self._at + count * self._step
        dropped = min(int(following), len(held))
        self._held, self._at = held[dropped:], following - dropped
        return made

    def finish(self) -> np.ndarray:
        """What is left at the end, float32[n]."""
        return self.feed(np.zeros(0 if self._same else self._half, np.float32))
