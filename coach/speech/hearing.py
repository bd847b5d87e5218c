"""From the microphone to words: the two processes, and what is done with what they say. All of it in one thread.

A pause is read at once. Where the words are a whole, the sentence ends there; else a longer silence ends it.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from coach.speech.audio import RATE, to_pcm
from coach.speech.completeness import is_complete, is_dangling
from coach.speech.filters import SHORT_WORDS, plain
from coach.speech.heard import Ears, Heard, View
from coach.speech.messages import (
    BargedIn,
    Block,
    Ended,
    Fetching,
    Finish,
    FromWorker,
    Hold,
    Listen,
    Onset,
    Paused,
    Ready,
    Release,
    Resumed,
    SpeechMessage,
    StopHeard,
    Trouble,
    Wait,
    Write,
    Written,
)
from coach.speech.readings import Asked, Purpose, Readings
from coach.speech.ring import SoundRing
from coach.speech.segmenter import Timing
from coach.speech.settings import SpeechSettings
from coach.speech.worker import Worker

LISTENER = "silero-vad"  # what the listening process says that it works with
log = logging.getLogger(__name__)

TICK_S = 0.1
PARTIAL_S = 1.0  # of new sound, before the words so far are read again
QUICK_S = 0.8  # a model that takes longer for a reading is spared the partial ones
ALTERNATIVES = 3
STOP_WORDS_S = 2.5  # how long a spotted stop waits for the words around it
AROUND = int(0.6 * RATE)  # samples by which the stop's moment may lie outside its segment


@dataclass
class _Utterance:
    """The segment that is open. Args: read_to: end of the newest reading; text: what it gave."""

    segment: int
    start: int
    paused_at: int = -1
    asked_to: int = 0
    readings: dict[int, Written] = field(default_factory=dict)


class Hearing:
    """Hears from the start until `close`, as far as `listen_to` says.

    Args: models, logs: folders of this home; start: starts a process, as `Worker` does.
    """

    def __init__(self, settings: SpeechSettings, models: Path, logs: Path, ears: Ears,
                 start: Callable[..., Worker] = Worker) -> None:  # fmt: skip
        self._settings, self._ears = settings, ears
        self._ring = SoundRing()
        self._events: queue.SimpleQueue[FromWorker | None] = queue.SimpleQueue()
        self._readings = Readings(self._ask)
        self._open: _Utterance | None = None
        self._ended: dict[int, Ended] = {}  # segments whose words are still being written
        self._stops: list[tuple[int, float]] = []
        self._typical_s = 0.0
        self._listen = Listen(to="nothing")
        self.view = View()
        self.listening = False
        timing = Timing(silence_s=settings.silence_s, longest_s=settings.longest_s, preroll_s=settings.preroll_s)
        numbers = [str(value) for value in (timing.pause_s, timing.silence_s, timing.longest_s, timing.preroll_s)]
        self.listener = start("listener", "coach.speech.listener", numbers, logs / "listener.log",
                               self._from_listener, self._wanted)  # fmt: skip
        model = [settings.engine, settings.model, str(models), settings.device]
        self.writer = start("writer", "coach.speech.writer", model, logs / "writer.log", self._events.put)
        self._thread = threading.Thread(target=self._run, name="hearing", daemon=True)
        self._thread.start()

    def take(self, first: int, samples: np.ndarray) -> None:
        """A block of the microphone, float32[512]; returns at once. Args: first: number of its first sample."""
        self._ring.write(first, samples)
        played, speaks = self._ears.played(first, len(samples))
        self.listener.send(Block(first=first, pcm=to_pcm(samples), played=to_pcm(played), robot_speaks=speaks))

    def listen_to(self, message: Listen) -> None:
        """All words, the stop word alone, or nothing."""
        self._listen = message
        self.listener.send(message)

    def hold(self) -> None:
        """The talk key: from now on all is meant."""
        self.view.talking = True
        self.listener.send(Hold())

    def release(self) -> None:
        self.view.talking = False
        self.listener.send(Release())

    @property
    def end(self) -> int:
        """The number after the newest sample."""
        return self._ring.end

    def _wanted(self) -> list[SpeechMessage]:
        """What a listening process that starts must know."""
        return [self._listen, Hold()] if self.view.talking else [self._listen]

    def close(self) -> None:
        self._events.put(None)
        self._thread.join(timeout=2.0)
        self.listener.close()
        self.writer.close()

    def _from_listener(self, message: FromWorker) -> None:
        """In the reader's thread: a stop is acted on before anything else is thought about."""
        if isinstance(message, StopHeard):
            self._ears.stop()
        elif isinstance(message, BargedIn):
            self._ears.barged_in()
        self._events.put(message)

    def _run(self) -> None:
        while True:
            try:
                message = self._events.get(timeout=TICK_S)
            except queue.Empty:
                self._tick()
                continue
            if message is None:
                return
            try:
                self._deal(message)
            except Exception:
                log.exception("the hearing stumbled over %s", type(message).__name__)

    def _deal(self, message: FromWorker) -> None:
        match message:
            case Onset():
                self._open = _Utterance(message.segment, message.start, asked_to=self._ring.end)
                self.view.speaking, self.view.partial = True, ""
            case Paused() if self._open is not None:
                self._open.paused_at = message.end
                self._want(message.segment, message.start, message.end, "pause")
            case Resumed() if self._open is not None:
                self._open.paused_at = -1
            case Ended():
                self._finish(message)
            case StopHeard():
                self._stops.append((message.at, time.monotonic()))
            case Written():
                self._read(message)
            case Fetching():
                self.view.fetching = message.done
            case Ready():
                self._ready(message)
            case Trouble():
                self._trouble(message)

    def _ready(self, message: Ready) -> None:
        if message.model == LISTENER:  # at its start nothing is open
            self._open, self.view.speaking, self.listening = None, False, True
            if not self.view.talking:
                self._ears.settled()
        else:
            self.view.model, self.view.fetching, self.view.ready = message.model, None, True
            self._readings.again()
        if message.note:
            self._ears.told(message.note)

    def _trouble(self, message: Trouble) -> None:
        self.view.trouble = message.text
        self._ears.told(f"{message.text[:1].upper()}{message.text[1:]}")
        asked = self._readings.answered(message.request) if message.request else None
        if asked is not None and asked.purpose in ("final", "doubt", "pause"):
            self._give_up(asked.segment)

    def _give_up(self, segment: int) -> None:
        ended = self._ended.pop(segment, None)
        if ended is not None:
            self._deliver(ended, Written(request=0, text="", dropped="lost"))

    def _tick(self) -> None:
        """What no message brings about: partial readings, and stops that no words came to."""
        now = time.monotonic()
        utterance = self._open
        if utterance is not None and utterance.paused_at < 0 and self._may_guess(utterance):
            self._want(utterance.segment, utterance.start, self._ring.end, "partial")
        lost = self._readings.lost()
        if lost is not None:
            self._give_up(lost.segment)
        alone = [stop for stop in self._stops if now - stop[1] > STOP_WORDS_S]
        if alone and utterance is None and not self._ended:
            self._stops.clear()
            self._ears.heard(Heard("", stopped=True))

    def _may_guess(self, utterance: _Utterance) -> bool:
        enough = self._ring.end - utterance.asked_to >= PARTIAL_S * RATE
        return enough and self._readings.idle and self._typical_s < QUICK_S

    def _want(self, segment: int, start: int, end: int, purpose: Purpose) -> None:
        if self._open is not None:
            self._open.asked_to = end
        self._readings.want(Asked(segment, start, end, purpose))

    def _ask(self, asked: Asked) -> None:
        prompt = self._ears.prompt() if self._settings.bias else ""
        others = ALTERNATIVES if asked.purpose == "doubt" else 0
        self.writer.send(Write(request=asked.request, pcm=self._ring.pcm(asked.start, asked.end), prompt=prompt,
                               language=self._settings.language, alternatives=others))  # fmt: skip

    def _finish(self, ended: Ended) -> None:
        utterance, self._open = self._open, None
        self.view.speaking = False
        if ended.held and ended.why != "released":  # else the key was let go, and may have been pressed again
            self.view.talking = False
        if not self.view.talking:
            self.listener.send(self._listen)  # after the talk key, what held before it
        self._ended[ended.segment] = ended
        reading = utterance.readings.get(ended.end) if utterance is not None else None
        if reading is not None:
            self._settle(ended, reading)
        elif not self._readings.reads(ended.segment, ended.end):
            self._want(ended.segment, ended.start, ended.end, "final")

    def _read(self, written: Written) -> None:
        asked = self._readings.answered(written.request)
        if asked is None:
            return
        self._typical_s = written.seconds if not self._typical_s else 0.7 * self._typical_s + 0.3 * written.seconds
        ended = self._ended.get(asked.segment)
        if asked.purpose == "doubt" and ended is not None:
            self._deliver(ended, written)
        elif ended is not None and ended.end == asked.end:
            self._settle(ended, written)
        elif self._open is not None and self._open.segment == asked.segment:
            self.view.partial = written.text or self.view.partial
            self._open.readings[asked.end] = written
            if self._open.paused_at != asked.end:
                return
            if is_complete(written.text):
                self.listener.send(Finish(segment=asked.segment))
            elif is_dangling(written.text):
                self.listener.send(Wait(segment=asked.segment))

    def _settle(self, ended: Ended, written: Written) -> None:
        """The words of a whole sentence: doubtful ones are read again for what else they could be."""
        doubtful = written.text and written.confidence < self._settings.ask_below
        if doubtful and plain(written.text) not in SHORT_WORDS:
            self._want(ended.segment, ended.start, ended.end, "doubt")
        else:
            self._deliver(ended, written)

    def _deliver(self, ended: Ended, written: Written) -> None:
        self._ended.pop(ended.segment, None)
        if self._open is None:
            self.view.partial = ""
        spotted = [stop for stop in self._stops if ended.start - AROUND <= stop[0] <= ended.end + AROUND]
        self._stops = [stop for stop in self._stops if stop not in spotted]
        if written.text or spotted:
            self._ears.heard(Heard(written.text, written.confidence, self._ring.pcm(ended.start, ended.end),
                                   bool(spotted), written.alternatives, self.view.model))  # fmt: skip
        self._ears.settled()
