"""Lists and names as they stand in a sentence."""

from __future__ import annotations

from coach.session.errand import KINDS, PLACES


def known_things() -> str:
    """The kinds of thing that the robot knows."""
    return joined(KINDS, "and")


def known_places() -> str:
    return joined(tuple(f"the {place}" for place in PLACES), "and")


def joined(words: tuple[str, ...], last: str) -> str:
    """`a, b or c`."""
    return f" {last} ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else ""


def sentence(words: str) -> str:
    """With a capital letter in front."""
    return words[:1].upper() + words[1:]
