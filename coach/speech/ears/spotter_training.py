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

from coach.speech.ears.checkpoints import UNREADABLE, newest, read_checkpoint, write_checkpoint
from coach.speech.ears.data import PHONEMES, DataError, Utterance, read_shard, shards
from coach.speech.ears.features import FRAMES_PER_SECOND
from coach.speech.ears.mixing import Room
from coach.speech.ears.spotter import BANDS, DILATIONS, KERNEL, SMOOTHED, STRIDE, bands

CHANNELS = 112
STRIP, BATCH = 500, 16
RATE, POSITIVE_WEIGHT, AID = 3e-3, 3.0, 0.3
HARDEST = 0.005  # of the moments without a stop, which count a tenth as much as all others: false stops come from these
# frames of 10 ms after the end of a stop: it is to be told from FIRST to LAST, and is not judged from EARLY to LATE; a
# little patience tells "stop" from the words that begin like it
EARLY, FIRST, LAST, LATE = -6, 3, 21, 28
FALSE_PER_HOUR = 3.0
"""What the threshold is set to on talk that was not learnt; strips are four times as hard as hours of a day."""
_PROVING_STRIPS = 4000
_THROAT = 0.2  # one word is known in stranger voices than sentences are
_HIGHEST = 0.95  # beyond it stops are lost and hardly any false one is saved
_SAVE_EVERY_S, _REPORT_EVERY_S = 60.0, 20.0
_COLLECTIONS, _SHARES = ("stops", "confusables", "sentences"), (0.3, 0.3, 0.4)
Pools = dict[str, list[Utterance]]


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
    """Train for so many steps, from nothing or on from `spotter.safetensors` in `out`; writes `stop.safetensors` there.

    Raises:
        DataError: a collection is missing, or `spotter.safetensors` is not ours.
    """
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    pools, unheard = _pools(data)
    room = Room.build(0)
    network = Spotter()
    checkpoint = out / "spotter.safetensors"
    before = newest(checkpoint)
    if before.exists():
        _restore(network, before)
        report(f"going on from {before.name}")
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=max(2, steps), pct_start=0.1)
    reported = saved = time.monotonic()
    mean: np.ndarray | None = None
    for step in range(1, steps + 1):
        losses = _step(network, [strip(pools, room, random) for _ in range(BATCH)])
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        schedule.step()
        mean = losses if mean is None else 0.98 * mean + 0.02 * losses
        now = time.monotonic()
        if now - saved > _SAVE_EVERY_S or step == steps:
            write_checkpoint(network.state_dict(), checkpoint)
            saved = now
        if now - reported > _REPORT_EVERY_S or step == steps:
            busy = f"{time.process_time():.0f} s of processor time"
            report(f"step {step} of {steps}: loss of stops {mean[0]:.4f}, of phonemes {mean[1]:.3f}; {busy}")
            reported = now
    threshold = _threshold(network, unheard, room, random)
    report(f"threshold {threshold:.3f}")
    return _write(network, threshold, out / "stop.safetensors")


def _pools(data: Path) -> tuple[Pools, Pools]:
    """What is learnt from, and talk that is kept for the threshold (the last file, where there are several)."""
    files = {name: shards(data, name) for name in _COLLECTIONS}
    kept = files["sentences"][-1:]
    files["sentences"] = files["sentences"][:-1] or kept
    pools = {name: [each for path in paths for each in read_shard(path)] for name, paths in files.items()}
    return pools, {
        "sentences": [each for path in kept for each in read_shard(path)],
        "confusables": pools["confusables"],
    }


def _write(network: Spotter, threshold: float, path: Path) -> Path:
    from safetensors.torch import save_file

    weights = {
        name: value.half().contiguous() for name, value in network.state_dict().items() if "phonemes" not in name
    }
    weights["threshold"] = torch.tensor([threshold])
    part = path.with_suffix(".part")
    save_file(weights, part)
    os.replace(part, path)
    return path


def _restore(network: Spotter, path: Path) -> None:
    try:
        network.load_state_dict(read_checkpoint(path))
    except UNREADABLE as error:
        raise DataError(f"'{path}' is no checkpoint of this training ({type(error).__name__})",
                        next_step="choose another folder, or remove it to begin anew") from None  # fmt: skip


@torch.no_grad()
def _threshold(network: Spotter, unheard: Pools, room: Room, random: np.random.Generator) -> float:
    """The lowest threshold at which talk without the word makes FALSE_PER_HOUR false stops."""
    highest: list[float] = []
    for _ in range(_PROVING_STRIPS // BATCH):
        talk = [each for each in (strip(unheard, room, random) for _ in range(BATCH)) if not (each.stop != 0).any()]
        said = torch.sigmoid(network(torch.from_numpy(np.stack([each.bands for each in talk])))[0])
        highest += F.avg_pool1d(said[:, None], SMOOTHED, stride=1)[:, 0].max(dim=1).values.tolist()
    hours = len(highest) * STRIP / FRAMES_PER_SECOND / 3600
    allowed = int(FALSE_PER_HOUR * hours)
    return float(np.clip(sorted(highest, reverse=True)[allowed] + 0.01, 0.3, _HIGHEST))


def strip(pools: Pools, room: Room, random: np.random.Generator) -> Strip:
    """A few utterances after each other with pauses, in one noise; in about half of the strips somebody says stop."""
    energies = np.full((STRIP, 80), -10.0, np.float16)
    phonemes = np.zeros(STRIP, np.int64)
    stops: list[int] = []
    names = [name for name in _COLLECTIONS if name in pools]
    shares = np.array([share for name, share in zip(_COLLECTIONS, _SHARES, strict=True) if name in pools])
    at = int(random.integers(0, 80))
    while at < STRIP - 30 and random.random() < 0.92:
        pool = pools[names[random.choice(len(names), p=shares / shares.sum())]]
        each = pool[random.integers(len(pool))]
        length = min(len(each.energies), STRIP - at)
        energies[at : at + length] = each.energies[:length] + np.float16(random.uniform(-0.6, 0.3))
        phonemes[at : at + length] = each.phonemes[:length]
        stops += [at + end for end in each.stops if at + end < STRIP]
        at += length + int(random.integers(0, (1, 1, 30, 150)[random.integers(4)]))
    stop = np.zeros(STRIP, np.float32)
    for end in stops:
        stop[max(0, end + EARLY) : end + LATE] = -1
    for end in stops:
        stop[end + FIRST : end + LAST] = 1
    talking = at > 80 and bool(phonemes.any())
    sound = room.mixed(energies if talking else energies[:0], 0, STRIP, random, snr_db=(2.0, 28.0), throat=_THROAT)
    return Strip(bands(10**sound), stop[1::STRIDE], phonemes[1::STRIDE])


def _step(network: Spotter, strips: list[Strip]) -> np.ndarray:
    x = torch.from_numpy(np.stack([each.bands for each in strips]))
    wanted = torch.from_numpy(np.stack([each.stop for each in strips]))
    phonemes = torch.from_numpy(np.stack([each.phonemes for each in strips]))
    said, told = network(x)
    judged = wanted >= 0
    stop = F.binary_cross_entropy_with_logits(said[judged], wanted[judged], pos_weight=torch.tensor(POSITIVE_WEIGHT))
    alarms = F.softplus(said[wanted == 0])  # the same loss, of each moment without a stop
    stop = stop + 0.1 * alarms.topk(max(1, round(HARDEST * len(alarms)))).values.mean()
    aid = F.cross_entropy(told.flatten(0, 1), phonemes.flatten())
    (stop + AID * aid).backward()
    nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    return np.array([stop.item(), aid.item()])
