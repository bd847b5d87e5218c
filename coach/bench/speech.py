"""The hearing, measured: from the end of what was said to its text, to the stop, and what listening costs.

Synthetic voices throughout (`espeak-ng`), such as training never heard; the real listening and writing processes, fed
block by block in real time as the microphone feeds them.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np

from coach.bench.barge_in import BAR_MS, CUTS_IN, Dialogue
from coach.bench.report import Report, Row, commit, machine
from coach.evaluate.statistics import wilson
from coach.speech.audio import CHUNK, RATE
from coach.speech.ears.espeak import Espeak
from coach.speech.ears.noise import kitchen_noise, mixed, talk
from coach.speech.ears.sentences import household_sentence
from coach.speech.ears.voices import any_voice
from coach.speech.engine import WhisperEngine
from coach.speech.filters import plain
from coach.speech.heard import Ears, Heard
from coach.speech.hearing import Hearing
from coach.speech.messages import Listen
from coach.speech.models import EMBEDDED, find_model
from robot_bridge.protocol.errors import CoachError

if TYPE_CHECKING:
    from coach.config import Config

Progress = Callable[[str], None]
NOISE_DB = 10.0  # speech over kitchen noise
CLEAN_DB = 60.0
SAME_TEXT = 40  # sentences, for a share with a useful interval
UTTERANCE_S = (2.5, 3.5)
LEAD_S, TAIL_S = 0.7, 2.0
IDLE_S = 20.0
READY_S = 120.0
HEARD_S = 20.0
TALK_MINUTES = 10


@dataclass(frozen=True)
class Clip:
    """Sound in a kitchen. Args: end: number of the sample at which the words end."""

    text: str
    sound: np.ndarray
    end: int


def measure(config: Config, seed: int, rounds: int, command: str, progress: Progress) -> Report:
    """Raises: CoachError: espeak-ng or the model is not here."""
    import torch

    torch.set_num_threads(1)  # for both sides; the writing process takes half of the cores
    espeak = Espeak()
    model = config.speech.model if find_model(config.speech.model, config.home / "models") else EMBEDDED
    sentences = list(clips(espeak, rounds, seed))
    engine = WhisperEngine.load(model, config.home / "models", "cpu", lambda share: None)
    rows = _texts(engine, list(clips(espeak, SAME_TEXT, seed, CLEAN_DB)), "clean", progress)
    rows += _texts(engine, list(clips(espeak, SAME_TEXT, seed)), f"at {NOISE_DB:g} dB", progress)
    with tempfile.TemporaryDirectory(prefix="coach-bench-") as folder, _Room(config, model, Path(folder)) as room:
        rows += room.sentences(sentences, progress)
        rows += room.stops(list(stops(espeak, rounds, seed)), progress)
        progress("idle listening")
        rows += room.idle(kitchen_noise("fan", seed, IDLE_S, espeak))
        rows += room.barge_in(espeak, rounds, seed, progress)
    rows += _false_stops(espeak, seed, progress)
    notes = ("Voices of espeak-ng that training never heard, over kitchen noise at 10 dB; people sound otherwise.",)
    return Report("speech", command, tuple(rows), rounds, seed, model, machine(), commit(), notes)


def clips(espeak: Espeak, count: int, seed: int, over_noise_db: float = NOISE_DB) -> Iterator[Clip]:
    """Household sentences of about three seconds."""
    random = Random(seed)
    while count:
        text, voice = household_sentence(random), any_voice(random, held_out=True)
        clip = _clip(espeak, text, voice, random, over_noise_db)
        if UTTERANCE_S[0] <= clip.end / RATE - LEAD_S <= UTTERANCE_S[1]:
            count -= 1
            yield clip


def stops(espeak: Espeak, count: int, seed: int) -> Iterator[Clip]:
    """The word alone."""
    random = Random(seed + 1)
    for _ in range(count):
        yield _clip(espeak, "stop!", any_voice(random, held_out=True), random)


def _clip(espeak: Espeak, text: str, voice: Any, random: Random, over_noise_db: float = NOISE_DB) -> Clip:
    spoken = espeak.say(text, voice.name, words_per_minute=voice.words_per_minute, pitch=voice.pitch,
                        pitch_range=voice.pitch_range).samples  # fmt: skip
    spoken = spoken[: np.flatnonzero(np.abs(spoken) > 0.01)[-1] + 1]  # espeak ends with silence
    whole = np.concatenate((np.zeros(int(LEAD_S * RATE)), spoken, np.zeros(int(TAIL_S * RATE)))).astype(np.float32)
    kind = random.choice(("water", "fan", "clatter", "hiss"))
    noise = kitchen_noise(kind, random.randrange(10**6), len(whole) / RATE, espeak)
    heard = mixed(whole, noise[: len(whole)], over_noise_db, random.randrange(10**6))
    return Clip(text, np.asarray(heard, np.float32), int(LEAD_S * RATE) + len(spoken))


def _texts(engine: WhisperEngine, sentences: list[Clip], where: str, progress: Progress) -> list[Row]:
    """The same weights in turn: as the library does it, and as it is done here. Words are right as they were said."""
    import whisper

    library, ours, factors, same, right = [], [], [], 0, [0, 0]
    for number, clip in enumerate(sentences):
        progress(f"text, {where}, {number + 1} of {len(sentences)}")
        words = clip.sound[int((LEAD_S - 0.3) * RATE) : clip.end + int(0.2 * RATE)]
        start_s = time.perf_counter()
        told = whisper.transcribe(engine.whisper, words, language="en", fp16=False, temperature=0.0,
                                  without_timestamps=True, condition_on_previous_text=False)  # fmt: skip
        middle_s = time.perf_counter()
        read = engine.read(words, "en", "")
        end_s = time.perf_counter()
        library.append(1000 * (middle_s - start_s))
        ours.append(1000 * (end_s - middle_s))
        factors.append((middle_s - start_s) / (end_s - middle_s))
        same += plain(told["text"]) == plain(read.text)
        right[0] += plain(told["text"]) == plain(clip.text)
        right[1] += plain(read.text) == plain(clip.text)
    seconds = [clip.end / RATE - LEAD_S for clip in sentences]
    real_time = [ms / 1000 / s for ms, s in zip(ours, seconds, strict=True)]
    return [
        Row.of(f"3 s of speech ({where}) to text, whisper.transcribe", "ms", library),
        Row.of("the same, ours", "ms", ours), Row.of("times faster, in turn on the same weights", "×", factors),
        share("of these, with the same text", same, len(sentences)),
        share("word for word as it was said, whisper.transcribe", right[0], len(sentences)),
        share("word for word as it was said, ours", right[1], len(sentences)),
        Row.of("real-time factor", "", real_time),
    ]  # fmt: skip


def share(name: str, count: int, of: int) -> Row:
    """With the interval in which 95 % of such measurements lie (Wilson)."""
    low, high = wilson(count, of)
    percent = 100.0 * count / of
    return Row(f"{name} ({100 * low:.0f} to {100 * high:.0f})", "%", of, round(percent, 1), round(percent, 1))


class _Room:
    """The two processes, fed in real time."""

    def __init__(self, config: Config, model: str, folder: Path) -> None:
        self.heard: list[tuple[float, Heard]] = []
        self.stopped: list[float] = []
        self._dialogue: Dialogue | None = None
        ears = Ears(lambda heard: self.heard.append((time.perf_counter(), heard)),
                    lambda: self.stopped.append(time.perf_counter()), self._barged_in, played=self._played)  # fmt: skip
        settings = replace(config.speech, model=model, device="cpu", bias=False, ask_below=0.0)
        self._hearing = Hearing(settings, config.home / "models", folder, ears)
        self._at = 0

    def __enter__(self) -> _Room:
        hearing = self._hearing
        hearing.listen_to(Listen(to="all"))
        until = time.monotonic() + READY_S
        while not (hearing.view.ready and hearing.listening):
            if time.monotonic() > until:
                raise CoachError(f"the speech processes were not ready within {READY_S:g} s")
            time.sleep(0.1)
        return self

    def __exit__(self, *exception: object) -> None:
        self._hearing.close()

    def sentences(self, clips: list[Clip], progress: Progress) -> list[Row]:
        delays = []
        for number, clip in enumerate(clips):
            progress(f"spoken sentence, {number + 1} of {len(clips)}")
            seen = len(self.heard)
            ended_s = self._speak(clip)
            if self._wait(lambda seen=seen: len(self.heard) > seen):  # type: ignore[misc]
                delays.append(1000 * (self.heard[seen][0] - ended_s))
        return [Row.of("end of speech to words, waiting for the pause included", "ms", delays)]

    def stops(self, clips: list[Clip], progress: Progress) -> list[Row]:
        delays = []
        for number, clip in enumerate(clips):
            progress(f"spoken stop, {number + 1} of {len(clips)}")
            seen = len(self.stopped)
            ended_s = self._speak(clip)
            if len(self.stopped) > seen:
                delays.append(1000 * (self.stopped[seen] - ended_s))
        quick = sum(delay <= 300 for delay in delays)
        return [Row.of("end of a spoken stop to the stop", "ms", delays),
                Row("spoken stops heard in 300 ms", "%", len(clips), *[100.0 * quick / len(clips)] * 2)]  # fmt: skip

    def idle(self, noise: np.ndarray) -> list[Row]:
        """Nobody speaks: the listening process and the thread that feeds it, not the device's own driver."""
        quiet = (noise / np.abs(noise).max() * 0.02).astype(np.float32)
        before_s, thread_s, start_s = cpu_s(self._hearing.listener.pid), time.thread_time(), time.perf_counter()
        self._feed(quiet)
        took_s = time.perf_counter() - start_s
        used_s = cpu_s(self._hearing.listener.pid) - before_s + time.thread_time() - thread_s
        return [Row.of("processor while listening idly", "% of one core", [100 * used_s / took_s])]

    def barge_in(self, espeak: Espeak, count: int, seed: int, progress: Progress) -> list[Row]:
        """The robot speaks, and voices that it has never heard cut in."""
        random, delays = Random(seed + 3), []
        dialogue = self._dialogue = Dialogue(espeak, self._hearing.take, self._at)
        dialogue.learn()
        for number in range(count):
            progress(f"cutting in, {number + 1} of {count}")
            voice = any_voice(random, held_out=True)
            spoken = espeak.say(random.choice(CUTS_IN), voice.name, words_per_minute=voice.words_per_minute).samples
            spoken = 0.5 * spoken[np.flatnonzero(np.abs(spoken) > 0.01)[0] :] / np.abs(spoken).max()
            delays.append(dialogue.cut_in(number, spoken.astype(np.float32), 1.0 + random.random()))
        self._at = dialogue.at
        noticed = [delay for delay in delays if delay is not None]
        in_time = sum(delay <= BAR_MS for delay in noticed)
        return [Row.of("a person cuts in: first sound to a silent loudspeaker", "ms", noticed),
                share(f"silent within {BAR_MS:g} ms", in_time, count)]  # fmt: skip

    def _barged_in(self) -> None:
        if self._dialogue is not None:
            self._dialogue.player.hush()

    def _played(self, first: int, count: int) -> tuple[np.ndarray, bool]:
        if self._dialogue is None:
            return np.zeros(0, np.float32), False
        player = self._dialogue.player
        return player.played_at(first, count), player.audible

    def _speak(self, clip: Clip) -> float:
        """Play it; the moment at which its words had come in."""
        moments = self._feed(clip.sound)
        return moments[min(len(moments) - 1, clip.end // CHUNK)]

    def _feed(self, sound: np.ndarray) -> list[float]:
        """In real time; when each block was handed over."""
        moments = []
        start_s = time.perf_counter()
        for number in range(len(sound) // CHUNK):
            wait_s = start_s + (number + 1) * CHUNK / RATE - time.perf_counter()
            if wait_s > 0:
                time.sleep(wait_s)
            self._hearing.take(self._at, sound[number * CHUNK : (number + 1) * CHUNK])
            self._at += CHUNK
            moments.append(time.perf_counter())
        return moments

    def _wait(self, true: Callable[[], bool]) -> bool:
        until = time.monotonic() + HEARD_S
        while not true():
            if time.monotonic() > until:
                return False
            time.sleep(0.01)
        return True


def cpu_s(pid: int) -> float:
    """Processor time of a process so far, in seconds (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def _false_stops(espeak: Espeak, seed: int, progress: Progress) -> list[Row]:
    """Talk without the word, over kitchen noise."""
    from coach.speech.ears.spotter import StopSpotter

    random, spotter, hits, samples = Random(seed + 2), StopSpotter.load(), 0, 0
    while samples < TALK_MINUTES * 60 * RATE:
        progress(f"talk, minute {samples // RATE // 60 + 1} of {TALK_MINUTES}")
        parts: list[np.ndarray] = []
        while sum(len(part) for part in parts) < 60 * RATE:
            voice = any_voice(random, held_out=True)
            parts += [espeak.say(talk(random), voice.name, words_per_minute=voice.words_per_minute).samples,
                      np.zeros(RATE // 2, np.float32)]  # fmt: skip
        minute = np.concatenate(parts)
        kind = random.choice(("water", "fan", "clatter", "music", "hiss"))
        noise = kitchen_noise(kind, random.randrange(10**6), len(minute) / RATE, espeak)
        hits += len(spotter.feed(np.asarray(mixed(minute, noise[: len(minute)], NOISE_DB, seed), np.float32)))
        samples += len(minute)
    hours = samples / RATE / 3600
    return [Row.of("false stops in talk and noise", f"an hour ({hits} in {60 * hours:.0f} minutes)", [hits / hours])]
