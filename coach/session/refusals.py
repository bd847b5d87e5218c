"""What is not even tried, and the sentence about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coach.session.errand import KINDS, PLACES, name_of
from coach.session.wording import known_places, known_things
from prompts import say

if TYPE_CHECKING:
    from coach.interpreter.items import Item
    from coach.session.situation import Situation
    from robot_bridge.protocol.messages import InterventionKind


def unknown_part(item: Item) -> str:
    """A sentence about a thing or place that this robot does not know, or nothing."""
    unknown = unknown_thing(item)
    if unknown:
        return unknown
    if item.place and item.place not in PLACES:
        return say("unknown_place", place=item.place, places=known_places())
    return ""


def unknown_thing(item: Item) -> str:
    """A sentence about a thing that this robot does not know, or nothing."""
    if item.object is not None and item.object.name not in ("", "one", *KINDS):
        return say("unknown_object", object=name_of(item.object), objects=known_things())
    return ""


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
