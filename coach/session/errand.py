"""An instruction taken apart: the thing, the place, and the thought that stands for it.

What a person's words make of it is settled by `coach.interpreter.resolve`.

The words are those of the shipped model: `put the red cup in the sink`, `pick up the red cup`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from coach.interpreter.items import KITCHEN_PLACES
from robot_bridge.protocol.errors import ProtocolError
from robot_bridge.protocol.thought import Thought

if TYPE_CHECKING:
    from coach.interpreter.items import Object

Things = Mapping[str, Mapping[str, Any]]  # name → place, dirty

KINDS = ("plate", "cup", "bowl", "sponge", "towel", "bottle")
COLOURS = ("red", "blue", "green", "yellow", "white")
PLACES = KITCHEN_PLACES
IN_HAND = "in the hand"  # where a thing goes that is only picked up
_PUT = re.compile(r"^put the (?P<thing>.+?) (?P<place>(?:in|on) the .+)$")
_PICK_UP = re.compile(r"^pick up the (?P<thing>.+)$")
_REASON = re.compile(
    r"^(?:nothing is in the \w+ hand, )?the (?P<thing>.+?) is (?P<at>(?:in|on) the .+?)(?: and goes (?P<place>.+))?$"
)
_LOCATION = re.compile(rf"in the (?:(?:left|right) )?hand|(?:in|on) the (?:{'|'.join(PLACES)})")
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


def name_of(thing: Object) -> str:
    """`red cup`; words like `left` or `other` are not part of a name."""
    return f"{thing.color} {thing.name}".strip()


def seen_at(thing: str, thought: Thought | None) -> str:
    """Where the thought says that the thing is, else on the counter, where things are found; empty where what it says
    is no location and its subtask does not tell either."""
    match = _REASON.match(thought.reason) if thought else None
    if thought is None or match is None or match["thing"] != thing:
        return "on the counter"
    if _LOCATION.fullmatch(match["at"]):
        return match["at"]
    if thought.subtask == f"pick up the {thing}":
        return "on the counter"
    return f"in the {thought.hand} hand" if thought.hand and thought.subtask.startswith(f"put the {thing} ") else ""


def tells_of(thing: str, thought: Thought | None) -> bool:
    """Whether the thought says that it sees this thing."""
    match = _REASON.match(thought.reason) if thought else None
    return (match is not None and is_called(match["thing"], thing)) or thing in choices(thought)


def errand_behind(thought: Thought | None) -> Errand | None:
    """What a thought is about to do with which thing; None where it says nothing of the kind."""
    match = _REASON.match(thought.reason) if thought else None
    return Errand(match["thing"], match["place"]) if match and match["place"] else None


def errand_said(text: str) -> Errand | None:
    """What the text of a thought, or the beginning of one, is about to do with which thing."""
    try:
        return errand_behind(Thought.parse(text if "subtask:" in text else f"{text.rstrip()}\nsubtask: any"))
    except ProtocolError:
        return None


def place_said(text: str, thing: str) -> str:
    """Where the text of a thought has this thing be, `in the sink`; empty where it does not tell."""
    match = _REASON.match(text.partition("\n")[0].removeprefix("reason: "))
    return match["at"] if match and match["thing"] == thing else ""


def missing(reason: str) -> str:
    """What a thought does not find: `white bottle` of `there is no white bottle in sight`; else empty."""
    return reason.partition("there is no ")[2].partition(" in sight")[0]


def ended_elsewhere(errand: Errand, things: Things) -> tuple[str, str] | None:
    """(name, place) of a thing that did not end where it was to go; None where it did, or nobody knows.

    Args:
        things: name → where it was seen in the end; empty where the arms cannot tell.
    """
    ends = [(name, str(seen.get("place", ""))) for name, seen in things.items() if is_called(name, errand.thing)]
    right = [place for _, place in ends if _is_there(errand, place)]
    return None if right or not ends else ends[0]


def is_called(name: str, thing: str) -> bool:
    """Whether `red cup` may be meant by these words: `red cup`, `cup`."""
    return name == thing or name.endswith(f" {thing}")


def refines(errand: Errand, before: Errand | None) -> bool:
    """The same errand, perhaps told more closely: the blue cup where it was only the cup."""
    return before is not None and errand.place == before.place and errand.thing.endswith(before.thing)


def _is_there(errand: Errand, place: str) -> bool:
    in_hand = errand.place in ("", IN_HAND)
    return place.endswith("hand") if in_hand else errand.place.endswith(f" the {place}")


def forced_thought(errand: Errand, thought: Thought | None, dictated: str = "") -> str:
    """The beginning of the thought that a correction stands for; the model writes on. It ends with a line break, or
    within the first line where nobody knows where the thing is.

    Args:
        thought: the one in force, which says where the thing is.
        dictated: a subtask in the person's words, if they named one.
    """
    goal, at = errand.place or IN_HAND, seen_at(errand.thing, thought)
    if not at and not dictated:
        return f"reason: the {errand.thing} is"
    lines = [f"reason: the {errand.thing} is {at or 'on the counter'} and goes {goal}"]
    if dictated:
        lines.append(f"subtask: {dictated}")
    return "\n".join(lines) + "\n"


def choices(thought: Thought | None) -> tuple[str, ...]:
    """The things between which the robot cannot choose, from `there is a red cup and a blue cup in sight`."""
    match = _CHOICE.match(thought.reason) if thought and thought.is_question else None
    if match is None or match["things"].startswith("no "):
        return ()
    return tuple(part.removeprefix("a ").removeprefix("an ") for part in re.split(r", | and ", match["things"]))
