"""A home's rule about dirty dishes ("dirty dishes always go in the sink"): what sees the dirt follows it.

The words alone do not: the model learnt what a kind of thing is and where a note sends it, and whether a plate is dirty
is a few brown pixels. A note about dirt confused it about the clean ones, too. So such a note is kept from its words,
and weighs in where a thought says where a dish goes that the scene head sees to be dirty.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from torch import Tensor

from policy.model.scene import DISHES, Sight
from policy.model.tokenizer import ThoughtTokenizer
from robot_bridge.protocol.messages import Context

PLACES = ("sink", "drying rack", "dishwasher", "bin")
_DISH = rf"(?:dish(?:es)?|{'|'.join(f'{kind}s?' for kind in sorted(DISHES))})"
_ABOUT_DIRT = re.compile(rf"\b(?:(?:dirty|soiled|unwashed|used) {_DISH}|{_DISH} (?:that|which) (?:are|is) dirty)\b")
_OTHER = re.compile(r"\b(?:clean|never|not|don't|no|if|when|except|unless|sponges?|towels?|bottles?)\b")
_PLACE = re.compile(rf"\b(?:{'|'.join(PLACES)})\b")
_KIND = re.compile(rf"\b({'|'.join(sorted(DISHES))})s?\b")
_MOST = 5.0  # log odds by which dirt sets its place above all others


@dataclass(frozen=True)
class DirtyPlace:
    """Where dirty dishes go: how dirty each looks decides.

    Args:
        things: by the tokens of their names, log odds of dirt.
        behind: tokens after which a place is named.
        place: first token of the place's name.
    """

    things: dict[tuple[int, ...], float]
    behind: tuple[int, ...]
    place: int

    def add(self, logits: Tensor, said: Sequence[int]) -> None:
        """Weigh the next token's scores, float32[vocabulary], changed in place, behind the tokens of a thought."""
        if tuple(said[-len(self.behind) :]) != self.behind:
            return
        odds = next((odds for name, odds in self.things.items() if _within(name, said)), 0.0)
        if odds > 0:
            logits[self.place] = logits.max() + min(odds, _MOST)


class DirtNotes:
    """Makes priors for one checkpoint."""

    def __init__(self, tokenizer: ThoughtTokenizer, sight: Sight) -> None:
        self._sight = sight
        self._names = [(name.split()[-1], tuple(tokenizer.encode(name))) for name in sight.names]
        self._behind = tuple(tokenizer.encode(" goes in the"))
        self._places = {place: tokenizer.encode(f" {place}")[0] for place in PLACES}

    def priors(self, context: Context, tokens: Tensor) -> tuple[DirtyPlace, ...]:
        """One for each note about dirt, the last note first: what was told first, or holds for now, comes before it.

        Args:
            tokens: Tensor[patches, width] of the first camera.
        """
        told = [found for note in context.notes if (found := place_for_dirt(note)) is not None]
        if not told:
            return ()
        odds = self._sight.head.dirt(tokens).tolist()
        return tuple(
            DirtyPlace({name: chance for (kind, name), chance in zip(self._names, odds, strict=True) if kind in kinds},
                       self._behind, self._places[place]) for kinds, place in reversed(told)
        )  # fmt: skip


def place_for_dirt(note: str) -> tuple[frozenset[str], str] | None:
    """(kinds, place) of a note about dirty dishes; None where it is about something else, or says more than that."""
    words = note.lower()
    places = set(_PLACE.findall(words))
    if not _ABOUT_DIRT.search(words) or _OTHER.search(words) or len(places) != 1:
        return None
    kinds = frozenset(_KIND.findall(words)) or DISHES
    return kinds, places.pop()


def _within(name: Sequence[int], said: Sequence[int]) -> bool:
    return any(tuple(said[at : at + len(name)]) == name for at in range(len(said) - len(name) + 1))


def for_words(context: Context) -> Context:
    """What the model's words are to read: all but the notes about dirt."""
    notes = tuple(note for note in context.notes if place_for_dirt(note) is None)
    return context if len(notes) == len(context.notes) else msgspec.structs.replace(context, notes=notes)
