"""What the ears learn from: spoken sentences as mel energies with the phoneme of every frame, in files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from random import Random
from zipfile import BadZipFile

import numpy as np

from coach.interpreter.lexicon import split_words
from coach.speech.ears.espeak import Espeak, Spoken
from coach.speech.ears.features import FRAMES_PER_SECOND, log_energies
from coach.speech.ears.made_up_voices import lay_out
from coach.speech.ears.sentences import confusable_sentence, stop_sentence, training_sentence
from coach.speech.ears.voices import any_voice
from robot_bridge.protocol.errors import CoachError

SHARD = 500
PHONEMES = ("", *split_words(
    "0 3 3: ; @ @- @2 @5 @L A: A@ D E I I# I2 IR N O2 O: O@ OI S T U U@ V VR Z a a# aI aI2 aI3 aI@ aU aa "
    "b d dZ e@ eI f g h i i: i@ i@3 j k l m n n- o@ oU p r r- s t t# t2 tS t[ u: v w w# z "
))  # fmt: skip
"""Of all English accents of espeak-ng; the first is a pause."""
_MADE_UP = {"stops": 0.6, "confusables": 0.6}  # shares of made-up voices: one word is to be known in any voice
_INDEX = {name: index for index, name in enumerate(PHONEMES)}
COLLECTIONS: dict[str, Callable[[Random], str]] = {
    "sentences": training_sentence, "stops": stop_sentence, "confusables": confusable_sentence,
}  # fmt: skip


class DataError(CoachError):
    """The training data is missing or was not written by this program."""


@dataclass(frozen=True)
class Utterance:
    """One spoken sentence.

    Args:
        energies: float16[frames, 80], log10, a frame every 10 ms.
        phonemes: uint8[frames], indices into PHONEMES.
        stops: frames at which a word "stop" has just ended.
    """

    text: str
    energies: np.ndarray
    phonemes: np.ndarray
    stops: tuple[int, ...]


def make_shard(path: Path, collection: str, seed: int, shard: int, size: int = SHARD) -> Path:
    """Speak one shard; the same numbers give the same sentences and voices. Under its name when complete.

    The sound itself differs from run to run by milliseconds: espeak-ng varies it.
    """
    from zlib import crc32

    random = Random(crc32(f"{collection} {seed} {shard}".encode()))
    espeak = Espeak()
    made_up = _MADE_UP.get(collection, 0.0)
    made = [_utterance(espeak, COLLECTIONS[collection](random), random, made_up) for _ in range(size)]
    part = path.with_name(f".{path.name}.part")
    with part.open("wb") as file:
        np.savez(
            file,
            energies=np.concatenate([each.energies for each in made]),
            phonemes=np.concatenate([each.phonemes for each in made]),
            frames=np.array([len(each.energies) for each in made], np.int32),
            texts=np.array([each.text for each in made]),
            stops=np.array([" ".join(map(str, each.stops)) for each in made]),
        )
    os.replace(part, path)
    return path


def make(
    folder: Path, collection: str, count: int, seed: int, workers: int, report: Callable[[str], None]
) -> list[Path]:
    """Every shard of a collection; those that are there already are kept.

    Raises:
        EspeakError: espeak-ng is not installed.
        DataError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(
            f"the data cannot be written to '{folder}'", next_step=f"choose another folder ({error})"
        ) from None
    paths = [folder / f"{collection}-{seed}-{index:04}.npz" for index in range((count + SHARD - 1) // SHARD)]
    todo = [(path, collection, seed, index) for index, path in enumerate(paths) if not path.exists()]
    report(f"{collection}: {len(paths) - len(todo)} of {len(paths)} files are there")
    if todo:
        installed = Espeak().data_folder()  # its absence is one sentence here, not a traceback in every worker
        voices = lay_out(installed, folder / "voices", seed)
        count_of = max(1, min(workers, len(todo)))
        with get_context("spawn").Pool(count_of, initializer=_use_voices, initargs=(str(voices),)) as pool:
            for done, path in enumerate(pool.imap_unordered(_make_one, todo), 1):
                report(f"{collection}: {done} of {len(todo)} files, {path.name}")
    return paths


def read_shard(path: Path) -> Iterator[Utterance]:
    """Raises:
    DataError: not a file of ours, or cut short.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            energies, phonemes = arrays["energies"], arrays["phonemes"]
            frames, texts, stops = arrays["frames"], arrays["texts"], arrays["stops"]
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise DataError(f"'{path}' cannot be read ({type(error).__name__})",
                        next_step="remove it and run `coach ears data` again") from None  # fmt: skip
    ends = np.cumsum(frames)
    for text, stop, end, count in zip(texts, stops, ends, frames, strict=True):
        yield Utterance(str(text), energies[end - count : end], phonemes[end - count : end],
                        tuple(map(int, str(stop).split())))  # fmt: skip


def shards(folder: Path, collection: str) -> list[Path]:
    """Raises:
    DataError: there are none.
    """
    found = sorted(folder.glob(f"{collection}-*.npz"))
    if not found:
        raise DataError(f"there are no {collection} in '{folder}'", next_step="run `coach ears data` first")
    return found


def phoneme_frames(spoken: Spoken, frames: int) -> np.ndarray:
    """uint8[frames]: what is being said every 10 ms."""
    labels = np.zeros(frames, np.uint8)
    for start_s, name in spoken.phonemes:
        labels[round(start_s * FRAMES_PER_SECOND) :] = _INDEX.get(name, 0)
    return labels


def stop_ends_s(text: str, spoken: Spoken) -> list[float]:
    """When each word "stop" of the text has ended."""
    ends = []
    for index, (start_s, at, length) in enumerate(spoken.words):
        if text[at : at + length] != "stop":
            continue
        following = spoken.words[index + 1][0] if index + 1 < len(spoken.words) else spoken.duration_s
        last_s = max((t for t, name in spoken.phonemes if start_s <= t < following and name), default=start_s)
        ends.append(min((t for t, _ in spoken.phonemes if t > last_s), default=spoken.duration_s))
    return ends


def _use_voices(folder: str) -> None:
    """Before espeak-ng starts in this process."""
    os.environ["ESPEAK_DATA_PATH"] = folder


def _utterance(espeak: Espeak, text: str, random: Random, made_up: float) -> Utterance:
    voice = any_voice(random, made_up=made_up)
    spoken = espeak.say(text, voice.name, words_per_minute=voice.words_per_minute, pitch=voice.pitch,
                        pitch_range=voice.pitch_range)  # fmt: skip
    energies = log_energies(spoken.samples).astype(np.float16)
    stops = tuple(round(end * FRAMES_PER_SECOND) for end in stop_ends_s(text, spoken))
    return Utterance(text, energies, phoneme_frames(spoken, len(energies)), stops)


def _make_one(job: tuple[Path, str, int, int]) -> Path:
    return make_shard(*job)
