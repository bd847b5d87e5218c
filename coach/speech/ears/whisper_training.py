"""Training the tiny Whisper from nothing: the published classes, a small vocabulary, phonemes as a second lesson.

What makes it align within minutes on one core (word-level losses alone do not): every encoder frame also names the
phoneme that is being said. The decoder learns with and without timestamps, with little context and with all 30 seconds.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from whisper.model import ModelDimensions, Whisper, disable_sdpa

from coach.speech.ears.checkpoints import UNREADABLE, newest, read_checkpoint, write_checkpoint
from coach.speech.ears.data import PHONEMES, DataError
from coach.speech.ears.features import N_MELS
from coach.speech.ears.tokens import Tokens
from coach.speech.ears.whisper_batches import AUDIO_CONTEXT, IGNORED, Batch, make_batches

N_STATE, N_HEAD, ENCODER_LAYERS, DECODER_LAYERS, TEXT_CONTEXT = 144, 4, 3, 2, 448
RATE, WARM_UP, DECAY_FROM = 4e-3, 150, 0.75
AID_FIRST, AID_LAST = 1.0, 0.3  # weight of the phonemes
AVERAGED = 0.99
SAVE_EVERY_S, REPORT_EVERY_S = 60.0, 20.0


class Learner(nn.Module):
    """Whisper with a cut vocabulary and a phoneme head that is thrown away afterwards."""

    def __init__(self, n_vocab: int) -> None:
        super().__init__()
        self.whisper = Whisper(dimensions(n_vocab))
        self.phonemes = nn.Linear(N_STATE, len(PHONEMES))
        decoder = self.whisper.decoder
        nn.init.normal_(decoder.token_embedding.weight, std=0.08)
        nn.init.normal_(decoder.positional_embedding, std=0.02)
        self.positions: torch.Tensor
        self.register_buffer("positions", self.whisper.encoder.positional_embedding.clone())

    def forward(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """The loss of the words, and of the phonemes: Tensor[] each."""
        encoder = self.whisper.encoder
        encoder.positional_embedding = self.positions[: batch.mel.shape[-1] // 2]
        heard = encoder(batch.mel)
        encoder.positional_embedding = self.positions
        words = self.whisper.decoder(batch.tokens, heard)
        told = self.phonemes(heard)
        return _cross_entropy(words, batch.targets), _cross_entropy(told, batch.phonemes)

    @torch.no_grad()
    def keep_last_column_free(self) -> None:
        """The last number of every state stays free for the bias against words that are not known (`export.py`)."""
        decoder = self.whisper.decoder
        decoder.token_embedding.weight[:, -1] = 0
        decoder.ln.weight[-1] = 0
        decoder.ln.bias[-1] = 0


def _cross_entropy(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return F.cross_entropy(logits.flatten(0, 1).float(), targets.flatten(), ignore_index=IGNORED)


def dimensions(n_vocab: int) -> ModelDimensions:
    return ModelDimensions(N_MELS, AUDIO_CONTEXT, N_STATE, N_HEAD, ENCODER_LAYERS, n_vocab, TEXT_CONTEXT, N_STATE,
                           N_HEAD, DECODER_LAYERS)  # fmt: skip


def train(data: Path, out: Path, steps: int, seed: int, report: Callable[[str], None],
          minutes: float = math.inf) -> Path:  # fmt: skip
    """Train until `steps` steps are done, going on from the checkpoint in `out`; returns the checkpoint.

    Args:
        minutes: of the clock; where they are over first, they end the training, and it has slowed down in time.

    Raises:
        DataError: there is no data, or the checkpoint is not ours.
    """
    torch.manual_seed(seed)
    tokens = Tokens.household()
    run = _Run(len(tokens), out / "whisper.safetensors")
    if run.step:
        report(f"going on from step {run.step}")
    batches = make_batches(data, tokens, seed + run.step)
    began = saved = reported = time.monotonic()
    mean: np.ndarray | None = None
    while (done := max(run.step / steps, (time.monotonic() - began) / (60 * minutes))) < 1:
        losses = run.learn(next(batches), done)
        mean = losses if mean is None else 0.98 * mean + 0.02 * losses
        now = time.monotonic()
        if now - saved > SAVE_EVERY_S:
            run.save()
            saved = now
        if now - reported > REPORT_EVERY_S or run.step == steps:
            busy = f"{time.process_time():.0f} s of processor time"
            report(f"step {run.step} of {steps}: loss of words {mean[0]:.3f}, of phonemes {mean[1]:.3f}; {busy}")
            reported = now
    run.save()
    return run.path


class _Run:
    """A training that can be interrupted: weights, their moving average, optimizers, steps done.

    Raises:
        DataError: there is a file at `path` that is not ours.
    """

    def __init__(self, n_vocab: int, path: Path) -> None:
        self.path, self.step = path, 0
        self._learner = Learner(n_vocab)
        self._average = {name: value.detach().clone() for name, value in self._learner.named_parameters()}
        self._optimizers = _optimizers(self._learner)
        if newest(path).exists():
            self._restore(newest(path))

    def learn(self, batch: Batch, done: float) -> np.ndarray:
        """One step.

        Args:
            done: share of the training that lies behind it, 0…1.
        Returns:
            float64[2], the losses of words and phonemes.
        """
        for optimizer in self._optimizers:
            optimizer.param_groups[0]["lr"] = _rate(self.step, done)
            optimizer.zero_grad(set_to_none=True)
        # bfloat16 without fused attention: a quarter less time than float32 on a processor
        with torch.autocast("cpu", torch.bfloat16), disable_sdpa():
            words, phonemes = self._learner(batch)
        aid = max(AID_LAST, AID_FIRST - (AID_FIRST - AID_LAST) * done / DECAY_FROM)
        (words + aid * phonemes).backward()
        nn.utils.clip_grad_norm_(self._learner.parameters(), 1.0)
        for optimizer in self._optimizers:
            optimizer.step()
        self._learner.keep_last_column_free()
        with torch.no_grad():
            for name, value in self._learner.named_parameters():
                self._average[name].lerp_(value, 1 - AVERAGED)
        self.step += 1
        return np.array([words.item(), phonemes.item()])

    def save(self) -> None:
        """The average is what is exported (`export.py`), the rest is for going on."""
        state = self._learner.state_dict()
        kept = {"step": self.step, "learner": state, "average": {**state, **self._average},
                "optimizers": [optimizer.state_dict() for optimizer in self._optimizers]}  # fmt: skip
        write_checkpoint(kept, self.path)

    def _restore(self, path: Path) -> None:
        try:
            kept = read_checkpoint(path)
            self._learner.load_state_dict(kept["learner"])
            for optimizer, state in zip(self._optimizers, kept["optimizers"], strict=True):
                optimizer.load_state_dict(state)
            for name, value in self._average.items():
                value.copy_(kept["average"][name])
            self.step = int(kept["step"])
        except UNREADABLE as error:
            raise DataError(f"'{path}' is no checkpoint of this training ({type(error).__name__})",
                            next_step="choose another folder, or remove it to begin anew") from None  # fmt: skip


def _optimizers(learner: Learner) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the layers, AdamW for the rest."""
    matrices: list[nn.Parameter] = []
    rest: list[nn.Parameter] = []
    for name, parameter in learner.named_parameters():
        inside = parameter.ndim == 2 and "blocks" in name
        (matrices if inside else rest).append(parameter)
    return [torch.optim.Muon(matrices, lr=RATE, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(rest, lr=RATE, betas=(0.9, 0.98), weight_decay=0.01)]  # fmt: skip


def _rate(step: int, done: float) -> float:
    """Warm up, stay, then fall to a hundredth over the last part: the end may be moved while it stays."""
    falling = (1 - done) / (1 - DECAY_FROM)
    return RATE * min(1.0, (step + 1) / WARM_UP) * max(0.01, min(1.0, falling))
