"""A question that the robot has asked and that waits for its answer; it outlives a crash."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from coach.interpreter.items import Item, Object
from coach.interpreter.lexicon import SAME_AS
from coach.session.errand import KINDS, PLACES
from robot_bridge.protocol.thought import Where

if TYPE_CHECKING:
    from memory.store import Store

STATE_KEY = "pending_question"
ANSWER_KINDS = frozenset(("answer", "unknown", "chatter", "correction", "task", "fact"))
_CANCEL = re.compile(r"\b(never ?mind|forget (it|about it)|neither|none|cancel|leave it|nothing)\b")
_WORD = re.compile(r"[a-z]+")
_IS = re.compile(
    r"(?:no,? )?(?:it|that|this)(?: is|'s) (?:an?|the) (?:(?P<color>[a-z]+) )?(?P<name>[a-z]+)(?: one)?"
    r"(?:,? please)?[.! ]*"
)
_ORDER = ("first", "second", "third", "fourth")


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """Args:
    item: what waits for the answer.
    options: things to choose from, empty where something else is missing.
    where: the point that was shown with the words.
    """

    question: str
    item: Item
    options: tuple[str, ...] = ()
    where: Where | None = None

    def cancelled_by(self, words: str) -> bool:
        return bool(_CANCEL.search(words.lower()))

    def answered_by(self, words: str, items: Sequence[Item]) -> Item | None:
        """The item with its gap filled; None where the words do not fill it."""
        if not {item.kind for item in items} <= ANSWER_KINDS:
            return None
        if self.options:
            thing = chosen(self.options, words)
            if not thing:
                return None
            color, _, name = thing.rpartition(" ")
            return msgspec.structs.replace(self.item, object=Object(name=name, color=color))
        known = self.item.object if self.item.object and self.item.object.name else None
        if any(item.kind == "task" and item.object and item.place for item in items) and known:
            return None  # a whole new task, not an answer
        place = next((item.place for item in items if item.place), "") or _place_in(words)
        thing_said = next((item.object for item in items if item.object and item.object.name in KINDS), None)
        thing_said = thing_said or thing_called(words)
        if known is None and thing_said is not None:
            if self.item.object and not thing_said.color:  # its colour was seen where the person pointed
                thing_said = msgspec.structs.replace(thing_said, color=self.item.object.color)
            return msgspec.structs.replace(self.item, object=thing_said, place=place or self.item.place)
        return msgspec.structs.replace(self.item, place=place) if place and not self.item.place else None


def chosen(options: Sequence[str], words: str) -> str:
    """The only option that the words fit, also by its number; empty where none or several do."""
    said = set(_WORD.findall(words.lower()))
    telling = [len(set(option.split()) & said) for option in options]
    best = max(telling, default=0)
    fits = [option for option, found in zip(options, telling, strict=True) if best and found == best]
    if len(fits) == 1:
        return fits[0]
    numbered = [option for word, option in zip(_ORDER, options, strict=False) if word in said]
    return numbered[0] if len(numbered) == 1 else ""


def thing_called(words: str) -> Object | None:
    """The thing in "it's a cup" and "that is the red mug"; None for other words and things that are not known."""
    said = _IS.fullmatch(words.lower().strip())
    if said is None:
        return None
    same = SAME_AS.get(said["name"], ())
    name = said["name"] if said["name"] in KINDS else same[0] if len(same) == 1 else ""
    return Object(name=name, color=said["color"] or "") if name in KINDS else None


def says_what_it_is(words: str) -> bool:
    """Whether the words only call something by its name: "it's a cup"."""
    return _IS.fullmatch(words.lower().strip()) is not None


def load_pending(store: Store) -> Pending | None:
    """The open question, None where there is none or it was written by another release."""
    try:
        return msgspec.convert(store.get_state(STATE_KEY), Pending | None)
    except msgspec.ValidationError:
        return None


def keep_pending(store: Store, pending: Pending | None) -> None:
    store.set_state(STATE_KEY, msgspec.to_builtins(pending))


def _place_in(words: str) -> str:
    plain = words.lower()
    found = [place for place in PLACES if place.split()[-1] in plain]
    return found[0] if len(found) == 1 else ""
