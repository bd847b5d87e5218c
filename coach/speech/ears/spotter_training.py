"""Training the spotter of the word "stop" from nothing: strips of talk and noise, the phonemes as a second lesson."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from coach.speech.ears.data import PHONEMES, Utterance, read_shard, shards
from coach.speech.ears.mixing import Room
from coach.speech.ears.spotter import BANDS, DILATIONS, KERNEL, STRIDE, bands

CHANNELS = 80
STRIP, BATCH = 500, 16
RATE, POSITIVE_WEIGHT, AID = 3e-3, 3.0, 0.3
DEFAULT_THRESHOLD = 0.7
# frames of 10 ms around the end of a stop: told to be a stop from BEFORE to AFTER, not judged up to LATE
BEFORE, AFTER, EARLY, LATE = 1, 15, 9, 24
_COLLECTIONS, _SHARES = ("stops", "confusables", "sentences"), (0.3, 0.3, 0.4)


class Spotter(nn.Module):
    """The network of `spotter.py`, for training: causal convolutions over mel bands, 20 ms a step."""

    def __init__(self) -> None:
        super().__init__()
        self.enter = nn.Conv1d(BANDS, CHANNELS, KERNEL + 1, stride=STRIDE)
        self.layers = nn.ModuleList(nn.Conv1d(CHANNELS, CHANNELS, KERNEL, dilation=d) for d in DILATIONS)
        self.stop = nn.Linear(CHANNELS, 1)
        self.phonemes = nn.Linear(CHANNELS, len(PHONEMES))

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """[b, 2 k, BANDS] → logits of a stop [b, k], of phonemes [b, k, n]."""
        x = F.relu(self.enter(F.pad(x.transpose(1, 2), (KERNEL - 1, 0), mode="replicate")))
        for layer, dilation in zip(self.layers, DILATIONS, strict=True):
            x = x + F.relu(layer(F.pad(x, ((KERNEL - 1) * dilation, 0))))
        x = x.transpose(1, 2)
        return self.stop(x)[..., 0], self.phonemes(x)


@dataclass(frozen=True)
class Strip:
    """Five seconds.

    Args: bands: float32[STRIP, BANDS]. stop: float32[STRIP / 2], -1 where not judged. phonemes: int64[STRIP / 2].
    """

    bands: np.ndarray
    stop: np.ndarray
    phonemes: np.ndarray


def train(data: Path, out: Path, steps: int, seed: int, report: Callable[[str], None]) -> Path:
    """Train and write `stop.safetensors` into `out`, half precision.

    Raises:
        DataError: a collection is missing.
    """
    from safetensors.torch import save_file

    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    pools = {name: _collection(data, name) for name in _COLLECTIONS}
    room = Room.build(0)
    network = Spotter()
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=max(2, steps), pct_start=0.1)
    reported = time.monotonic()
    mean = None
    for step in range(steps):
        loss = _step(network, [strip(pools, room, random) for _ in range(BATCH)])
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        schedule.step()
        mean = loss if mean is None else 0.98 * mean + 0.02 * loss
        if time.monotonic() - reported > 20 or step + 1 == steps:
            report(f"step {step + 1}/{steps} stop {mean[0]:.4f} phonemes {mean[1]:.3f} cpu {time.process_time():.0f} s")
            reported = time.monotonic()
    out.mkdir(parents=True, exist_ok=True)
    weights = {
        name: value.half().contiguous() for name, value in network.state_dict().items() if "phonemes" not in name
    }
    weights["threshold"] = torch.tensor([DEFAULT_THRESHOLD])
    save_file(weights, out / ".stop.part")
    os.replace(out / ".stop.part", out / "stop.safetensors")
    return out / "stop.safetensors"


def strip(pools: dict[str, list[Utterance]], room: Room, random: np.random.Generator) -> Strip:
    """A few utterances after each other with pauses, in one noise; every third strip has a stop in it at least."""
    energies = np.full((STRIP, 80), -10.0, np.float16)
    phonemes = np.zeros(STRIP, np.int64)
    stops: list[int] = []
    at = int(random.integers(0, 80))
    while at < STRIP - 30 and random.random() < 0.92:
        name = _COLLECTIONS[random.choice(len(_COLLECTIONS), p=_SHARES)]
        each = pools[name][random.integers(len(pools[name]))]
        length = min(len(each.energies), STRIP - at)
        energies[at : at + length] = each.energies[:length] + np.float16(random.uniform(-0.6, 0.3))
        phonemes[at : at + length] = each.phonemes[:length]
        stops += [at + end for end in each.stops if at + end < STRIP]
        at += length + int(random.integers(0, (1, 1, 30, 150)[random.integers(4)]))
    stop = np.zeros(STRIP, np.float32)
    for end in stops:
        stop[max(0, end - EARLY) : end + LATE] = -1
    for end in stops:
        stop[max(0, end - BEFORE) : end + AFTER] = 1
    talking = at > 80 and bool(phonemes.any())
    sound = room.mixed(energies if talking else energies[:0], 0, STRIP, random, snr_db=(5.0, 35.0))
    return Strip(bands(10**sound), stop[1::STRIDE], phonemes[1::STRIDE])


def _step(network: Spotter, strips: list[Strip]) -> np.ndarray:
    x = torch.from_numpy(np.stack([each.bands for each in strips]))
    wanted = torch.from_numpy(np.stack([each.stop for each in strips]))
    phonemes = torch.from_numpy(np.stack([each.phonemes for each in strips]))
    said, told = network(x)
    judged = wanted >= 0
    stop = F.binary_cross_entropy_with_logits(said[judged], wanted[judged], pos_weight=torch.tensor(POSITIVE_WEIGHT))
    aid = F.cross_entropy(told.flatten(0, 1), phonemes.flatten())
    (stop + AID * aid).backward()
    nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    return np.array([stop.item(), aid.item()])


def _collection(data: Path, name: str) -> list[Utterance]:
    return [each for path in shards(data, name) for each in read_shard(path)]
