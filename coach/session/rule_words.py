"""Rules that leave their thing to what was talked about: "always put it in the bin"."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from coach.interpreter.items import Item, Object
from coach.interpreter.lexicon import preposition_of
from coach.session.errand import Errand
from coach.session.recent import has_pronoun


def in_place(place: str) -> str:
    """`counter` → `on the counter`."""
    return f"{preposition_of(place)} the {place}"


def names_nothing(item: Item) -> bool:
    """Whether a rule says where something goes, and leaves open what."""
    placed = bool(item.place or item.instead_of)
    return item.kind == "rule" and item.scope != "now" and item.object is None and placed and has_pronoun(item.text)


def with_things(items: Sequence[Item], errand: Errand | None) -> tuple[Item, ...]:
    """Rules about `it` are about the kind of thing that is being moved, or was moved last."""
    return tuple(_about(item, errand) if errand and names_nothing(item) else item for item in items)


def _about(item: Item, errand: Errand) -> Item:
    kind = errand.thing.split()[-1]
    goes = f"always go {in_place(item.place)}" if item.place else f"never go {in_place(item.instead_of)}"
    return msgspec.structs.replace(item, object=Object(name=kind), text=f"{kind}s {goes}")
