"""Rules that leave their thing to what was talked about: "always put it in the bin"."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from coach.interpreter.items import Item, Object
from coach.interpreter.lexicon import in_place

_LEFT_OPEN = re.compile(r"\b(?:it|that|this|them|those|these)\b")
_EMPTY = re.compile(
    r"(?:(?:from (?:now|today|here) on|in (?:the )?future|always|never|not|do not|don't|no|yes|okay|ok|please|and|but|"
    r"so)[\s,.!]*)+"
)
_THERE = re.compile(r"\b(?:there|here)\b")


def names_nothing(item: Item) -> bool:
    """Whether a rule says where something goes, and leaves open what; or says nothing but that it holds."""
    if item.kind == "rule" and _EMPTY.fullmatch(item.text.lower()):
        return True
    if (
        item.kind != "rule"
        or item.scope == "now"
        or item.object is not None
        or not _LEFT_OPEN.search(item.text.lower())
    ):
        return False
    return bool(item.place or item.instead_of) or _THERE.search(item.text.lower()) is not None


def with_things(items: Sequence[Item], talked_about: str) -> tuple[Item, ...]:
    """Rules about `it` are about the kind of thing that was named just before, in the same words or earlier.

    Args:
        talked_about: before these words, `red cup`; empty where nothing was.
    """
    found: list[Item] = []
    for item in items:
        named = [other.object.name for other in found if other.object and other.object.name]
        else_said = any(other.kind in ("task", "fact", "rule") for other in found)  # of what, nobody knows
        thing = named[-1] if named else "" if else_said else talked_about
        placed = item.place or item.instead_of
        found.append(_about(item, thing) if thing and placed and names_nothing(item) else item)
    return tuple(found)


def _about(item: Item, thing: str) -> Item:
    kind = thing.split()[-1]
    goes = f"always go {in_place(item.place)}" if item.place else f"never go {in_place(item.instead_of)}"
    return msgspec.structs.replace(item, object=Object(name=kind), text=f"{kind}s {goes}")
