"""The listening process: where somebody speaks, and the stop word, in sound as it comes.

It is a process of its own so that nothing which transcribes or draws can delay a spoken stop.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

import msgspec
import numpy as np

from coach.speech.audio import CHUNK, RATE, from_pcm
from coach.speech.echo import ECHO_TAIL, EchoGate
from coach.speech.messages import (
    BargedIn,
    Block,
    Finish,
    Hold,
    Listen,
    Ready,
    Release,
    SpeechMessage,
    StopHeard,
    ToListener,
    Wait,
    send,
)
from coach.speech.segmenter import Segmenter, Timing
from coach.speech.worker import own_pipes, serve_pipes

BARGE_IN = 0.2  # probability of a voice besides the robot's at which it falls silent
STOP_AGAIN = int(1.0 * RATE)  # one spoken word is one stop
NOBODY = 0.1  # probability of a voice below which the spotter may wait for more sound: it costs little more at a time
TOGETHER = 3  # chunks, at most, that it waits for
_decoder = msgspec.msgpack.Decoder(ToListener)


class Voice(Protocol):
    """The part of `VoiceActivity` that is needed; it takes float32[CHUNK] at a time."""

    def probability(self, chunk: np.ndarray) -> float: ...

    def reset(self) -> None: ...


class Spotter(Protocol):
    """The part of `coach.speech.ears.spotter.StopSpotter` that is needed; it takes float32[n] of any length.

    Times count from its first sample.
    """

    def feed(self, samples: np.ndarray) -> Iterable[Any]: ...


class Listener:
    """Args: make_spotter: a spotter for a stream that begins; None where there is no model."""

    def __init__(self, voice: Voice, make_spotter: Callable[[], Spotter] | None, timing: Timing,
                 tell: Callable[[SpeechMessage], None]) -> None:  # fmt: skip
        self._voice, self._make_spotter, self._tell = voice, make_spotter, tell
        self._segmenter = Segmenter(timing)
        self._spotter = make_spotter() if make_spotter else None
        self._spotter_from = 0
        self._unspotted: list[np.ndarray] = []
        self._to = "all"
        self._hold = False  # the talk key was pressed, and no sound has come since
        self._waiting = np.zeros(0, np.float32)
        self._next = 0
        self._echo = EchoGate()
        self._robot_until = -1
        self._barged_in = False
        self._last_stop = -STOP_AGAIN

    def take(self, message: SpeechMessage) -> None:
        now = self._next
        match message:
            case Block():
                self._hear(message)
            case Listen(to=to):
                self._to = to
                if to != "all":
                    self._tell_all(self._segmenter.reset(now))
            case Hold():
                self._hold = True
            case Release():
                self._begin_hold()
                self._tell_all(self._segmenter.release(now))
            case Finish(segment=segment):
                self._tell_all(self._segmenter.finish(segment))
            case Wait(segment=segment):
                self._segmenter.wait(segment)

    def _hear(self, block: Block) -> None:
        samples = from_pcm(block.pcm)
        if block.first != self._next + len(self._waiting):
            self._begin_again(block.first)
        self._begin_hold()
        if block.played or block.robot_speaks:
            self._robot_until = block.first + len(samples) + ECHO_TAIL
        if block.first < self._robot_until:
            samples = self._echo.clean(samples, from_pcm(block.played))
        elif self._to != "nothing":
            self._echo.room(samples)
        self._waiting = np.concatenate((self._waiting, samples))
        while len(self._waiting) >= CHUNK:
            chunk, self._waiting = self._waiting[:CHUNK], self._waiting[CHUNK:]
            self._next += CHUNK
            self._hear_chunk(chunk)

    def _begin_hold(self) -> None:
        """With the first sound after the key: the microphone may have to be opened first, and counts on from there."""
        if self._hold:
            self._hold, self._to = False, "all"
            self._tell_all(self._segmenter.hold(self._next))

    def _hear_chunk(self, chunk: np.ndarray) -> None:
        if self._to == "nothing":
            return
        probability = self._voice.probability(chunk) if self._to == "all" else 1.0
        self._spot(chunk, at_once=probability >= NOBODY)
        if self._to == "all":
            self._notice_barge_in(probability)
            self._tell_all(self._segmenter.feed(self._next, probability))

    def _spot(self, chunk: np.ndarray, at_once: bool) -> None:
        if self._spotter is None:
            return
        self._unspotted.append(chunk)
        if at_once or len(self._unspotted) == TOGETHER:
            waiting, self._unspotted = np.concatenate(self._unspotted), []
            for hit in self._spotter.feed(waiting):
                self._heard_stop(self._spotter_from + int(hit.time_s * RATE), float(hit.score))

    def _heard_stop(self, at: int, score: float) -> None:
        if at - self._last_stop >= STOP_AGAIN:
            self._last_stop = at
            self._tell(StopHeard(at=at, score=score))

    def _begin_again(self, first: int) -> None:
        """The microphone was away, or blocks were lost."""
        self._tell_all(self._segmenter.reset(self._next))
        self._voice.reset()
        self._next, self._waiting = first, np.zeros(0, np.float32)
        if self._make_spotter is not None:
            self._spotter, self._spotter_from, self._unspotted = self._make_spotter(), first, []

    def _notice_barge_in(self, probability: float) -> None:
        """Before the segment is sure: the robot had better fall silent once too often."""
        if self._next >= self._robot_until:
            self._barged_in = False
        elif probability >= BARGE_IN and not self._barged_in:
            self._barged_in = True
            self._tell(BargedIn(at=self._next))

    def _tell_all(self, events: Iterator[SpeechMessage]) -> None:
        for event in events:
            self._tell(event)


def main(arguments: list[str]) -> int:
    """Args: arguments: pause, silence, longest, pre-roll in seconds."""
    incoming, outgoing = own_pipes()
    from coach.speech.vad import VoiceActivity

    timing = Timing(*map(float, arguments))
    make_spotter, note = load_spotter()
    listener = Listener(VoiceActivity.load(), make_spotter, timing, lambda message: send(outgoing, message))
    send(outgoing, Ready(model="silero-vad", note=note))
    with contextlib.suppress(BrokenPipeError):  # the terminal has gone
        serve_pipes(lambda raw: listener.take(_decoder.decode(raw)), incoming)
    return 0


def load_spotter() -> tuple[Callable[[], Spotter] | None, str]:
    """What makes spotters, or a sentence why there are none."""
    from coach.speech.ears.paths import SPOTTER

    if not SPOTTER.exists():
        return None, "the model of the stop word is not there, so a spoken stop waits for its transcript"
    from coach.speech.ears.spotter import StopSpotter

    return StopSpotter.load, ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
