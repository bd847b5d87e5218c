"""An item and the scene → the instruction in the robot's own words, or the question that settles it.

Nothing is guessed: two things that match make a question, and so does a thing that is not there.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from coach.interpreter.chores import chore_of, is_chore
from coach.interpreter.complaints import is_left_alone
from coach.interpreter.items import Item, Object, Scene
from coach.interpreter.lexicon import SAME_AS, in_place, split_words
from coach.interpreter.tasks import parse_task

ACTIONABLE = ("task", "correction", "answer")
LEARNT = ("pick_up", "put")
HANDS = ("hand", "arm", "gripper")
_SIDES = frozenset(split_words("left right middle first second third last nearest farthest front back top bottom"))


class Resolution(msgspec.Struct, frozen=True, kw_only=True):
    """What to do, or what to ask; exactly one of `instruction` and `question` is filled.

    Args:
        instruction: in full, such as `put the red cup in the drying rack` or `clear the counter`.
        verb: `pick_up` or `put`; that of the words for a chore.
        object: as the scene calls it, such as `red cup`.
        place: empty for `pick_up`.
    """

    instruction: str = ""
    question: str | None = None
    verb: str = ""
    object: str = ""
    place: str = ""


def resolve(item: Item, scene: Scene | None) -> Resolution:
    """The instruction that a task, correction or answer asks for in this scene."""
    scene = scene or Scene()
    if item.kind == "correction" and not (item.object or item.place) and is_left_alone(item.text):
        return Resolution(question=ask("asks_instead"))
    chore = chore_of(item)
    if chore:
        return Resolution(instruction=chore, verb=item.verb)
    current = _current(scene)
    try:
        verb = _verb(item, current)
        thing = _thing(item, current, scene)
        place = _place(item, verb, thing, current, scene)
    except _Unclear as unclear:
        return Resolution(question=str(unclear))
    return Resolution(instruction=instruction_for(verb, thing, place), verb=verb, object=thing, place=place)


def in_known_words(item: Item, kinds: Sequence[str], places: Sequence[str]) -> Item:
    """A mug is a cup where only cups are known, and a place stays a place wherever it stands in the sentence."""
    if item.object is None:
        return item
    if item.object.name in places and not item.place:
        return msgspec.structs.replace(item, object=None, place=item.object.name)
    same = SAME_AS.get(item.object.name, ())
    if item.object.name in kinds or len(same) != 1:
        return item
    return msgspec.structs.replace(item, object=msgspec.structs.replace(item.object, name=same[0]))


def resolve_all(items: Sequence[Item], scene: Scene | None) -> list[Resolution]:
    """Every actionable item of an utterance, in order; `pick up X and put it in Y` is one instruction."""
    found: list[Resolution] = []
    for index, item in enumerate(items):
        if item.kind not in ACTIONABLE or (index + 1 < len(items) and _only_leads_to(item, items[index + 1])):
            continue
        resolved = resolve(item, scene)
        last = found[-1] if found else None
        if last and resolved.verb == "put" and last.verb == "pick_up" and last.object == resolved.object:
            found.pop()
        found.append(resolved)
    return found


def _only_leads_to(item: Item, then: Item) -> bool:
    """`fetch the cup` and `find the cup` before `and put it in the sink`."""
    same = item.kind == then.kind == "task" and then.verb == "put" and item.object == then.object is not None
    looked_for = item.verb == "other" and item.text.startswith(("find ", "look for ", "locate ", "search for "))
    return same and not item.place and (item.verb == "bring" or looked_for)


def ask_back(items: Sequence[Item], scene: Scene | None) -> str | None:
    """The first question that the items raise. Without a scene only what no scene could settle."""
    for item in items:
        if item.kind not in ("task", "correction"):
            continue
        question = resolve(item, scene).question if scene is not None else _incomplete(item)
        if question:
            return question
    return None


def instruction_for(verb: str, thing: str, place: str) -> str:
    """`put`, `red cup`, `counter` → `put the red cup on the counter`."""
    if verb == "pick_up":
        return f"pick up the {thing}"
    return f"put the {thing} {in_place(place)}"


def ask(name: str, **variables: str) -> str:
    """A question in the robot's words."""
    from prompts import say  # here, not above: most utterances raise no question, and texts take 50 ms to load

    return say(name, **variables)


class _Unclear(Exception):
    """Carries the question to ask."""

    def __init__(self, name: str, **variables: str) -> None:
        super().__init__(ask(name, **variables))


def _incomplete(item: Item) -> str | None:
    if item.kind != "task" or chore_of(item):
        return None
    if item.verb == "put" and not item.place:
        return ask("ask_where", object=f"the {item.object}" if item.object else "it")
    if item.verb in ("pick_up", "put", "hand_over", "bring") and not item.object and not item.place:
        return ask("ask_thing")
    return None


def _current(scene: Scene) -> Item | None:
    """What is being done; of a chore, the thing that is in hand."""
    words = scene.subtask if is_chore(scene.task) else scene.task
    tasks = parse_task(words) if words else None
    return tasks[0] if tasks else None


