"""Intervals and tests for successes and failures."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, comb, inf, sqrt

_Z95, _Z80 = 1.959964, 0.841621
_LEAST_DISCORDANT = 6  # all to one side: p = 0.03
LEAST_POINTS = 3.0  # a smaller difference of two checkpoints matters to nobody

BETTER, WORSE, OPEN = "better", "worse", "cannot tell"
EQUAL = f"no difference of {LEAST_POINTS:g} points or more"


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


def interval(better: int, worse: int, pairs: int) -> tuple[float, float]:
    """95 % interval of the difference of the two rates, −1 to 1; better is positive.

    Source: Bonett and Price 2012, J. Educ. Behav. Stat. 37, 479–488: Wald's interval with a pair more of each kind.
    """
    return _interval(better, worse, pairs, _Z95)


def verdict(better: int, worse: int, pairs: int) -> str:
    """`better` or `worse` at p < 0.05; `no difference of 3 points or more` once the interval of the difference lies
    within as much to either side; else `cannot tell`."""
    if mcnemar(better, worse) < 0.05:
        return BETTER if better > worse else WORSE
    return EQUAL if _is_within(*interval(better, worse, pairs)) else OPEN


def more_needed(better: int, worse: int, pairs: int) -> int:
    """About how many more pairs would settle it with a chance of 80 %, were they to differ as often as so far; at least
    1, and 0 where it is settled.

    What settles it is that the two differ, or that they differ by less than `LEAST_POINTS`, whichever is nearer.
    """
    if verdict(better, worse, pairs) != OPEN:
        return 0
    first, second = better / max(pairs, 1), worse / max(pairs, 1)
    return max(1, ceil(min(_to_differ(first, second), _to_be_equal(first, second))) - pairs)


def holm(p: Sequence[float]) -> list[float]:
    """The p of several tests, each corrected for the others.

    Source: Holm 1979, Scand. J. Stat. 6, 65–70.
    """
    corrected, least = [0.0] * len(p), 0.0
    for rank, index in enumerate(sorted(range(len(p)), key=p.__getitem__)):
        least = max(least, min(1.0, (len(p) - rank) * p[index]))
        corrected[index] = least
    return corrected


def _to_differ(better: float, worse: float) -> float:
    """Pairs with which McNemar's exact test finds such a difference of the rates in 80 % of all cases; at least those
    that hold as many discordant pairs as can be significant.

    Source: Connor 1987, Biometrics 43, 207–211, eq. 2 (after Miettinen 1968, Biometrics 24, 339–352), with the
    continuity correction of Edwards 1948, Psychometrika 13, 185–187, for the exact test.
    """
    rate, by = better + worse, abs(better - worse)
    if not by:
        return inf
    spread = _Z95 * sqrt(rate) + _Z80 * sqrt(rate - by**2)
    root = (spread + sqrt(spread**2 + 4 * by)) / (2 * by)
    return max(root**2, _LEAST_DISCORDANT / rate)


def _to_be_equal(better: float, worse: float) -> float:
    """Pairs with which the interval of the difference lies within `LEAST_POINTS` in 80 % of all cases."""
    if 100 * abs(better - worse) >= LEAST_POINTS:
        return inf
    enough = 1
    while not _is_within(*_interval(better * enough, worse * enough, enough, _Z95 + _Z80)):
        enough = ceil(1.01 * enough)
    return enough


def _interval(better: float, worse: float, pairs: float, z: float) -> tuple[float, float]:
    first, second = (better + 1) / (pairs + 2), (worse + 1) / (pairs + 2)
    half = z * sqrt((first + second - (first - second) ** 2) / (pairs + 2))
    return max(-1.0, first - second - half), min(1.0, first - second + half)


def _is_within(low: float, high: float) -> bool:
    return 100 * max(-low, high) < LEAST_POINTS
