"""What was meant: the reading of the rules, weighed against what the words speak for (`cues/`).

The rules read exactly, and read too much into words that they do not know; the cues know what kind of thing people say
in such words, and nothing of its slots. Where both agree the rules have the word. Where they do not, the cues decide
the kind, as far as they are sure, and `compose` finds the slots.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import cast

from coach.interpreter.complaints import is_left_alone
from coach.interpreter.compose import compose
from coach.interpreter.cues.features import cues_of, forms_of
from coach.interpreter.cues.weigh import SEVERAL, weights
from coach.interpreter.items import Item, Kind, Scene
from coach.interpreter.lexicon import THINGS
from coach.interpreter.normalise import strip_fillers
from coach.interpreter.stops import names_stop

# how much likelier than the kind that the rules read another one must be to take its place
_TRUST = {
    "fact": 1.3, "unknown": 1.0, "answer": 1.5, "chatter": 1.5, "question": 4.0, "rule": 2.0, "praise": 2.0,
    "correction": 2.5, "checkin": 3.0, "routine": 4.0, "task": 3.0, "nudge": 4.0, "pause": 3.0, "resume": 4.0,
    "takeover": 3.0, "undo": 4.0, "restart": 4.0,
}  # fmt: skip
_TRUST_OVER: dict[tuple[str, str], float] = {("task", "correction"): 8.0, ("praise", "answer"): 8.0,
                                               ("answer", "correction"): 6.0, ("rule", "restart"): 8.0}  # fmt: skip
_ASKS = re.compile(r"\b(?:wants?|needs?|likes?|should|must|please|be|ready|would|expects?|you|has to|have to)\b")
_BROKEN = re.compile(
    r"\b(?:the|a|an|my|your) (?:of|the|a|an|and|or|in|on|to|from|at|with|yes|no|yesterday|is|are|then|but)\b|"
    r"\b(?:of|from) (?:of|and|or|but|is|in)\b|\b(?:the|a|an|of|my|your|and the|with the)$"
)
_SAID_TWICE = re.compile(r"\b([a-z]+)(?: \1)+\b")
_SLIGHT = frozenset(("answer", "chatter", "fact", "praise"))
_UNSURE, _LIKELY = 0.3, 0.4
_SURE = 0.6  # from here on the cues may overrule a reading of several kinds
_VERY_SURE = 0.85
_SURE_OF_STOP = 0.75


def decide(sentence: str, read: Sequence[Item], marked: bool, scene: Scene | None) -> list[Item]:
    """The items of a sentence in plain form, given those that the rules read."""
    if _is_broken(sentence, read):
        return [Item(kind="unknown", text=sentence)]
    return decided(sentence, read, chances_of(sentence, marked), scene)


def _is_broken(sentence: str, read: Sequence[Item]) -> bool:
    """Whether the words stand together in no way that English has, and nothing weighty was read into them."""
    return _BROKEN.search(_SAID_TWICE.sub(r"\1", sentence)) is not None and all(item.kind in _SLIGHT for item in read)


def chances_of(sentence: str, marked: bool) -> dict[str, float]:
    """How likely each kind is by the cues of the sentence."""
    return weights().weigh([cues_of(form, marked) for form in forms_of([sentence])])


def chances_of_piece(piece: str, direct: str) -> dict[str, float]:
    """The same for a piece of a sentence that is fluent already. `direct`: the piece without detours."""
    bare = strip_fillers(direct)
    return weights().weigh([cues_of([form], marked=False) for form in ((piece,) if bare == piece else (piece, bare))])


def decided(sentence: str, read: Sequence[Item], chances: dict[str, float], scene: Scene | None) -> list[Item]:
    """The same where the chances are known."""
    top = max(chances, key=lambda kind: chances[kind])
    kinds = {item.kind for item in read}
    if len(kinds) > 1 and top in kinds - {"stop"} and "stop" not in kinds and chances[top] >= _VERY_SURE:
        return [item for n, item in enumerate(read) if item.kind == top or not _is_weak(item) or _excuses(read, n)]
    if top == SEVERAL or top in kinds or kinds & {"stop", "forget"} or _is_named(read) or is_left_alone(sentence):
        return list(read)
    kind = cast(Kind, top)
    if kind == "stop":  # only where nothing was read, and no word of stopping was read as something else
        unread = kinds <= {"unknown", "chatter"} and not names_stop(sentence)
        return [Item(kind="stop")] if unread and chances["stop"] >= _SURE_OF_STOP else list(read)
    if len(kinds) > 1:
        enough = chances[kind] >= _SURE
    else:
        only = next(iter(kinds))
        least = _UNSURE if only == "unknown" else _LIKELY
        enough = chances[kind] >= max(least, _TRUST_OVER.get((only, kind), _TRUST[only]) * chances[only])
    if kind == "routine" and kinds == {"fact"} and not _ASKS.search(sentence):
        return list(read)  # "our cleaner comes every Friday" asks for nothing
    if not enough or _settled_by(scene, kinds):
        return list(read)
    return compose(kind, sentence) or list(read)


def _excuses(read: Sequence[Item], index: int) -> bool:
    """Whether it is the reason of the exception before it: `skip the dishes today, my mother is sleeping`."""
    return (
        index > 0 and read[index].kind == "fact" and read[index - 1].kind == "routine" and bool(read[index - 1].except_)
    )


def _is_weak(item: Item) -> bool:
    """Whether it may be no more than talk around what was meant."""
    timed = item.rrule or item.time or item.date
    return item.kind in ("chatter", "unknown", "praise", "answer") or (item.kind == "fact" and not timed)


def _is_named(read: Sequence[Item]) -> bool:
    """Whether a thing or a place was all that was said."""
    if len(read) != 1 or read[0].kind != "answer":
        return False
    thing, place = read[0].object, read[0].place
    return bool(place or (thing and (thing.color or thing.which or thing.name in THINGS or thing.name == "")))


def _settled_by(scene: Scene | None, kinds: set[Kind]) -> bool:
    """Whether what is going on says more about the words than they do: an answer is one where something was asked."""
    going_on = scene is not None and bool(scene.task or scene.question)
    return going_on and bool(kinds & {"answer", "correction", "task"})
