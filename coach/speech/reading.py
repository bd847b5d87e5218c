"""From sound to words that somebody said: a reading, what it is worth, and other readings where that is little."""

from __future__ import annotations

import time

import numpy as np

from coach.speech.audio import RATE, level_db
from coach.speech.engine import LONGEST_S, Engine, Reading
from coach.speech.filters import Evidence, cleaned, plain, why_dropped
from coach.speech.messages import Segment, Written

LOUD_S = 0.2  # the loudest so much decides whether anybody spoke
WARMTH = 0.5  # temperature of other readings


def write_down(engine: Engine, audio: np.ndarray, *, request: int = 0, language: str = "en", prompt: str = "",
               alternatives: int = 0) -> Written:  # fmt: skip
    """Args: audio: float32[n] at 16 kHz; what is longer than 28 s is cut off; alternatives: how many more readings."""
    start_s = time.perf_counter()
    audio = audio[: int(LONGEST_S * RATE)]
    if len(audio) < RATE // 20:
        return Written(request=request, text="", confidence=0.0, dropped="nothing")
    reading = engine.read(audio, language, prompt)
    text = cleaned(reading.text)
    why = why_dropped(text, evidence(reading, audio, prompt))
    others = _others(engine, audio, language, prompt, text, alternatives) if not why else ()
    length_s = len(audio) / RATE
    return Written(
        request=request, text="" if why else text, confidence=round(reading.confidence, 4), dropped=why,
        alternatives=others, language=reading.language, seconds=round(time.perf_counter() - start_s, 4),
        segments=() if why else (Segment(start_s=0.0, end_s=round(length_s, 3), text=text),),
    )  # fmt: skip


def evidence(reading: Reading, audio: np.ndarray, prompt: str) -> Evidence:
    return Evidence(reading.no_speech, reading.log_probability, reading.compression, loudest_db(audio), prompt)


def loudest_db(audio: np.ndarray) -> float:
    """Of the loudest 200 ms of float32[n], in dB relative to full scale."""
    width = int(LOUD_S * RATE)
    return max(level_db(audio[i : i + width]) for i in range(0, max(1, len(audio) - width // 2), width // 2))


def _others(engine: Engine, audio: np.ndarray, language: str, prompt: str, text: str, count: int) -> tuple[str, ...]:
    found: dict[str, str] = {plain(text): text}
    for _ in range(count):
        other = cleaned(engine.read(audio, language, prompt, WARMTH).text)
        if other:
            found.setdefault(plain(other), other)
    return tuple(found.values())[1:]
