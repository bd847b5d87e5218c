"""What is not even tried, or asked about first, and the sentence about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coach.interpreter.resolve import in_known_words
from coach.session.errand import COLOURS, KINDS, PLACES, name_of
from coach.session.outcomes import Outcome
from coach.session.pending import Pending
from coach.session.wording import joined, known_places, known_things
from prompts import say

if TYPE_CHECKING:
    from coach.interpreter.items import Item
    from coach.session.situation import Situation
    from robot_bridge.protocol.messages import InterventionKind
    from robot_bridge.protocol.thought import Where


def unknown_part(item: Item) -> str:
    """A sentence about a thing or place that this robot does not know, or nothing."""
    unknown = unknown_thing(item)
    if unknown:
        return unknown
    if item.place and item.place not in PLACES:
        return say("unknown_place", place=item.place, places=known_places())
    return ""


def unknown_thing(item: Item) -> str:
    """A sentence about a thing, or a colour of one, that this robot does not know, or nothing."""
    if item.object is not None and item.object.name not in ("", "one", *KINDS):
        return say("unknown_object", object=name_of(item.object), objects=known_things())
    if item.object is not None and item.object.color not in ("", *COLOURS):
        return say("unknown_colour", colour=item.object.color, colours=joined(COLOURS, "and"))
    return ""


def doubt_about(item: Item, where: Where | None = None) -> Outcome | None:
    """What must be asked or refused before a task can start; None where all is said."""
    item = in_known_words(item, KINDS, PLACES)
    if item.object is not None and item.object.which == "all":
        return Outcome(say("not_yet", what="several things with one sentence"), ok=False)
    refusal = unknown_part(item)
    if refusal:
        return Outcome(refusal, ok=False)
    if item.object is None or not item.object.name:
        said = _asks_kind(item) if where else say("asks_object", objects=known_things())
        return Outcome(said, pending=Pending(question=said, item=item, where=where), ok=False)
    if item.verb == "put" and not item.place:
        said = say("asks_place", object=f"the {name_of(item.object)}", places=known_places())
        return Outcome(said, pending=Pending(question=said, item=item, where=where), ok=False)
    return None


def _asks_kind(item: Item) -> str:
    """A colour is all that a point in the picture tells of a thing."""
    colour = item.object.color if item.object else ""
    return say("asks_kind", thing=f"the {colour} thing" if colour else "it", objects=joined(KINDS, "or"))


def pointless(kind: InterventionKind, situation: Situation) -> str:
    """A sentence where the word would change nothing."""
    status = situation.status
    if status is None:
        return ""
    if kind == "pause" and status.state == "idle":
        return say("nothing_to_pause")
    if kind == "resume" and status.state == "idle":
        return say("nothing_to_resume")
    if kind == "takeover" and status.state == "stopped":
        return say("takeover_stopped")
    if kind == "release" and status.state != "takeover":
        return say("nothing_to_release")
    if kind == "undo" and not situation.busy:
        return say("nothing_to_undo")
    return ""
