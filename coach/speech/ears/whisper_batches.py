"""Batches for the tiny Whisper: sentences somewhere in a room, with their phonemes and tokens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from coach.speech.ears.data import Utterance, read_shard, shards
from coach.speech.ears.features import FRAMES_PER_SECOND, N_MELS, whisper_input
from coach.speech.ears.mixing import Room
from coach.speech.ears.tokens import Tokens

AUDIO_CONTEXT = 1500
BATCH_FRAMES, POOL = 7200, 1000
SILENT, TIMED, ZERO_PADDED, LONG_CONTEXT, WIDE = 0.04, 0.4, 0.1, 0.04, 0.08
IGNORED = -100


@dataclass(frozen=True)
class Batch:
    """mel float32[b, 80, 2c], phonemes int64[b, c] (IGNORED in padding), tokens and targets int64[b, n]."""

    mel: torch.Tensor
    phonemes: torch.Tensor
    tokens: torch.Tensor
    targets: torch.Tensor


def make_batches(data: Path, tokens: Tokens, seed: int) -> Iterator[Batch]:
    """Batches for ever, of sentences of about the same length, each batch about as much work."""
    random = np.random.default_rng(seed)
    room = Room.build(0)
    for pool in _pools(data, random):
        pool.sort(key=lambda each: len(each.energies))
        groups: list[list[Utterance]] = [[]]
        for each in pool:
            if groups[-1] and (len(groups[-1]) + 1) * (len(each.energies) + 60) > BATCH_FRAMES:
                groups.append([])
            groups[-1].append(each)
        for index in random.permutation(len(groups)):
            yield _batch(groups[index], room, tokens, random)


def _pools(data: Path, random: np.random.Generator) -> Iterator[list[Utterance]]:
    while True:
        paths = shards(data, "sentences")
        pool: list[Utterance] = []
        for index in random.permutation(len(paths)):
            pool += read_shard(paths[index])
            if len(pool) >= POOL:
                yield pool
                pool = []
        if pool:
            yield pool


def _batch(group: list[Utterance], room: Room, tokens: Tokens, random: np.random.Generator) -> Batch:
    long = random.random() < LONG_CONTEXT
    if long:
        group = group[: max(2, len(group) // 8)]
    longest = max(len(each.energies) for each in group)
    spare = int(random.integers(16, 60)) + (256 if random.random() < WIDE else 0)
    context = AUDIO_CONTEXT if long else (longest + spare) // 2
    mel = np.empty((len(group), 2 * context, N_MELS), np.float32)
    phonemes = np.full((len(group), 2 * context), IGNORED, np.int64)
    sequences = []
    for row, each in enumerate(group):
        silent = random.random() < SILENT
        count = 0 if silent else len(each.energies)
        lead = int(random.integers(0, max(1, min(50, 2 * context - count))))
        end = min(2 * context, lead + max(count, 30) + int(random.integers(0, 50)))
        mel[row] = -10.0
        mel[row, :end] = room.mixed(each.energies[:count], lead, end, random)
        phonemes[row, :end] = 0
        phonemes[row, lead : lead + count] = each.phonemes[:count]
        mel[row] = whisper_input(mel[row])
        if random.random() < ZERO_PADDED:
            mel[row, end:] = 0
        sequences.append(_sequence(each, lead, silent, tokens, random))
    inputs, targets = (_padded([each[k] for each in sequences], fill) for k, fill in ((0, tokens.eot), (1, IGNORED)))
    return Batch(torch.from_numpy(mel).transpose(1, 2), torch.from_numpy(phonemes[:, ::2].copy()), inputs, targets)


def _sequence(each: Utterance, lead: int, silent: bool, tokens: Tokens, random: np.random.Generator) -> Any:
    """Inputs and targets of the decoder, both lists of the same length."""
    timed = random.random() < TIMED
    voiced = np.flatnonzero(each.phonemes)
    first, last = ((voiced[0], voiced[-1]) if len(voiced) else (0, 0)) if not silent else (-lead, -lead)
    begin = tokens.time((lead + first) / FRAMES_PER_SECOND) if timed else tokens.no_timestamps
    if silent:
        return [tokens.sot, begin], [tokens.no_speech, tokens.eot]
    words = tokens.encode(each.text)
    close = [tokens.time((lead + last) / FRAMES_PER_SECOND)] if timed else []
    whole = [tokens.sot, begin, *words, *close, tokens.eot]
    return whole[:-1], whole[1:]


def _padded(rows: list[list[int]], fill: int) -> torch.Tensor:
    width = max(map(len, rows))
    return torch.tensor([row + [fill] * (width - len(row)) for row in rows])
