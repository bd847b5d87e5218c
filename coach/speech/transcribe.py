"""A whole recording to words: where somebody speaks, and what. Of any length; one piece is in memory at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from coach.speech.audio import CHUNK, RATE, clipped_share
from coach.speech.engine import Engine
from coach.speech.listener import Voice
from coach.speech.messages import Ended, Segment
from coach.speech.reading import write_down
from coach.speech.segmenter import Segmenter, Timing

PIECES = Timing(pause_s=0.2, silence_s=0.6, longest_s=24.0, preroll_s=0.4)
HELD_S = 30  # sound that is remembered while a piece is being found
CLIPPED = 0.01


@dataclass(frozen=True)
class Transcript:
    """Args: seconds: that it took; length_s: of the sound; clipped: 0 to 1, how much of it is at full scale."""

    text: str
    segments: tuple[Segment, ...]
    model: str
    seconds: float
    length_s: float
    clipped: float


def transcribe(blocks: Iterable[np.ndarray], engine: Engine, voice: Voice, language: str, prompt: str = "",
               progress: Callable[[float], None] = lambda second: None) -> Transcript:  # fmt: skip
    """Args: blocks: float32[n] at 16 kHz; progress: gets the second that has been reached."""
    start_s = time.perf_counter()
    segments: list[Segment] = []
    seen = _Seen()
    for piece, sound in pieces(seen.counted(blocks), voice):
        written = write_down(engine, sound, language=language, prompt=prompt)
        if written.text:
            segments.append(Segment(start_s=round(piece.start / RATE, 3), end_s=round(piece.end / RATE, 3),
                                    text=written.text))  # fmt: skip
        progress(piece.end / RATE)
    text = " ".join(segment.text for segment in segments)
    took_s = round(time.perf_counter() - start_s, 3)
    return Transcript(text, tuple(segments), engine.model, took_s, seen.samples / RATE,
                      seen.clipped / max(1, seen.samples))  # fmt: skip


def pieces(blocks: Iterable[np.ndarray], voice: Voice) -> Iterator[tuple[Ended, np.ndarray]]:
    """Each stretch of speech with its sound, float32[n] at 16 kHz. Args: blocks: float32[n] each, of any length."""
    segmenter, held, first, done = Segmenter(PIECES), np.zeros(0, np.float32), 0, 0
    silence = np.zeros(RATE, np.float32)  # ends what is still being said at the end
    for block in _with_end(blocks, silence):
        held = np.concatenate((held, block))
        while first + len(held) - done >= CHUNK:
            chunk = held[done - first : done - first + CHUNK]
            done += CHUNK
            for event in segmenter.feed(done, voice.probability(chunk)):
                if isinstance(event, Ended):
                    yield event, held[max(0, event.start - first) : event.end - first]
        spare = len(held) - HELD_S * RATE
        if spare > 0:
            held, first = held[spare:], first + spare


def _with_end(blocks: Iterable[np.ndarray], end: np.ndarray) -> Iterator[np.ndarray]:
    yield from blocks
    yield end


class _Seen:
    """Counts what goes by."""

    def __init__(self) -> None:
        self.samples = 0
        self.clipped = 0.0

    def counted(self, blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        for block in blocks:  # float32[n]
            self.samples += len(block)
            self.clipped += clipped_share(block) * len(block)
            yield block
