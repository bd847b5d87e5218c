"""What the hearing hands on: what was heard, what a screen shows of it, and who is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Heard:
    """What somebody said, as far as it was understood.

    Args:
        text: empty where only the stop word was heard, or nothing that makes sense.
        pcm: the sound, 16-bit at 16 kHz.
        stopped: the stop word was spotted in it, and has been acted on.
        alternatives: other readings, where the first is doubtful.
    """

    text: str
    confidence: float = 1.0
    pcm: bytes = b""
    stopped: bool = False
    alternatives: tuple[str, ...] = ()
    model: str = ""


@dataclass
class View:
    """What a screen shows of it; written by the hearing's thread, read by any."""

    speaking: bool = False
    talking: bool = False
    partial: str = ""
    model: str = ""
    fetching: float | None = None
    ready: bool = False
    trouble: str = ""


@dataclass(frozen=True)
class Ears:
    """Who is told what. All are called in threads of the hearing and must return at once.

    Args:
        heard: somebody said something.
        stop: the stop word, at once.
        barged_in: somebody speaks while the robot does.
        told: one sentence for the person.
        prompt: names of this home for the model.
        played: what the robot said while these samples came in, and whether it speaks at all.
        settled: what was said has been dealt with, words or none.
    """

    heard: Callable[[Heard], None]
    stop: Callable[[], None]
    barged_in: Callable[[], None] = lambda: None
    told: Callable[[str], None] = lambda words: None
    prompt: Callable[[], str] = lambda: ""
    played: Callable[[int, int], tuple[np.ndarray, bool]] = lambda first, count: (np.zeros(0, np.float32), False)
    settled: Callable[[], None] = lambda: None
