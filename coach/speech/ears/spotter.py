"""Hears the word "stop" in a stream of samples, before any transcript: a small causal network, run with NumPy.

It was trained on synthetic voices (`coach ears train spotter`). It knows that one word: other ways to stop come with
the transcript.
Every 20 ms it says how likely it is that a "stop" has just ended; three such in a row above the threshold are a hit.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from coach.speech.ears.features import HOP, LOG_FLOOR, N_FFT, N_MELS, SAMPLE_RATE_HZ, frame_energies
from coach.speech.ears.paths import SPOTTER
from robot_bridge.protocol.errors import CoachError

KERNEL, STRIDE, DILATIONS = 3, 2, (1, 2, 4, 8, 2, 4)
BANDS = N_MELS // 2
SMOOTHED, QUIET_AFTER_HIT_S = 3, 0.8
_LONGEST_FEED = SAMPLE_RATE_HZ * 10


class SpotterError(CoachError):
    """The spotter's file is missing or damaged, or what it was fed is no sound."""


@dataclass(frozen=True)
class Hit:
    """Args: time_s: since the first sample of the stream. score: 0…1."""

    time_s: float
    score: float


class StopSpotter:
    """One stream; make another one for another stream."""

    def __init__(self, weights: dict[str, np.ndarray]) -> None:
        self._weights = weights
        self._threshold = float(weights["threshold"][0])
        kernels = [weights[f"layers.{layer}.weight"] for layer in range(len(DILATIONS))]  # each [out, in, tap]
        self._kernels = [np.ascontiguousarray(each.transpose(2, 1, 0).reshape(-1, len(each))) for each in kernels]
        self._enter = np.ascontiguousarray(weights["enter.weight"].transpose(1, 2, 0).reshape(-1, len(kernels[0])))
        self.reset()

    @classmethod
    def load(cls, path: Path = SPOTTER) -> StopSpotter:
        """Raises:
        SpotterError: the file is missing or not a spotter.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        try:
            weights = {name: np.asarray(value, np.float32) for name, value in load_file(path).items()}
            spotter = cls(weights)
            spotter.feed(np.zeros(SAMPLE_RATE_HZ // 2, np.float32))
        except (OSError, SafetensorError, KeyError, ValueError, IndexError) as error:
            raise SpotterError(
                f"'{path}' is no model of the stop word ({type(error).__name__})",
                next_step="install robot-coach again, or `coach ears train spotter`",
            ) from None
        spotter.reset()
        return spotter

    def reset(self) -> None:
        """Forget what was heard; times count from here."""
        channels = len(self._weights["enter.bias"])
        self._samples = np.zeros(0, np.float32)
        self._frames = np.full((KERNEL + 1, BANDS), _shaped(np.zeros(BANDS)), np.float32)
        self._kept = [np.zeros(((KERNEL - 1) * dilation, channels), np.float32) for dilation in DILATIONS]
        self._scores = [0.0] * (SMOOTHED - 1)
        self._frames_seen = 0
        self._quiet_until_s = 0.0

    def feed(self, samples: np.ndarray) -> list[Hit]:
        """Listen on; any number of samples at a time.

        Args:
            samples: float32[n], 16 kHz, mono, -1…1.
        Raises:
            SpotterError: not one-dimensional.
        """
        samples = np.asarray(samples, np.float32)
        if samples.ndim != 1:
            raise SpotterError(f"the spotter takes float32[n], not shape {samples.shape}")
        hits: list[Hit] = []
        for start in range(0, len(samples), _LONGEST_FEED):
            hits += self._feed(np.nan_to_num(samples[start : start + _LONGEST_FEED], posinf=0.0, neginf=0.0))
        return hits

    def _feed(self, samples: np.ndarray) -> list[Hit]:
        self._samples = np.concatenate([self._samples, samples])
        count = ((len(self._samples) - N_FFT) // HOP + 1) // STRIDE * STRIDE
        if count <= 0:
            return []
        energies = frame_energies(self._samples[: N_FFT + HOP * (count - 1)])
        self._samples = self._samples[HOP * count :]
        hits = []
        for step, score in enumerate(self._smoothed(self._probabilities(bands(energies))), 1):
            time_s = ((self._frames_seen + step * STRIDE - 1) * HOP + N_FFT) / SAMPLE_RATE_HZ
            if score >= self._threshold and time_s >= self._quiet_until_s:
                hits.append(Hit(round(time_s, 3), round(score, 3)))
                self._quiet_until_s = time_s + QUIET_AFTER_HIT_S
        self._frames_seen += count
        return hits

    def _probabilities(self, frames: np.ndarray) -> np.ndarray:
        """float32[2 k, BANDS] → float32[k]; goes on from what earlier frames left."""
        weights = self._weights
        whole = np.concatenate([self._frames, frames])
        self._frames = whole[-(KERNEL + 1) :]
        windows = np.stack([whole[tap + 2 : tap + 2 + len(frames) : STRIDE] for tap in range(KERNEL + 1)], axis=-1)
        x = np.maximum(windows.reshape(len(windows), -1) @ self._enter + weights["enter.bias"], 0)
        for layer, dilation in enumerate(DILATIONS):
            whole = np.concatenate([self._kept[layer], x])
            self._kept[layer] = whole[len(x) :]
            taps = np.concatenate([whole[tap * dilation : tap * dilation + len(x)] for tap in range(KERNEL)], axis=1)
            x = x + np.maximum(taps @ self._kernels[layer] + weights[f"layers.{layer}.bias"], 0)
        logits = x @ weights["stop.weight"][0] + weights["stop.bias"][0]
        return np.asarray(1 / (1 + np.exp(-np.clip(logits, -30, 30))), np.float32)

    def _smoothed(self, scores: np.ndarray) -> list[float]:
        """The mean of each score and the two before it."""
        whole = [*self._scores, *map(float, scores)]
        self._scores = whole[-(SMOOTHED - 1) :]
        return [sum(whole[index : index + SMOOTHED]) / SMOOTHED for index in range(len(scores))]


def bands(energies: np.ndarray) -> np.ndarray:
    """Mel energies [..., 80] → what the network takes, [..., 40]."""
    return _shaped(energies[..., 0::2] + energies[..., 1::2])


def _shaped(energies: np.ndarray) -> np.ndarray:
    return ((np.log10(np.maximum(energies, 10 ** (LOG_FLOOR + 2))) + 3.0) / 3.0).astype(np.float32)
