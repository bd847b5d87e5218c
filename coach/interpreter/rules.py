"""The rules, put together: utterance → sentences → items."""

from __future__ import annotations

import re

import msgspec

from coach.interpreter.decide import decide
from coach.interpreter.items import Interpretation, Item, Scene
from coach.interpreter.normalise import MAX_CHARACTERS, sentences
from coach.interpreter.one_errand import one_errand
from coach.interpreter.phrases import is_known_place
from coach.interpreter.resolve import ask, ask_back
from coach.interpreter.sentence import Sentence
from coach.interpreter.standing import from_now_on, take_from_now_on, take_opening
from coach.interpreter.tidying import objected, without_noise
from robot_bridge.protocol.errors import UsageError

_FROM_NOW = r"(?:from (?:now|today|here) on|in (?:the )?future)"
_NO = r"(?:no ?, ?)"
_PLURAL = (
    r"(?!(?:the|that|this|those|these|my|its?|they) )(?:[a-z]+ )?[a-z]+s (?:always |all )?(?:go|belong)(?= (?:in|on))"
)
_ASKED = re.compile(r"(?:could|can|would|will) you (?:please )?")
_LATE = re.compile(rf"{_NO}*(?P<what>.+?) ?,? ?{_FROM_NOW}(?: please)?")
_OBJECTED = re.compile(rf"{_NO}+(?:{_FROM_NOW} ?,? ?(?P<what>.+)|(?P<strong>(?:always|never) .+|{_PLURAL} .+))")
_EARLY = re.compile(rf"{_NO}*(?P<opening>{_FROM_NOW}|always) ?,? ?(?P<what>.+)")
_PUT = re.compile(r"(?:put|place|store|leave) (?=.+ (?:in|on|into|onto) )")
_NEXT = re.compile(r"(?: ?, and | ?, | and )(?:(?:put|place|store|leave) )?"
                   r"(?=(?:(?:the|my|our|your|all|any) [a-z ]+|[a-z]+s) (?:in|on|into|onto) )")  # fmt: skip
_TALKED_ABOUT = ("it", "that", "this", "them", "those", "these")
_OBJECTION = re.compile(r"(?:\s*no\s*[,.!]\s*)+(?=\S)", re.IGNORECASE)


class RuleInterpreter:
    """Understands by rules and learnt cues alone: no network, no model to download, well under 5 ms an utterance."""

    def interpret(self, text: str, scene: Scene | None = None) -> Interpretation:
        """
        Raises:
            UsageError: the text is longer than an utterance can be.
        """
        if len(text) > MAX_CHARACTERS:
            raise UsageError(f"an utterance of {len(text)} characters", f"at most {MAX_CHARACTERS}",
                             "say it in shorter pieces")  # fmt: skip
        items: list[Item] = []
        text, standing = take_opening(text)
        found = sentences(text)
        for sentence in found:
            marked = _is_marked(text, sentence, found)
            said = Sentence(scene, marked)
            read = _lasting(said, sentence, items) or said.items(sentence, items)
            meant = _ruled(sentence, marked, scene, items) or decide(sentence, read, marked, scene)
            items += (one_errand(sentence) if _may_be_an_errand(meant) else []) or meant
        items = from_now_on(items) if standing else items
        if not items:
            return Interpretation(items=(Item(kind="unknown"),), question=ask("ask_nothing_heard"))
        items = without_noise(objected(items))
        if len(items) == 1 and len(found) == 1 and items[0].text and items[0].kind not in ("task", "routine"):
            items = [msgspec.structs.replace(items[0], text=text.strip())]  # as said: names keep their capitals
        items = [_without_objection(item) for item in items]
        if any(item.kind == "stop" for item in items):
            return Interpretation(items=tuple(items))
        if any(item.kind == "unknown" for item in items):
            return Interpretation(items=tuple(items), question=ask("ask_again"))
        return Interpretation(items=tuple(items), question=ask_back(items, scene))


def _may_be_an_errand(items: list[Item]) -> bool:
    """Whether nothing was read that weighs more than the plainest of errands."""
    if len(items) > 1 and all(item.kind in ("task", "praise") for item in items) and is_known_place(items[-1].place):
        return False  # "thanks, now grab the plate and put it on the counter" has been read step by step
    return all(item.kind in ("task", "unknown", "chatter", "fact", "question", "answer", "praise") for item in items)


def _lasting(said: Sentence, sentence: str, before: list[Item]) -> list[Item] | None:
    """What `from now on, …` holds, where it is no rule but something with its times."""
    rest = take_from_now_on(sentence)
    if rest == sentence:
        return None
    items = said.items(rest, before)
    return from_now_on(items) if any(item.kind in ("routine", "checkin") for item in items) else None


def _without_objection(item: Item) -> Item:
    """`No, cups always go in the rack` is a rule about cups, not about no cups."""
    if item.kind != "rule" or not _OBJECTION.match(item.text):
        return item
    return msgspec.structs.replace(item, text=_OBJECTION.sub("", item.text, count=1))


def _ruled(sentence: str, marked: bool, scene: Scene | None, before: list[Item]) -> list[Item]:
    """The rule of `put the plates in the rack from now on` and `no, never put it there`, as if it began with that;
    empty where it is none."""
    early = _EARLY.fullmatch(sentence)
    found = _OBJECTED.fullmatch(sentence) or _LATE.fullmatch(sentence) or early
    if found is None:
        return []
    strong, said = found.groupdict().get("strong") or "", (early or found)["what"] or ""
    what = _ASKED.sub("", said, count=1)
    if marked and not strong and what == said:
        return []  # a question
    if several := _each(what, early["opening"] if early else "from now on", scene, before):
        return several
    if found is early:
        return []  # read as it stands
    begun = strong or f"from now on {what}"
    items = decide(begun, Sentence(scene, False).items(begun, before), False, scene)
    whole = bool(items) and all(item.kind == "rule" and (item.place or item.instead_of) for item in items)
    return [msgspec.structs.replace(item, text=sentence.replace(" ,", ",")) for item in items] if whole else []


def _each(what: str, opening: str, scene: Scene | None, before: list[Item]) -> list[Item]:
    """The rules of `put the plate in the rack and the cup in the sink`, each in its own words; empty where that is no
    list of things with their places."""
    put = _PUT.match(what)
    pieces = _NEXT.split(what[put.end() :]) if put else []
    if len(pieces) < 2:
        return []
    items: list[Item] = []
    for piece in pieces:
        words = f"{opening} put {piece.strip()}"
        read = decide(words, Sentence(scene, False).items(words, before), False, scene)
        named = len(read) == 1 and (read[0].object is not None or piece.split()[0] in _TALKED_ABOUT)
        if not named or read[0].kind != "rule" or not read[0].place:
            return []
        items.append(read[0])
    return items


def _is_marked(text: str, sentence: str, found: list[str]) -> bool:
    """Whether the sentence ended with a question mark; with several, whether its last words stand before one."""
    if "?" not in text:
        return False
    if len(found) == 1:
        return True
    last = sentence.split()[-1]
    return re.search(rf"{re.escape(last)}['\")]* ?\?", text.lower()) is not None
