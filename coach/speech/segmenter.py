"""Where speech begins and ends, from one voice probability a chunk. No audio, no model: only the rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from coach.speech.audio import CHUNK, RATE
from coach.speech.messages import Ended, Onset, Paused, Resumed

ON, OFF = 0.5, 0.35  # probability at which speech begins, and below which it has paused
ONSET_CHUNKS = 2  # so many of the last three: a click is no speech
PATIENCE = 2.0  # times the usual silence, for somebody who looks for the next word
TAIL_S = 0.2  # sound kept after the last voiced chunk
HELD_LONGEST_S = 28.0  # of push-to-talk: whisper hears 30 s at most

SegmentEvent = Onset | Paused | Resumed | Ended


@dataclass(frozen=True)
class Timing:
    """
    Args:
        pause_s: after so much silence the words so far are worth reading.
        silence_s: so much silence ends it.
        longest_s: it is cut off after so long.
        preroll_s: so much before the first sound belongs to it.
    """

    pause_s: float = 0.2
    silence_s: float = 0.8
    longest_s: float = 8.0
    preroll_s: float = 0.6


class Segmenter:
    """Times are sample numbers of the stream."""

    def __init__(self, timing: Timing) -> None:
        self.timing = timing
        self._number = 0
        self._recent: list[bool] = []
        self._floor = 0  # nothing before it belongs to the next segment
        self._start = -1  # of the segment that is open, -1 where none is
        self._voiced_to = 0
        self._paused = False
        self._held = False
        self._patient = False

    @property
    def speaking(self) -> bool:
        return self._start >= 0

    def feed(self, end: int, probability: float) -> Iterator[SegmentEvent]:
        """Args: end: the number of the sample after the chunk; probability: that it holds voice."""
        voiced = probability >= (OFF if self.speaking else ON)
        self._recent = [*self._recent[-2:], voiced]
        if not self.speaking:
            if sum(self._recent) >= ONSET_CHUNKS:
                yield self._begin(end - len(self._recent) * CHUNK - self._samples(self.timing.preroll_s), end)
            return
        if voiced:
            self._voiced_to = end
            if self._paused:
                self._paused = self._patient = False
                yield Resumed(segment=self._number)
        silence = end - self._voiced_to
        if not self._paused and silence >= self._samples(self.timing.pause_s):
            self._paused = True
            yield Paused(segment=self._number, start=self._start, end=self._cut())
        if not self._held and silence >= self._samples(self._silence_s()):
            yield self._end(self._cut(), "silence")
        elif end - self._start >= self._samples(HELD_LONGEST_S if self._held else self._longest_s()):
            yield self._end(end, "too long")

    def hold(self, now: int) -> Iterator[SegmentEvent]:
        """The talk key was pressed: all from here on is meant, silence or not."""
        if self.speaking:
            self._held = True
            return
        onset = self._begin(now - self._samples(self.timing.preroll_s), now)
        self._held = True
        yield onset

    def release(self, now: int) -> Iterator[SegmentEvent]:
        """The talk key was pressed again."""
        if self.speaking:
            yield self._end(now, "released")
        self._held = False

    def finish(self, segment: int) -> Iterator[SegmentEvent]:
        """The words so far were complete. What has been said since the pause begins a segment of its own."""
        if not self.speaking or segment != self._number or self._held:
            return
        if self._paused:
            yield self._end(self._cut(), "complete")
        else:
            resumed = self._voiced_to
            yield self._end(resumed, "complete")
            yield self._begin(resumed - self._samples(self.timing.preroll_s), resumed)

    def wait(self, segment: int) -> None:
        """The words so far end in the middle: this silence may last longer."""
        if segment == self._number and self._paused:
            self._patient = True

    def reset(self, at: int) -> Iterator[SegmentEvent]:
        """The sound is interrupted, or not to be heard from here on."""
        if self.speaking:
            yield self._end(min(at, self._cut()), "interrupted")
        self._recent, self._floor, self._held = [], at, False

    def _begin(self, start: int, voiced_to: int) -> Onset:
        self._number += 1
        self._start, self._voiced_to = max(start, self._floor, 0), voiced_to
        self._paused = self._patient = False
        return Onset(segment=self._number, start=self._start)

    def _end(self, end: int, why: str) -> Ended:
        ended = Ended(segment=self._number, start=self._start, end=end, why=why, held=self._held)
        self._floor, self._start, self._recent, self._held = end, -1, [], False
        return ended

    def _cut(self) -> int:
        return self._voiced_to + self._samples(TAIL_S)

    def _silence_s(self) -> float:
        return self.timing.silence_s * (PATIENCE if self._patient else 1.0)

    def _longest_s(self) -> float:
        return self.timing.longest_s + self.timing.preroll_s

    @staticmethod
    def _samples(seconds: float) -> int:
        return int(seconds * RATE)
