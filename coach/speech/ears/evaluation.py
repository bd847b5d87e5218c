"""How well the ears hear: words and stops of voices and sentences that the training never had, with intervals.

Everything is spoken by `espeak-ng` and mixed with noise as samples: nothing of this says how well they hear people.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from coach.bench.report import commit, machine, source_root
from coach.speech.ears.data import stop_ends_s
from coach.speech.ears.espeak import SAMPLE_RATE_HZ, Espeak
from coach.speech.ears.noise import KINDS, babble, kitchen_noise, mixed, speech_level, talk
from coach.speech.ears.paths import SPOTTER, TINY_WHISPER
from coach.speech.ears.sentences import held_out_sentence, household_sentence, stop_phrases, stop_sentence
from coach.speech.ears.spotter import StopSpotter
from coach.speech.ears.statistics import errors_in, mean_of_words, poisson, share
from coach.speech.ears.voices import any_voice

SNR_DB = 10.0
WITHIN_S = 0.3
_HANDWRITTEN = Path("tests") / "speech" / "handwritten_sentences.txt"
_PAUSE = np.zeros(SAMPLE_RATE_HZ // 4, np.float32)
Report = Callable[[str], None]


@dataclass(frozen=True)
class Measured:
    """One figure with its 95 % interval; `bar` is what it should not pass ("" for none)."""

    name: str
    unit: str
    n: int
    value: float
    low: float
    high: float
    bar: str = ""


@dataclass(frozen=True)
class EarsReport:
    """All figures and what is needed to repeat them."""

    bench: str
    command: str
    rows: tuple[Measured, ...]
    seed: int
    machine: str
    commit: str
    notes: tuple[str, ...]

    def table(self) -> str:
        """Markdown, to be quoted as it is."""
        lines = ["| | value | 95 % interval | unit | n | bar |", "|---|---:|---:|---|---:|---|"]
        lines += [
            f"| {r.name} | {r.value:.3g} | {r.low:.3g}–{r.high:.3g} | {r.unit} | {r.n} | {r.bar} |" for r in self.rows
        ]
        return "\n".join([*lines, "", f"{self.machine}; seed {self.seed}; commit {self.commit}", f"`{self.command}`",
                          *self.notes])  # fmt: skip

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    def write(self) -> Path:
        """Store it as `tests/results/ears.json` of the source tree."""
        path = source_root() / "tests" / "results" / f"{self.bench}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(asdict(self), ensure_ascii=False, indent=1) + "\n", "utf-8")
        return path


def evaluate(count: int, hours: float, seed: int, whisper_file: Path | None, spotter_file: Path | None,
             report: Report) -> EarsReport:  # fmt: skip
    """Measure both models.

    Args:
        count: sentences of each kind. hours: of talk and noise for the false stops.
    Raises:
        EspeakError: espeak-ng is not installed.
        SpotterError, CoachError: a model file is missing or damaged.
    """
    espeak = Espeak()
    model = load_whisper(whisper_file or TINY_WHISPER)
    spotter = StopSpotter.load(spotter_file or SPOTTER)
    rows = [*_words(model, espeak, count, seed, report), *_speed(model, espeak, min(count, 40), seed)]
    rows += [*_recall(spotter, espeak, count, seed), *_false_stops(spotter, espeak, hours, seed, report)]
    notes = (
        "Synthetic voices throughout: this proves the path, and says nothing about people, who need a real model.",
    )
    command = f"coach ears eval --sentences {count} --hours {hours:g} --seed {seed}"
    return EarsReport("ears", command, tuple(rows), seed, machine(), commit(), notes)


def load_whisper(path: Path) -> Any:
    """Raises: CoachError: the file is missing or no Whisper model."""
    import whisper

    from coach.speech.ears.checkpoints import UNREADABLE
    from robot_bridge.protocol.errors import CoachError

    try:
        return whisper.load_model(str(path), device="cpu")
    except UNREADABLE as error:
        raise CoachError(f"'{path}' is no Whisper model ({type(error).__name__})",
                         next_step="train one: coach ears train whisper") from None  # fmt: skip


def clips(
    espeak: Espeak, sentences: Sequence[str], seed: int, *, held_out_voices: bool
) -> Iterator[tuple[str, np.ndarray]]:
    """Each sentence and how it sounds in a voice of its own, a quarter of a second of silence before and after.

    Yields:
        The sentence and float32[n] at 16 kHz.
    """
    random = Random(seed)
    for sentence in sentences:
        voice = any_voice(random, held_out=held_out_voices)
        spoken = espeak.say(sentence, voice.name, words_per_minute=voice.words_per_minute, pitch=voice.pitch)
        yield sentence, np.concatenate([_PAUSE, spoken.samples, _PAUSE])


def _words(model: Any, espeak: Espeak, count: int, seed: int, report: Report) -> Iterator[Measured]:
    random = Random(f"words {seed}")
    phrases = stop_phrases()
    sets: list[tuple[str, list[str], bool, float | None, str]] = [
        ("held-out sentences", [held_out_sentence(random) for _ in range(count)], False, None, "≤ 8"),
        ("held-out voices", [household_sentence(random) for _ in range(count)], True, None, "≤ 8"),
        ("stop phrases in held-out voices", [phrases[i % len(phrases)] for i in range(count)], True, None, "≤ 2"),
        ("held-out voices, 10 dB of noise", [household_sentence(random) for _ in range(count)], True, SNR_DB, ""),
    ]
    handwritten = source_root() / _HANDWRITTEN
    if handwritten.exists():
        sets.insert(2, ("sentences written by hand", handwritten.read_text("utf-8").splitlines(), False, None, "≤ 25"))
    for name, sentences, voices, snr_db, bar in sets:
        counted = list(_errors(model, espeak, sentences, seed, voices, snr_db))
        value, low, high = mean_of_words(counted, seed)
        report(f"{name}: {value:.1f} %")
        yield Measured(f"words wrong: {name}", "%", len(counted), value, low, high, bar)


def _errors(model: Any, espeak: Espeak, sentences: list[str], seed: int, held_out_voices: bool,
            snr_db: float | None) -> Iterator[tuple[int, int]]:  # fmt: skip
    """(wrong words, words) of each sentence."""
    from coach.speech.ears.short_context import transcribe_short

    noises = (
        [kitchen_noise(kind, seed + 900, 20, espeak, held_out=True) for kind in KINDS] if snr_db is not None else []
    )
    for index, (sentence, sound) in enumerate(clips(espeak, sentences, seed + 1, held_out_voices=held_out_voices)):
        heard = mixed(sound, noises[index % len(noises)], snr_db, index) if snr_db is not None else sound
        yield errors_in(sentence, transcribe_short(model, heard).text), len(sentence.split())


def _speed(model: Any, espeak: Espeak, count: int, seed: int) -> Iterator[Measured]:
    """Short context beside `whisper.transcribe` on the same weights, in turn, on three seconds of sound."""
    from coach.speech.ears.short_context import transcribe_short

    random = Random(f"speed {seed}")
    ratios, same = [], 0
    for _, sound in clips(espeak, [held_out_sentence(random) for _ in range(count)], seed, held_out_voices=False):
        three = np.resize(np.concatenate([sound, np.zeros(3 * SAMPLE_RATE_HZ, np.float32)]), 3 * SAMPLE_RATE_HZ)
        start = time.perf_counter()
        short = transcribe_short(model, three).text
        middle = time.perf_counter()
        plain = model.transcribe(three, language="en", fp16=False, without_timestamps=True)["text"]
        ratios.append((time.perf_counter() - middle) / (middle - start))
        same += short == str(plain).strip()
    low, median, high = np.percentile(ratios, (2.5, 50, 97.5))
    yield Measured(
        "whisper.transcribe / short context, time on 3 s", "×", count, float(median), float(low), float(high), "≥ 5"
    )
    yield Measured("same text as whisper.transcribe", "%", count, *share(same, count))


def _recall(spotter: StopSpotter, espeak: Espeak, count: int, seed: int) -> Iterator[Measured]:
    """Stops of held-out voices at 10 dB, each in a noise of its own kind; late is missed."""
    random = Random(f"stops {seed}")
    noises = [kitchen_noise(kind, seed + 700 + place, 30, espeak, held_out=True) for place, kind in enumerate(KINDS)]
    delays: list[float] = []
    stops = 0
    for index in range(count):
        text = stop_sentence(random)
        voice = any_voice(random, held_out=True)
        spoken = espeak.say(text, voice.name, words_per_minute=voice.words_per_minute, pitch=voice.pitch)
        before = SAMPLE_RATE_HZ * random.randint(5, 12) // 10
        sound = np.concatenate(
            [np.zeros(before, np.float32), spoken.samples, np.zeros(SAMPLE_RATE_HZ // 2, np.float32)]
        )
        hits = _heard(spotter, mixed(sound, noises[index % len(noises)], SNR_DB, index))
        end_s = before / SAMPLE_RATE_HZ + stop_ends_s(text, spoken)[0]  # the first one must stop the robot
        stops += 1
        delays += [hit - end_s for hit in hits if -0.2 <= hit - end_s <= WITHIN_S][:1]
    heard = share(len(delays), stops)
    yield Measured("stops heard within 300 ms of the word's end", "%", stops, *heard, "≥ 98")
    if delays:
        low, median, high = np.percentile(np.array(delays) * 1000, (2.5, 50, 97.5))
        yield Measured("end of the word → stop", "ms", len(delays), float(median), float(low), float(high))


def _heard(spotter: StopSpotter, sound: np.ndarray) -> list[float]:
    """When a microphone's blocks of 32 ms give a hit: the time at which the block was complete."""
    spotter.reset()
    times: list[float] = []
    for start in range(0, len(sound), 512):
        if spotter.feed(sound[start : start + 512]):
            times.append((start + 512) / SAMPLE_RATE_HZ)
    return times


