"""How sure a thought may be taken to be: token probabilities turned into the chance that the subtask is right.

A language model's own probabilities are too bold where it is wrong and say nothing about a home it has not seen. On
layouts that are used for nothing else the chance of the words (the product of their probabilities) is compared with how
often the subtask was right, and two numbers bring the one to the other.

Source: Platt scaling, J. Platt 1999, Probabilistic outputs for support vector machines; as used for networks in
arXiv 1706.04599.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import yaml

from robot_bridge.protocol.errors import CheckpointError

log = logging.getLogger(__name__)

FILE = "calibration.yaml"
WEIGHTS = "model.safetensors"
_ENOUGH = 2**20  # bytes
_SURE = 12.0  # log odds beyond which a chance counts as certain
_RIDGE = 1e-3
_STEPS = 50
_SMALL = 1e-9


class Calibration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From the log odds of the words to the log odds of being right: slope · x + intercept.

    Args:
        seeds: the layouts that it was fitted on; thoughts: how many thoughts.
        weights: `fingerprint` of the weights that it was fitted for; with others it is not used.
    """

    slope: float = 1.0
    intercept: float = 0.0
    seeds: str = ""
    thoughts: int = 0
    weights: str = ""

    def certainty(self, log_chance: float) -> float:
        """The chance that the subtask is right, 0 to 1, from the log probability of the words."""
        return float(_sigmoid(self.slope * log_odds(log_chance) + self.intercept))

    @classmethod
    def fit(cls, odds: Sequence[float], right: Sequence[bool], seeds: str) -> Calibration:
        """The likeliest slope and intercept, by Newton's method, from log odds of words and whether they were right."""
        x = np.stack([np.asarray(odds, np.float64), np.ones(len(odds))], 1)
        y, weights = np.asarray(right, np.float64), np.zeros(2)
        for _ in range(_STEPS):
            p = _sigmoid(x @ weights)
            gradient = x.T @ (y - p) - _RIDGE * weights
            curvature = (x * (p * (1 - p))[:, None]).T @ x + _RIDGE * np.eye(2)
            step = np.linalg.solve(curvature, gradient)
            while _loss(x, y, weights + step) > _loss(x, y, weights) and np.abs(step).max() > _SMALL:
                step = step / 2
            weights = weights + step
        slope, intercept = (round(float(w), 4) for w in weights)
        return cls(slope=slope, intercept=intercept, seeds=seeds, thoughts=len(y))


def log_odds(log_chance: float) -> float:
    """log(p / (1 − p)) of p = exp(log_chance), within ±12."""
    against = -np.expm1(min(log_chance, -1e-12))
    return float(np.clip(log_chance - np.log(against), -_SURE, _SURE))


def chance_of_words(written: Sequence[int], chances: Sequence[float], ends: frozenset[int]) -> float | None:
    """Log probability of the reason and subtask that the model wrote, up to the token that ends them; None where a
    person wrote them.

    Args:
        written: tokens; chances: their log probabilities.
        ends: tokens behind the subtask: the keys of other lines and the thought's end.
    """
    total = 0.0
    for number, (token, chance) in enumerate(zip(written, chances, strict=True)):
        total += chance
        if token in ends:
            return total if number else None
    return total if written else None


def read_calibration(folder: Path) -> Calibration | None:
    """The calibration of a checkpoint; None where there is none, or one of other weights.

    Raises:
        CheckpointError: it cannot be read.
    """
    path = folder / FILE
    try:
        calibration = msgspec.convert(yaml.safe_load(path.read_text("utf-8")), Calibration)
        if calibration.weights == fingerprint(folder):
            return calibration
        log.warning("%s belongs to other weights and is not used; `coach bench calibration --fit` makes it anew", path)
        return None
    except FileNotFoundError:
        return None
    except (OSError, yaml.YAMLError, msgspec.ValidationError) as error:
        mend = "remove it, or run `coach bench calibration --fit` again"
        raise CheckpointError(f"cannot read {path}: {error}", next_step=mend) from None


def write_calibration(folder: Path, calibration: Calibration) -> Path:
    """Put a calibration beside the weights it belongs to."""
    path, partial = folder / FILE, folder / f".{FILE}.partial"
    own = msgspec.structs.replace(calibration, weights=fingerprint(folder))
    partial.write_text(yaml.safe_dump(msgspec.to_builtins(own), sort_keys=False), "utf-8")
    os.replace(partial, path)
    return path


def fingerprint(folder: Path) -> str:
    """Tells a checkpoint's weights from others: a checksum of the file's size, beginning and end."""
    path = folder / WEIGHTS
    size = path.stat().st_size
    digest = hashlib.blake2b(str(size).encode(), digest_size=8)
    with path.open("rb") as file:
        digest.update(file.read(_ENOUGH))
        file.seek(max(0, size - _ENOUGH))
        digest.update(file.read())
    return digest.hexdigest()


def _loss(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> float:
    """What the fit makes small: minus the log likelihood, and a little for large numbers."""
    odds = x @ weights
    return float(np.logaddexp(0, np.where(y > 0, -odds, odds)).sum() + 0.5 * _RIDGE * weights @ weights)


def _sigmoid(x: np.ndarray | float) -> np.ndarray:
    return 0.5 * (1 + np.tanh(0.5 * np.asarray(x)))
