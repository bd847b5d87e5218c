"""What the simulated coach says, in words that vary, and what of it is heard."""

from __future__ import annotations

import numpy as np

CORRECTIONS = (
    "no, the {kind} goes in the {place}",
    "no, that {kind} goes in the {place}",
    "no, put it in the {place}",
    "not the {wrong}, the {place}",
    "not in the {wrong}, in the {place}",
    "in the {place} please, not the {wrong}",
    "no no, in the {place}",
    "actually the {thing} goes in the {place}",
    "no, the {thing} belongs in the {place}",
    "put the {kind} in the {place} instead",
    "that should go in the {place}",
    "the {place}, not the {wrong}",
    "no, the {kind} should go in the {place}",
    "it goes in the {place}",
    "no, in the {place}",
    "no, {place}",
)
REMEDIES = (
    "put the {thing} in the {place}",
    "now put the {thing} in the {place}",
    "take the {thing} to the {place}",
    "please put the {thing} in the {place}",
)
ANOTHER = (
    "no, put the {thing} in the {place}",
    "no, take the {thing} to the {place}",
    "not that, put the {thing} in the {place}",
    "now put the {thing} in the {place}",
)
AGAIN = ("clear the counter", "please clear the counter", "tidy up please")
SOUNDS_LIKE = {
    "bin": "been", "sink": "think", "rack": "back", "dishwasher": "dish water", "plate": "late", "cup": "cut",
    "bowl": "ball", "sponge": "spun", "towel": "tell", "bottle": "battle", "put": "but", "goes": "ghost", "not": "knot",
    "no": "know", "the": "a", "in": "and", "drying": "trying", "red": "bread", "blue": "glue", "green": "queen",
    "yellow": "hello", "white": "right", "it": "eat", "please": "peas", "clear": "near", "counter": "encounter",
}  # fmt: skip


def said(templates: tuple[str, ...], rng: np.random.Generator, **gaps: str) -> str:
    """One of the templates, filled in."""
    return templates[int(rng.integers(len(templates)))].format(**gaps)


def heard(words: str, rng: np.random.Generator, share: float) -> str:
    """The words, each of them with this chance lost or taken for one that sounds alike."""
    out = []
    for word in words.split():
        plain = word.strip(",")
        if rng.random() >= share:
            out.append(word)
        elif plain in SOUNDS_LIKE and rng.random() < 0.7:
            out.append(word.replace(plain, SOUNDS_LIKE[plain]))
    return " ".join(out)
