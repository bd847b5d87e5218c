"""An instruction taken apart, so that a correction can change one part of it, and put together again.

The words are those of the shipped model: `put the red cup in the sink`, `pick up the red cup`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from robot_bridge.protocol.thought import Thought

if TYPE_CHECKING:
    from coach.interpreter.items import Item, Object

KINDS = ("plate", "cup", "bowl", "sponge", "towel", "bottle")
PLACES = ("sink", "drying rack", "bin", "dishwasher", "counter")
ON_PLACES = ("counter",)
_PUT = re.compile(r"^put the (?P<thing>.+?) (?P<place>(?:in|on) the .+)$")
_PICK_UP = re.compile(r"^pick up the (?P<thing>.+)$")
_REASON = re.compile(r"^the (?P<thing>.+?) is (?P<at>(?:in|on) the .+?)(?: and goes (?P<place>.+))?$")
_CHOICE = re.compile(r"^there (?:is|are) (?P<things>.+) in sight$")


@dataclass(frozen=True)
class Errand:
    """One thing to move.

    Args:
        thing: colour and kind, `red cup`; the colour may be missing.
        place: with its preposition, `in the sink`; empty where the thing is only picked up.
    """

    thing: str
    place: str = ""

    def __str__(self) -> str:
        return f"put the {self.thing} {self.place}" if self.place else f"pick up the {self.thing}"

    @classmethod
    def parse(cls, instruction: str) -> Errand | None:
        """None where the instruction is of another kind."""
        if match := _PUT.match(instruction):
            return cls(match["thing"], match["place"])
        if match := _PICK_UP.match(instruction):
            return cls(match["thing"])
        return None

    @classmethod
    def of(cls, item: Item) -> Errand | None:
        """What an item asks for in full; None where a part of it is missing."""
        if item.object is None or not item.object.name:
            return None
        return cls(name_of(item.object), in_place(item.place))

    def corrected(self, item: Item) -> Errand:
        """With what the item says in place of the same part."""
        thing = merged(self.thing, item.object) if item.object is not None else self.thing
        return replace(self, thing=thing, place=in_place(item.place) or self.place)


def in_place(place: str) -> str:
    """`sink` → `in the sink`, `counter` → `on the counter`."""
    return f"{'on' if place in ON_PLACES else 'in'} the {place}" if place else ""


def name_of(thing: Object) -> str:
    """`red cup`; words like `left` or `other` are not part of a name."""
    return f"{thing.color} {thing.name}".strip()


def merged(thing: str, said: Object) -> str:
    """The thing as it was, with what was said in its place: `red cup` and "the blue one" → `blue cup`."""
    color, _, kind = thing.rpartition(" ")
    known = said.name if said.name not in ("", "one") else kind
    if said.color:
        return f"{said.color} {known}"
    return known if said.name and said.name != kind else f"{color} {known}".strip()


def seen_at(thing: str, thought: Thought | None) -> str:
    """Where the thought says that the thing is, else on the counter, where things are found."""
    match = _REASON.match(thought.reason) if thought else None
    return match["at"] if match and match["thing"] == thing else "on the counter"


def forced_thought(errand: Errand, thought: Thought | None, dictated: str = "") -> str:
    """The beginning of the thought that a correction stands for, ending with a line break; the model writes on.

    Args:
        thought: the one in force, which says where the thing is.
        dictated: a subtask in the person's words, if they named one.
    """
    goal = errand.place or "in the hand"
    lines = [f"reason: the {errand.thing} is {seen_at(errand.thing, thought)} and goes {goal}"]
    if dictated:
        lines.append(f"subtask: {dictated}")
    return "\n".join(lines) + "\n"


def choices(thought: Thought | None) -> tuple[str, ...]:
    """The things between which the robot cannot choose, from `there is a red cup and a blue cup in sight`."""
    match = _CHOICE.match(thought.reason) if thought and thought.is_question else None
    if match is None or match["things"].startswith("no "):
        return ()
    return tuple(part.removeprefix("a ").removeprefix("an ") for part in re.split(r", | and ", match["things"]))
