"""`no knives in the dishwasher` is a rule, `no, the knife in the dishwasher` a correction: what tells them apart."""

from __future__ import annotations

import re

from coach.interpreter.lexicon import DETERMINERS, singular

BAN = re.compile(r"no (?P<thing>[a-z]+(?: [a-z]+){0,3}?) (?P<where>(?:in|on|into|onto) .+)")


_MASS = frozenset(
    [
        "glass",
        "plastic",
        "paper",
        "metal",
        "food",
        "cutlery",
        "crockery",
        "silverware",
        "meat",
        "foil",
        "wood",
        "grease",
        "oil",
        "tableware",
        "waste",
    ]
)


def is_ban(clause: str) -> bool:
    """Whether the clause forbids a kind of thing at a place: a bare plural right behind `no`."""
    match = BAN.fullmatch(clause)
    if match is None:
        return False
    words = match["thing"].split()
    return words[0] not in DETERMINERS and (singular(words[-1]) != words[-1] or words[-1] in _MASS)