def _verb(item: Item, current: Item | None) -> str:
    if item.object and item.object.name in HANDS:
        raise _Unclear("ask_hand")
    verb = item.verb
    if not verb and item.place:
        verb = "put"
    if not verb:
        verb = current.verb if current else ""
    if not verb:
        raise _Unclear("ask_verb")
    if verb not in LEARNT:
        raise _Unclear("ask_learnt", verb=verb.replace("_", " ") if verb != "other" else "do")
    return verb


def _thing(item: Item, current: Item | None, scene: Scene) -> str:
    wanted, before = item.object, current.object if current else None
    if wanted is None:
        if item.instead_of and not item.place and before and _is_thing(item.instead_of, before, scene):
            return _another(before, scene)
        if before is None or (item.kind == "task" and scene.task == ""):
            if item.place:
                raise _Unclear("ask_thing_for", place=in_place(item.place))
            raise _Unclear("ask_thing")
        return _named(before, scene)
    if wanted.which == "other":
        like = Object(name=wanted.name or (before.name if before else ""), color=wanted.color)
        return _another(like, scene, but=_named(before, scene) if before else "")
    if before and wanted == Object(name=before.name) and not scene.objects and item.kind != "task":
        return _named(before, scene)  # "put the cup in the rack" is about the red cup in hand
    if wanted.name in ("", "one") and before and (wanted.color or wanted.which):
        narrowed = Object(name=before.name, color=wanted.color, which=wanted.which)
        if not scene.objects or _matches(narrowed, scene):
            return _named(narrowed, scene)
    return _named(wanted, scene)


def _named(wanted: Object, scene: Scene) -> str:
    """The one thing in the scene that the words fit."""
    if not scene.objects:
        if wanted.name in ("", "one"):
            raise _Unclear("ask_color_of", said=wanted.color or wanted.which)
        return " ".join(filter(None, (wanted.color, wanted.name)))
    found = _matches(wanted, scene)
    if len(found) == 1:
        return found[0]
    if not found and scene.question and wanted.name:  # asked about some things, the person names another
        return " ".join(filter(None, (wanted.color, wanted.name)))
    if not found:
        asked = " ".join(filter(None, (wanted.color, wanted.name or "one")))
        raise _Unclear("ask_unseen", object=_a(asked), objects=_listed(scene.objects, "and"))
    if wanted.which in ("all", "both"):
        raise _Unclear("ask_first", choices=_either(found))
    if wanted.which in _SIDES:
        raise _Unclear("ask_by_color", choices=_either(found))
    raise _Unclear("ask_choice", choices=_either(found))


def _another(like: Object, scene: Scene, but: str = "") -> str:
    """The one thing of the kind that is not the one at hand."""
    kind = Object(name=like.name, color=like.color if but else "")
    avoided = but or " ".join(filter(None, (like.color, like.name)))
    found = [o for o in (_matches(kind, scene) if kind.name or kind.color else scene.objects) if o != avoided]
    if len(found) == 1:
        return found[0]
    if found:
        raise _Unclear("ask_choice", choices=_either(found))
    if not scene.objects:
        raise _Unclear("ask_other_thing")
    raise _Unclear("ask_no_other", object=like.name or "thing", objects=_listed(scene.objects, "and"))


def _matches(wanted: Object, scene: Scene) -> list[str]:
    """By the name said, else by what the scene may call it, else by its last word (`coffee mug`)."""
    head = wanted.name.split()[-1] if wanted.name else ""
    for names in ((wanted.name,), SAME_AS.get(wanted.name, ()), (head,), SAME_AS.get(head, ())):
        found = [o for o in scene.objects
                 if (not wanted.name or o.split(" ", 1)[-1] in names or o in names)
                 and (not wanted.color or o.split(" ", 1)[0] == wanted.color)]  # fmt: skip
        if found or not wanted.name:
            return found
    return []


def _place(item: Item, verb: str, thing: str, current: Item | None, scene: Scene) -> str:
    if verb == "pick_up":
        return ""
    place = item.place or (current.place if current and item.kind != "task" else "")
    unwanted = bool(item.instead_of) and place == item.instead_of
    if not place or unwanted or _nothing_said(item):
        raise _Unclear("ask_where_of", object=f"the {thing}", places=_places(scene, item.instead_of))
    if place not in scene.places:
        raise _Unclear("ask_where_else", object=f"the {thing}", place=_a(place), places=_places(scene, ""))
    return place


def _nothing_said(item: Item) -> bool:
    return item.kind == "correction" and not (item.verb or item.object or item.place or item.instead_of)


def _is_thing(words: str, before: Object, scene: Scene) -> bool:
    return words not in scene.places and words.split()[-1] in (before.name, before.color)


def _places(scene: Scene, unwanted: str) -> str:
    return _listed([in_place(p) for p in scene.places if p != unwanted], "or")


def _a(words: str) -> str:
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def _either(found: Sequence[str]) -> str:
    """`the red cup or the blue one`."""
    kinds = {o.split(" ", 1)[-1] for o in found}
    first, *others = found
    words = [f"the {first}"] + [
        f"the {o.split(' ', 1)[0]} one" if len(kinds) == 1 and " " in o else f"the {o}" for o in others
    ]
    return _listed(words, "or")


def _listed(words: Sequence[str], last: str) -> str:
    words = [w if w.startswith(("the ", "in ", "on ")) else f"the {w}" for w in words]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"
