"""Word errors and the intervals around what was counted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from coach.evaluate.statistics import wilson


def errors_in(said: str, heard: str) -> int:
    """Words that must be changed, added or taken out to get from one to the other (Levenshtein)."""
    wanted, got = _words(said), _words(heard)
    row = list(range(len(got) + 1))
    for i, word in enumerate(wanted, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(got, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != other))
    return row[-1]


def mean_of_words(counted: Sequence[tuple[int, int]], seed: int) -> tuple[float, float, float]:
    """Wrong words in percent with a 95 % interval, by drawing sentences again and again (bootstrap).

    Args: counted: (wrong words, words) of each sentence.
    """
    pairs = np.array(counted, float)
    draws = np.random.default_rng(seed).integers(len(pairs), size=(2000, len(pairs)))
    sums = pairs[draws].sum(axis=1)
    low, high = np.percentile(100 * sums[:, 0] / sums[:, 1], (2.5, 97.5))
    return float(100 * pairs[:, 0].sum() / pairs[:, 1].sum()), float(low), float(high)


def share(hits: int, n: int) -> tuple[float, float, float]:
    """The share of hits and its 95 % interval, in percent."""
    low, high = wilson(hits, n)
    return 100 * hits / n, 100 * low, 100 * high


def poisson(events: int) -> tuple[float, float]:
    """95 % interval of the expected number when so many were counted (Garwood 1936)."""
    from scipy.stats import chi2

    low = chi2.ppf(0.025, 2 * events) / 2 if events else 0.0
    return float(low), float(chi2.ppf(0.975, 2 * events + 2) / 2)


def _words(text: str) -> list[str]:
    plain = "".join(letter if letter.isalnum() or letter == "'" else " " for letter in text.lower())
    return plain.split()
