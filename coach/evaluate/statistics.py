"""Intervals and tests for successes and failures."""

from __future__ import annotations

from math import ceil, comb, sqrt

_Z95 = 1.959964
LEAST_POINTS = 3.0  # a smaller difference of two checkpoints matters to nobody


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """95 % interval of a success rate; (0, 1) where nothing was tried.

    Source: Wilson 1927, J. Am. Stat. Assoc. 22, 209–212; as in Brown, Cai and DasGupta 2001, eq. 4.
    """
    if trials == 0:
        return 0.0, 1.0
    rate, z2 = successes / trials, _Z95**2
    middle = (rate + z2 / (2 * trials)) / (1 + z2 / trials)
    half = _Z95 / (1 + z2 / trials) * sqrt(rate * (1 - rate) / trials + z2 / (4 * trials**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def mcnemar(better: int, worse: int) -> float:
    """Two-sided exact p of `better` against `worse` discordant pairs, if both were equally likely.

    Source: McNemar 1947, Psychometrika 12, 153–157, with the binomial distribution in place of χ².
    """
    pairs, few = better + worse, min(better, worse)
    return min(1.0, 2 * sum(comb(pairs, k) for k in range(few + 1)) / 2**pairs)


def verdict(better: int, worse: int) -> str:
    """`better`, `worse` or `cannot tell`, at p < 0.05."""
    if mcnemar(better, worse) >= 0.05:
        return "cannot tell"
    return "better" if better > worse else "worse"


def more_needed(better: int, worse: int, pairs: int) -> int:
    """About how many more pairs would tell the two apart; 0 where that is known already, else at least 1.

    Were they to differ as often as so far; where that is by less than `LEAST_POINTS`, until the 95 % interval of the
    difference is no wider than that to either side.
    """
    if mcnemar(better, worse) < 0.05:
        return 0
    if 100 * abs(better - worse) < LEAST_POINTS * max(pairs, 1):
        differing = (better + worse) / pairs if better + worse else wilson(0, pairs)[1]
        return max(1, ceil(differing * (100 * _Z95 / LEAST_POINTS) ** 2) - pairs)
    factor = 1.0
    while mcnemar(round(better * factor), round(worse * factor)) >= 0.05:
        factor *= 1.1
    return max(1, round(pairs * (factor - 1)))
