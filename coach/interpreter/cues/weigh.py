"""How likely each meaning is, by the cues of an utterance: a linear model, its weights beside it in `weights.json`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import msgspec

WEIGHTS = Path(__file__).parent / "weights.json"
SEVERAL = "several"  # wishes of more than one kind in one utterance


class Weights(msgspec.Struct, frozen=True):
    """A multinomial logistic regression over the cues that are there, scaled by the root of their number.

    Args:
        kinds: the meanings, `several` among them.
        scale: what the whole numbers below are to be divided by.
        bias: one a kind.
        cues: for each cue one number a kind.
    """

    kinds: tuple[str, ...]
    scale: float
    bias: tuple[int, ...]
    cues: dict[str, tuple[int, ...]]

    def weigh(self, forms: Sequence[Iterable[str]]) -> dict[str, float]:
        """Kind → probability, by the cues of every form that the words have; they add up to 1."""
        logits = [sum(column) / len(forms) for column in zip(*map(self._logits, forms), strict=True)]
        top = max(logits)
        shares = [math.exp(logit - top) for logit in logits]
        whole = sum(shares)
        return {kind: share / whole for kind, share in zip(self.kinds, shares, strict=True)}

    def _logits(self, cues: Iterable[str]) -> list[float]:
        rows = [row for cue in cues if (row := self.cues.get(cue)) is not None]
        root = math.sqrt(max(len(rows), 1))
        sums = [sum(column) / root for column in zip(*rows, strict=True)] if rows else [0.0] * len(self.kinds)
        return [(total + bias) / self.scale for total, bias in zip(sums, self.bias, strict=True)]


@cache
def weights() -> Weights:
    return msgspec.json.decode(WEIGHTS.read_bytes(), type=Weights)
