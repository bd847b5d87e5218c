"""A kitchen's noises, made from numbers: water, fan, clatter, music, babble of voices. Seeded."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import numpy as np
from scipy.signal import butter, lfilter, sosfilt

from coach.speech.ears.espeak import SAMPLE_RATE_HZ, Espeak
from coach.speech.ears.sentences import training_sentence
from coach.speech.ears.voices import any_voice

Maker = Callable[[np.random.Generator, int], np.ndarray]  # → float64[count] at 16 kHz, of any loudness


def water(random: np.random.Generator, count: int) -> np.ndarray:
    """A running tap: hiss above 800 Hz that swells, and bubbles."""
    hiss = _band(random.standard_normal(count), random.uniform(500, 1200), random.uniform(5000, 7500))
    swell = 1 + 0.4 * _slow(random, count, 3.0)
    bubbles = np.zeros(count)
    for _ in range(max(1, count // 1600)):
        ping = _ping(random, random.uniform(400, 1800), random.uniform(0.005, 0.03))
        _add(bubbles, int(random.integers(count)), ping)
    return hiss * swell + 0.5 * bubbles


def fan(random: np.random.Generator, count: int) -> np.ndarray:
    """An extractor hood: mains harmonics and low rushing air."""
    time = np.arange(count) / SAMPLE_RATE_HZ
    base = random.uniform(45, 130)
    hum = sum(
        np.sin(2 * np.pi * base * k * time + random.uniform(0, 6)) * random.uniform(0.2, 1) / k for k in range(1, 9)
    )
    air = lfilter([1], [1, -random.uniform(0.9, 0.98)], random.standard_normal(count))
    return np.asarray(hum * random.uniform(0.2, 1.5) + air * (1 + 0.2 * _slow(random, count, 1.0)))


def clatter(random: np.random.Generator, count: int) -> np.ndarray:
    """Dishes and cutlery: short metallic rings over a quiet room."""
    sound = 0.01 * random.standard_normal(count)
    for _ in range(max(1, int(count / SAMPLE_RATE_HZ * random.uniform(1, 5)))):
        at = int(random.integers(count))
        for _ in range(random.integers(2, 7)):
            ring = _ping(random, random.uniform(600, 7000), random.uniform(0.01, 0.15))
            _add(sound, at + int(random.integers(0, 800)), ring * random.uniform(0.2, 1))
    return sound


def music(random: np.random.Generator, count: int) -> np.ndarray:
    """A radio: chords of a few harmonics, a new one every half second or so."""
    sound = np.zeros(count)
    at = 0
    while at < count:
        length = int(SAMPLE_RATE_HZ * random.uniform(0.2, 0.8))
        time = np.arange(length) / SAMPLE_RATE_HZ
        root = 110 * 2 ** (random.integers(0, 24) / 12)
        for step in (0, random.choice([3, 4]), 7):
            pitch = root * 2 ** (step / 12)
            tone = sum(np.sin(2 * np.pi * pitch * k * time) / k for k in range(1, 6))
            _add(sound, at, tone * np.exp(-time * random.uniform(1, 6)))
        at += length
    return sound


def hiss(random: np.random.Generator, count: int) -> np.ndarray:
    """A microphone's own noise, white to pink."""
    return np.asarray(lfilter([1], [1, -random.uniform(0, 0.9)], random.standard_normal(count)))


MAKERS: dict[str, Maker] = {"water": water, "fan": fan, "clatter": clatter, "music": music, "hiss": hiss}
KINDS = (*MAKERS, "babble")


def babble(seed: int, seconds: float, espeak: Espeak, *, voices: int = 5, held_out: bool = False) -> np.ndarray:
    """Several people talking at once somewhere else; the word "stop" is not among theirs. float32[n], RMS 1."""
    random = Random(seed)
    total = np.zeros(int(seconds * SAMPLE_RATE_HZ))
    for _ in range(voices):
        at, level = 0, random.uniform(0.3, 1)
        while at < len(total):
            voice = any_voice(random, held_out=held_out)
            spoken = espeak.say(talk(random), voice.name, words_per_minute=voice.words_per_minute, pitch=voice.pitch)
            _add(total, at, spoken.samples * level)
            at += len(spoken.samples) + random.randint(0, SAMPLE_RATE_HZ // 2)
    return unit(total)


def talk(random: Random) -> str:
    """A sentence of the household without any form of "stop"."""
    while "stop" in (sentence := training_sentence(random)):
        pass
    return sentence


def kitchen_noise(kind: str, seed: int, seconds: float, espeak: Espeak, *, held_out: bool = False) -> np.ndarray:
    """float32[n] at 16 kHz with RMS 1, of one of `KINDS`."""
    if kind == "babble":
        return babble(seed, seconds, espeak, held_out=held_out)
    return unit(MAKERS[kind](np.random.default_rng(seed), int(seconds * SAMPLE_RATE_HZ)))


def mixed(samples: np.ndarray, noise: np.ndarray, snr_db: float, seed: int) -> np.ndarray:
    """Speech over a random stretch of noise.

    Args:
        samples, noise: float32[n], the noise of RMS 1.
        snr_db: how far the noise lies below the speech where that is loud.

    Returns:
        float32[n], peak ≤ 1.
    """
    start = np.random.default_rng(seed).integers(max(1, len(noise) - len(samples)))
    stretch = np.resize(noise[start:], len(samples))
    sound = samples + stretch * speech_level(samples) * 10 ** (-snr_db / 20)
    return (sound / max(1.0, float(np.abs(sound).max()))).astype(np.float32)


def speech_level(samples: np.ndarray) -> float:
    """RMS of those 20 ms blocks of float[n] that are within 30 dB of the loudest."""
    blocks = samples[: len(samples) // 320 * 320].reshape(-1, 320)
    energy = (blocks**2).mean(axis=1)
    return float(np.sqrt(energy[energy >= energy.max() / 1000].mean())) if len(energy) else 0.0


def unit(sound: np.ndarray) -> np.ndarray:
    """float[n] scaled to RMS 1, as float32[n]."""
    return (sound / max(float(np.sqrt(np.mean(sound**2))), 1e-9)).astype(np.float32)


def _band(sound: np.ndarray, low_hz: float, high_hz: float) -> np.ndarray:
    return np.asarray(sosfilt(butter(2, (low_hz, high_hz), "bandpass", fs=SAMPLE_RATE_HZ, output="sos"), sound))


def _slow(random: np.random.Generator, count: int, rate_hz: float) -> np.ndarray:
    """A smooth random curve, -1…1, that turns about `rate_hz` times a second."""
    points = random.uniform(-1, 1, max(2, int(count / SAMPLE_RATE_HZ * rate_hz) + 2))
    return np.interp(np.linspace(0, len(points) - 1, count), np.arange(len(points)), points)


def _ping(random: np.random.Generator, pitch_hz: float, decay_s: float) -> np.ndarray:
    time = np.arange(int(decay_s * 5 * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    return np.sin(2 * np.pi * pitch_hz * time + random.uniform(0, 6)) * np.exp(-time / decay_s)


def _add(sound: np.ndarray, at: int, piece: np.ndarray) -> None:
    room = sound[at : at + len(piece)]
    room += piece[: len(room)]
