"""What an utterance means in this situation: the items to act on, or the question to ask back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from coach.interpreter.items import Interpretation, Item, Scene
from coach.interpreter.resolve import HANDS, in_known_words
from coach.session.errand import KINDS, PLACES, Errand
from coach.session.pending import Pending, keep_pending, load_pending, says_what_it_is
from coach.session.pointing import Pointed, is_about_place, with_point
from coach.session.recent import has_pronoun, recent_task
from coach.session.refusals import unknown_thing
from coach.session.rule_words import names_nothing, with_things
from coach.session.rules_in_force import with_places
from coach.session.situation import Situation
from coach.session.wording import sentence
from prompts import say
from robot_bridge.protocol.thought import Where

if TYPE_CHECKING:
    from memory.store import Store

Interpret = Callable[[str, Scene | None], Interpretation]


@dataclass(frozen=True)
class Understood:
    """Args:
    question: what is asked back.
    said: what to say at once, nothing is done then about the items.
    pending: what waits for the answer.
    hold: the person objects to what is being done, without saying what instead.
    where: the point shown with these words, or with those that they answer.
    """

    items: tuple[Item, ...]
    question: str | None = None
    said: str = ""
    pending: Pending | None = None
    hold: bool = False
    ok: bool = False
    where: Where | None = None


def understand(
    words: str, situation: Situation, store: Store, interpret: Interpret, point: Pointed | None = None
) -> Understood:
    """The words as an answer to the open question if they are one, else by themselves.

    Args:
        point: what the person shows in the picture.
    """
    pending = load_pending(store)
    scene = situation.scene(pending.question if pending else "")
    meaning = interpret(words, scene)
    seen = _ruled(meaning, pending, situation, store, point)
    seen = seen or _shown(words, meaning, pending, situation, store, point)
    if seen is not None:
        return seen
    if pending is not None:
        answer = _answer(pending, words, meaning)
        if answer is None or answer.question is None:
            keep_pending(store, None)
        if answer is not None:
            return answer
    return _asked_back(words, meaning, scene, situation, store)


def _ruled(meaning: Interpretation, pending: Pending | None, situation: Situation, store: Store,
           point: Pointed | None) -> Understood | None:  # fmt: skip
    """What rules make of the words: one whose thing was named before, or the place that holds where none was said."""
    ruled = with_things(meaning.items, _talked_about(pending, situation, store))
    if any(map(names_nothing, ruled)):
        return Understood(meaning.items, said=say("rule_about_what"))
    if ruled != meaning.items:
        return Understood(ruled)
    placed = with_places(store, meaning.items, situation.task_id)
    return Understood(placed, where=point.where if point else None) if placed != meaning.items else None


def _shown(words: str, meaning: Interpretation, pending: Pending | None, situation: Situation, store: Store,
           point: Pointed | None) -> Understood | None:  # fmt: skip
    """What the point adds that was shown with the words; None where none was, or it adds nothing."""
    if point is None:
        return None
    if is_about_place(words, meaning.items, point):
        return Understood(meaning.items, where=point.where)
    items = tuple(with_point(words, meaning.items, point, situation.errand, pending.item if pending else None))
    if items == meaning.items:
        return None
    keep_pending(store, None)
    return Understood(items, where=point.where)


def _asked_back(words: str, meaning: Interpretation, scene: Scene, situation: Situation, store: Store) -> Understood:
    """The items, and what is asked back where something is missing that an answer could add."""
    if not meaning.question or all(item.kind == "unknown" for item in meaning.items):
        return Understood(meaning.items)
    waiting = next((item for item in meaning.items if item.kind in ("task", "correction")), None)
    if waiting is None:
        return Understood(meaning.items)
    if not situation.busy and waiting.place and waiting.object is None and has_pronoun(words) and recent_task(store):
        return Understood((msgspec.structs.replace(waiting, kind="correction"),))
    unknown = unknown_thing(in_known_words(waiting, KINDS, PLACES))
    if waiting.kind == "task" and unknown:  # whatever else is missing, it would not help
        return Understood(meaning.items, said=unknown)
    if waiting.kind == "correction" and not situation.busy:
        return Understood(meaning.items)  # there is nothing to correct: the action says so
    question = sentence(meaning.question)
    bare_no = waiting.kind == "correction" and not (
        waiting.object or waiting.place or waiting.verb or waiting.instead_of
    )
    moves = situation.status is not None and situation.status.state == "running"
    waits = _waiting(question, waiting, scene)
    return Understood(meaning.items, meaning.question, question, waits, hold=bare_no and moves)


def _talked_about(pending: Pending | None, situation: Situation, store: Store) -> str:
    """What "it" is: what was asked about, else what is in hand, else what was done last."""
    if pending is not None and pending.item.object is not None and pending.item.object.name:
        return pending.item.object.name
    errand = situation.errand or Errand.parse(recent_task(store))
    return errand.thing if errand else ""


def _answer(pending: Pending, words: str, meaning: Interpretation) -> Understood | None:
    """None where the words are no answer but something of their own."""
    filled = pending.answered_by(words, meaning.items)
    if filled is not None:
        return Understood((filled,), where=pending.where)
    if pending.cancelled_by(words):
        return Understood(meaning.items, said=say("never_mind"), ok=True)
    if says_what_it_is(words) or all(item.kind in ("unknown", "answer") for item in meaning.items):
        return Understood(meaning.items, pending.question, pending.question, pending)
    return None


def _waiting(question: str, item: Item, scene: Scene) -> Pending | None:
    """What waits for the answer; a place that is none here is forgotten. None where no answer could help."""
    if item.verb not in ("", "put", "pick_up") or (item.object and item.object.name in HANDS):
        return None  # "it" is never the hand
    if item.place and item.place not in scene.places:
        return Pending(question=question, item=msgspec.structs.replace(item, place=""))
    name = item.object.name if item.object else ""
    options = tuple(thing for thing in scene.objects if thing.endswith(name)) if item.object else ()
    return Pending(question=question, item=item, options=options)
