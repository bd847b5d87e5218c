"""A spoken sentence somewhere in a stretch of time, louder or softer, in a kitchen or a quiet room.

Everything happens on mel energies: sounds that sound together add their energies, which costs far less than samples.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from coach.speech.ears.espeak import Espeak
from coach.speech.ears.features import FRAMES_PER_SECOND, LOG_FLOOR, N_MELS, log_energies
from coach.speech.ears.noise import KINDS, kitchen_noise

_NOISE_S = 40.0
_STRETCHES = 3
_NOISY, _ECHOING, _THROAT = 0.8, 0.25, 0.09


@dataclass(frozen=True)
class Room:
    """Noises to choose from: energies float32[frames, 80] each, scaled to a mean of one."""

    noises: tuple[np.ndarray, ...]

    @classmethod
    def build(cls, seed: int, seconds: float = _NOISE_S) -> Room:
        return cls(_noises(seed, seconds))

    def mixed(self, energies: np.ndarray, lead: int, frames: int, random: np.random.Generator,
              snr_db: tuple[float, float] = (4.0, 35.0), throat: float = _THROAT) -> np.ndarray:  # fmt: skip
        """The sentence, `lead` frames after the start, with throat, level, tone, echo and noise drawn at random.

        Args:
            energies: float16[n, 80], log10; n may be 0, then there is noise alone.
            throat: by how much other throats may be longer or shorter, as a share.
        Returns:
            float32[frames, 80], log10.
        """
        power: np.ndarray = np.zeros((frames, N_MELS), np.float32)
        level = 1.0
        if len(energies):
            spoken = np.power(10, _other_throat(energies.astype(np.float32), throat, random), dtype=np.float32)
            loud = spoken.mean(axis=1)
            level = float(loud[loud > loud.max() / 1000].mean())
            power[lead : lead + len(spoken)] = spoken[: frames - lead]
            if random.random() < _ECHOING:
                power = _echoed(power, random)
        if random.random() < _NOISY or not len(energies):
            noise = self.noises[random.integers(len(self.noises))]
            start = random.integers(len(noise) - frames) if len(noise) > frames else 0
            stretch = np.resize(noise[start : start + frames], power.shape)
            power = power + stretch * (level * 10 ** (-random.uniform(*snr_db) / 10))
        tone = random.uniform(-0.4, 0.4) * np.linspace(-1, 1, N_MELS, dtype=np.float32)
        gain = random.uniform(-2.5, 0.8) - (0.0 if len(energies) else random.uniform(0, 3))
        return np.maximum(np.log10(np.maximum(power, 1e-12)) + tone + gain, LOG_FLOOR).astype(np.float32)


def _other_throat(log10: np.ndarray, most: float, random: np.random.Generator) -> np.ndarray:
    """The sentence as from a longer or shorter throat: bands moved by up to `most` (vocal tract perturbation)."""
    places = np.clip(np.arange(N_MELS) * random.uniform(1 - most, 1 + most), 0, N_MELS - 1.001)
    low = places.astype(int)
    share = (places - low).astype(np.float32)
    return log10[:, low] * (1 - share) + log10[:, low + 1] * share


def _echoed(power: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A tail that falls 60 dB in 0.15…0.6 s, 3…15 dB below the voice."""
    from scipy.signal import lfilter

    fall = 10 ** (-6 / (random.uniform(0.15, 0.6) * FRAMES_PER_SECOND))
    tail = lfilter([1 - fall], [1, -fall], power, axis=0).astype(np.float32)
    return power + tail * float(10 ** (-random.uniform(0.0, 1.2)))


@cache
def _noises(seed: int, seconds: float) -> tuple[np.ndarray, ...]:
    espeak = Espeak()
    made = []
    for index in range(_STRETCHES):
        for place, kind in enumerate(KINDS):
            sound = kitchen_noise(kind, seed * 1000 + index * 10 + place, seconds, espeak)
            energies = np.power(10, log_energies(sound), dtype=np.float32)
            made.append(energies / energies.mean())
    return tuple(made)
