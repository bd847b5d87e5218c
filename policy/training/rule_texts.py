"""Which of a home's rules holds for a thing: instructions with notes, and the sentence that takes one of them up.

No picture is needed to learn that, and beside all else that pictures teach the model does not come to it: it repeats
some place that a note names, until it has seen some forty thousand of these.
"""

from __future__ import annotations

import numpy as np

from policy.training.pictures import COLOURS, KINDS
from policy.training.still_texts import HANDS, Wordings, home_rules, some_kinds

_CHORES, _RULED = 0.85, 0.8  # shares of chores, the others name the place; of chores with a rule for the very thing


def rule_texts(count: int, rng: np.random.Generator, wordings: Wordings) -> tuple[list[str], list[str]]:
    """`count` instructions with notes on the lines after them, and the thoughts as far as "goes in the SINK"."""
    pairs = [_pair(rng, wordings) for _ in range(count)]
    return [instruction for instruction, _ in pairs], [thought for _, thought in pairs]


def _pair(rng: np.random.Generator, wordings: Wordings) -> tuple[str, str]:
    kind, colour = str(rng.choice(KINDS)), str(rng.choice(COLOURS))
    kinds = some_kinds(rng)
    if kind not in kinds and rng.random() < _RULED:
        kinds[int(rng.integers(len(kinds)))] = kind
    rules, notes = home_rules(kinds, rng, wordings)
    if rng.random() < _CHORES:
        words = str(rng.choice(wordings.chores["clear"]))
        place = {**wordings.belongs, **rules}[kind]
    else:
        place = str(rng.choice(list(HANDS)))
        words = wordings.task(f"{colour} {kind}", place, rng)
    return words + notes, f"reason: the {colour} {kind} is on the counter and goes in the {place}\n"
