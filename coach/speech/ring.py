"""The last seconds of sound, by sample number, so that nobody has to pass sound on to say which part is meant."""

from __future__ import annotations

import threading

import numpy as np

from coach.speech.audio import RATE, to_pcm

SECONDS = 40


class SoundRing:
    """Written by the microphone's thread, read by any."""

    def __init__(self) -> None:
        self._sound = np.zeros(SECONDS * RATE, np.float32)
        self._lock = threading.Lock()
        self._end = 0

    @property
    def end(self) -> int:
        """The number after the newest sample."""
        return self._end

    def write(self, first: int, samples: np.ndarray) -> None:
        """Args: first: number of the first sample; samples: float32[n]. What was missed before them is silence."""
        with self._lock:
            if first != self._end:
                self._sound[np.arange(max(self._end, first - len(self._sound)), first) % len(self._sound)] = 0.0
            self._sound[np.arange(first, first + len(samples)) % len(self._sound)] = samples
            self._end = first + len(samples)

    def pcm(self, start: int, end: int) -> bytes:
        """16-bit samples from `start` to `end`, as far as they are still, or already, there."""
        with self._lock:
            start, end = max(start, self._end - len(self._sound), 0), min(end, self._end)
            return to_pcm(self._sound[np.arange(start, max(start, end)) % len(self._sound)])
