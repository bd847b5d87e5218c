"""The thought that a correction will most likely come to, so that the arms need not wait for the model to write it.

Only where little can be wrong: the same thing is picked up to go elsewhere, or a thing in the hand goes to a place that
this hand has gone to before. The model's own thought takes its place as soon as it is written.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from coach.session.errand import Errand, seen_at
from robot_bridge.protocol.thought import Thought, Where

if TYPE_CHECKING:
    from memory.store import Store

STATE_KEY = "place_hands"
_GOES = re.compile(r" and goes (?P<place>(?:in|on) the .+)$")
NEAR = 0.02  # of the picture


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Args: hand: that goes there; where: in the picture, once something was put there."""

    hand: str
    where: Where | None = None


def places(store: Store) -> dict[str, Place]:
    """`in the sink` → how the robot goes there."""
    try:
        return msgspec.convert(store.get_state(STATE_KEY, {}), dict[str, Place])
    except msgspec.ValidationError:
        return {}


class PlaceMemory:
    """Learns from the thoughts which hand goes where; the file is written when that changes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, Place] | None = None

    def note(self, thought: Thought) -> None:
        match = _GOES.search(thought.reason)
        if match is None or not thought.hand or thought.source != "model":
            return
        known = places(self._store) if self._known is None else self._known
        place, old = match["place"], known.get(match["place"])
        putting = thought.subtask.endswith(place)
        where = thought.where if putting else (old.where if old else None)
        if old is None or old.hand != thought.hand or _moved(old.where, where):
            known = {**known, place: Place(hand=thought.hand, where=where)}
            self._store.set_state(STATE_KEY, msgspec.to_builtins(known))
        self._known = known


def likely_thought(errand: Errand, was: Errand | None, thought: Thought | None, known: dict[str, Any]) -> str:
    """Text of the thought; empty where too much is unclear.

    Args:
        was: what was being done.
        thought: in force.
        known: of `places`.
    """
    place = known.get(errand.place)
    if thought is None or was is None or place is None or errand.thing != was.thing or thought.hand != place.hand:
        return ""
    at = seen_at(errand.thing, thought)
    if not at:
        return ""
    reason = f"the {errand.thing} is {at} and goes {errand.place}"
    if thought.subtask == f"pick up the {errand.thing}":
        return str(Thought(reason=reason, subtask=thought.subtask, hand=thought.hand, where=thought.where))
    if thought.subtask == str(was) and place.where is not None:
        reason = reason.replace("on the counter", f"in the {thought.hand} hand")
        return str(Thought(reason=reason, subtask=str(errand), hand=thought.hand, where=place.where))
    return ""


def _moved(old: Where | None, new: Where | None) -> bool:
    if old is None or new is None:
        return old is not new
    return old.camera != new.camera or max(abs(old.x - new.x), abs(old.y - new.y)) > NEAR
