"""The robot's own voice, taken out of what the microphone hears.

A filter learns how what is played comes back (loudspeaker, room, microphone) and subtracts it. What is left counts as
a person only where it is clearly louder than what such a subtraction usually leaves; all else is silence.

Source: partitioned frequency-domain adaptive filter, S. Haykin, Adaptive Filter Theory, ch. 8; Soo & Pang, 1990.
"""

from __future__ import annotations

import numpy as np

from coach.speech.audio import CHUNK

PARTS = 12  # of a chunk each: 384 ms from the loudspeaker's clock to the microphone's
STEP = 0.5
STEP_WITH_PERSON = 0.02  # a person is no echo to learn from, but a moved microphone must not be taken for one
LEARNING_CHUNKS = 12  # of the robot's voice, before a person can be told from it
TIMES_LOUDER = 6.0  # in power, over what is usually left
HOLD_CHUNKS = 10  # a person's pauses between syllables
AUDIBLE = 1e-7  # mean power, -70 dB
LOOKED_AT = 8  # chunks of what is left that are compared with what was played
ALIKE = 0.34  # correlation at which what is left is the robot after all, by another way: a filter to be learnt anew


class EchoCanceller:
    """Chunk by chunk; what it has learnt stays between sentences."""

    def __init__(self) -> None:
        bins = CHUNK + 1
        self._filter = np.zeros((PARTS, bins), np.complex128)
        self._past = np.zeros((PARTS, bins), np.complex128)  # spectra of what was played, the newest first
        self._before = np.zeros(CHUNK)
        self._power = np.full(bins, 1e-3)
        self._learnt = 0
        self._leak = 1.0  # power left over power of the echo
        self._echo_power = 0.0
        self._person_for = 0
        self._left = np.zeros(LOOKED_AT * CHUNK)
        self._said = np.zeros((PARTS + LOOKED_AT) * CHUNK)

    @property
    def person(self) -> bool:
        """Somebody speaks besides the robot."""
        return self._person_for > 0

    def clean(self, heard: np.ndarray, played: np.ndarray) -> np.ndarray:
        """Args: heard: float32[512]; played: of the same time, shorter or empty where the robot has fallen silent."""
        if len(heard) != CHUNK:
            return np.zeros_like(heard)
        echo, error = self._subtract(heard, played)
        self._judge(heard, echo, error)
        self._learn(error)
        known = self.person and bool(np.any(self._said))  # else: better deaf for a moment than hear oneself
        return error.astype(np.float32) if known else np.zeros(CHUNK, np.float32)

    def _subtract(self, heard: np.ndarray, played: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        now = np.zeros(CHUNK)
        now[: len(played)] = played[:CHUNK]
        spectrum = np.fft.rfft(np.concatenate((self._before, now)))
        self._before = now
        self._said = np.concatenate((self._said[CHUNK:], now))
        self._past = np.concatenate((spectrum[None], self._past[:-1]))
        self._power = 0.9 * self._power + 0.1 * np.sum(np.abs(self._past) ** 2, axis=0)
        echo = np.fft.irfft(np.sum(self._filter * self._past, axis=0))[CHUNK:]
        error = heard - echo
        self._left = np.concatenate((self._left[CHUNK:], error))
        return echo, error

    def _judge(self, heard: np.ndarray, echo: np.ndarray, error: np.ndarray) -> None:
        left, total = float(np.mean(error**2)), float(np.mean(heard**2))
        self._echo_power = max(float(np.mean(echo**2)), 0.8 * self._echo_power)
        if self._learnt < LEARNING_CHUNKS:
            self._learnt += total > AUDIBLE and bool(np.any(self._before))
            return
        expected = self._leak * self._echo_power + AUDIBLE
        if left > TIMES_LOUDER * expected:
            if self._is_echo():  # the device has skipped, or the microphone was moved
                self._learnt = self._person_for = 0
            else:
                self._person_for = HOLD_CHUNKS
            return
        self._person_for = max(0, self._person_for - 1)
        if self._echo_power > AUDIBLE and not self.person:
            self._leak = float(np.clip(0.95 * self._leak + 0.05 * left / self._echo_power, 1e-3, 1.0))

    def _is_echo(self) -> bool:
        """What is left sounds like what was played, at whatever delay: normalised cross-correlation.

        Of the differences between samples: two voices have their loud low tones in common.
        """
        said, left = np.diff(self._said), np.diff(self._left)
        size = 1 << int(np.ceil(np.log2(len(said) + len(left))))
        match = np.fft.irfft(np.fft.rfft(said, size) * np.conj(np.fft.rfft(left, size)), size)
        energy = np.cumsum(np.concatenate(([0.0], said**2)))
        powers = energy[len(left) :] - energy[: -len(left)]
        alike = np.abs(match[: len(powers)]) / np.sqrt(powers * np.sum(left**2) + 1e-9)
        return bool(np.max(alike) > ALIKE)

    def _learn(self, error: np.ndarray) -> None:
        if not np.any(self._past):
            return
        step = STEP_WITH_PERSON if self.person else STEP
        spectrum = np.fft.rfft(np.concatenate((np.zeros(CHUNK), error)))
        self._filter += step * np.conj(self._past) * (spectrum / (self._power + 1e-3))
        shape = np.fft.irfft(self._filter, axis=1)
        shape[:, CHUNK:] = 0  # a filter, not a circle
        self._filter = np.fft.rfft(shape, axis=1)


ECHO_TAIL = PARTS * CHUNK  # samples after the robot's last one in which its voice may still come in