def _false_stops(spotter: StopSpotter, espeak: Espeak, hours: float, seed: int, report: Report) -> Iterator[Measured]:
    """Talk of held-out voices without the word, over every noise in turn at 0…20 dB; a tenth is noise alone."""
    random = Random(f"talk {seed}")
    spotter.reset()
    hits, heard_s, part = 0, 0.0, 0
    while heard_s < hours * 3600:
        sound = _minute(random, espeak, KINDS[part % len(KINDS)], part)
        hits += len(spotter.feed(sound))
        heard_s += len(sound) / SAMPLE_RATE_HZ
        part += 1
        if part % 30 == 0:
            report(f"{heard_s / 3600:.1f} h of talk and noise: {hits} false stops")
    low, high = poisson(hits)
    measured = heard_s / 3600
    yield Measured(
        "false stops in talk and noise", "per hour", hits, hits / measured, low / measured, high / measured, "≤ 1"
    )
    start = time.process_time()
    _heard(spotter, sound)  # in blocks, as from a microphone
    busy = 100 * (time.process_time() - start) / (len(sound) / SAMPLE_RATE_HZ)
    yield Measured("processor while listening, of one core", "%", 1, busy, busy, busy, "≤ 5")


def _minute(random: Random, espeak: Espeak, kind: str, part: int) -> np.ndarray:
    pieces: list[np.ndarray] = []
    total = 0
    while total < 60 * SAMPLE_RATE_HZ and part % 10 != 9:
        voice = any_voice(random, held_out=True)
        spoken = espeak.say(talk(random), voice.name, words_per_minute=voice.words_per_minute, pitch=voice.pitch)
        pause = np.zeros(random.randint(0, SAMPLE_RATE_HZ), np.float32)
        pieces += [spoken.samples * random.uniform(0.2, 1), pause]
        total += len(spoken.samples) + len(pause)
    sound = np.concatenate(pieces) if pieces else np.zeros(60 * SAMPLE_RATE_HZ, np.float32)
    noise = babble(part, 20, espeak, held_out=True) if kind == "babble" else kitchen_noise(kind, part, 20, espeak)
    level = speech_level(sound) or random.uniform(0.02, 0.2)
    return (sound + np.resize(noise, len(sound)) * level * 10 ** (-random.uniform(0, 20) / 20)).astype(np.float32)
