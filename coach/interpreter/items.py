"""What an utterance means: the items that `coach interpret --json` answers, and what is known while it is spoken."""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec

Kind = Literal[
    "stop", "pause", "resume", "undo", "restart", "task", "correction", "nudge", "rule", "fact", "routine", "checkin",
    "takeover", "praise", "question", "answer", "chatter", "forget", "unknown",
]  # fmt: skip

KITCHEN_PLACES = ("sink", "drying rack", "bin", "dishwasher", "counter")


class Object(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A thing as it was named. `which` is what sets it apart beside its colour: `left`, `other`, `first`, `all` …"""

    name: str = ""
    color: str = ""
    which: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (self.which, self.color, self.name or "one")))


class Item(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"except_": "except"}):
    """One meaning in an utterance; only what was said is filled in.

    Args:
        place: where the object should go.
        instead_of: the object or place that the person does not want.
        amount: `little`, `some`, `lot`, or metres.
        scope: `now` for this time alone, `home` for always.
        rrule: recurrence of RFC 5545, without `RRULE:`.
        time: `HH:MM`.
        date, until: `YYYY-MM-DD`, or the word that was said.
        about: the topic of a question, fact or routine.
        text: the words themselves, where the other fields do not hold them all.
    """

    kind: Kind
    verb: str = ""
    object: Object | None = None
    place: str = ""
    instead_of: str = ""
    direction: str = ""
    amount: str | float = ""
    scope: str = ""
    rrule: str = ""
    time: str = ""
    date: str = ""
    until: str = ""
    except_: str = ""
    about: str = ""
    text: str = ""


class Interpretation(msgspec.Struct, frozen=True, kw_only=True):
    """The items in spoken order, and what the robot would ask back before it acts on them."""

    items: tuple[Item, ...]
    question: str | None = None


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """What is known while a person speaks. Empty `objects` means that nothing is known about them.

    Args:
        objects: what is in sight, colour first: `red cup`.
        task: the instruction being worked on, empty when idle.
        subtask: the subtask that the arms are at.
        question: what the robot asked last, while it waits for the answer.
        places: where things can be put here.
    """

    objects: tuple[str, ...] = ()
    task: str = ""
    subtask: str = ""
    question: str = ""
    places: tuple[str, ...] = KITCHEN_PLACES


class Interpreter(Protocol):
    """Turns words into items."""

    def interpret(self, text: str, scene: Scene | None = None) -> Interpretation:
        """
        Raises:
            UsageError: the text is longer than an utterance can be.
        """
        ...
