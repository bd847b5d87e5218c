"""Noun phrases and the places in prepositional phrases: `the other red mug from the rack` → an `Object`."""

from __future__ import annotations

import re
from typing import NamedTuple

from coach.interpreter.items import KITCHEN_PLACES, Object
from coach.interpreter.lexicon import (
    BESIDE,
    COLORS,
    DETERMINERS,
    PLACES,
    PREPOSITIONS,
    PRONOUNS,
    SHADES,
    TARGET_PREPOSITIONS,
    THINGS,
    WHICH,
    alternatives,
    singular,
    split_words,
)

_PREPOSITION = re.compile(rf"(?:^|(?<= ))({alternatives(PREPOSITIONS)})(?= )")
_WHICH_SIDE = re.compile(
    r"\b(?:on|to|at|in) (?:the|your|my) (?:far )?(left|right|middle|front|back)\b(?: (?:side|hand side))?"
    r"(?! (?:drawer|shelf|cupboard|cabinet|rack|sink|bin|counter|door|oven|basket|box|half|one|hand|arm))"
)
_RELATIVE = re.compile(r"\b(?:that|which) (?:is|are) ")
_TRAILING = re.compile(r" (?:please|too|as well|again|instead|now|there|here|back|over there|up|down|away|first|"
                       r"next|yet|still|"
                       r"a (?:little )?bit|a little|properly|halfway(?: through)?|"
                       r"midway|in the middle|nicely|for us|quick|upside down|face down|face up|clean|"
                       r"neatly|properly|by hand|straight away|for a moment|for a second|carefully|gently|slowly|"
                       r"quickly|today|tonight|right now|for me|all|together|one by one|"
                       r"though)$")  # fmt: skip
_NOT_NOUNS = frozenset(
    split_words(
        "i you he she we they me him us is are was were be been am do does did done doing have has had "
        "will would can could "
        "should must may might not no never always and or but if when because so than as what why how where who "
        "which "
        "everyone someone nothing something anything yes there here very too really much more most then it them "
        "twice once times put keep to fine good okay great perfect wrong bad nice true false ready done"
    )
)


_NUMBERS = frozenset(
    split_words("one two three four five six seven eight nine ten 2 3 4 5 6 7 8 9 10 couple several few many more")
)


class Phrase(NamedTuple):
    """A noun phrase taken apart. `spoken` is false for a pronoun: something was meant, nothing was named."""

    object: Object | None
    spoken: bool


class Places(NamedTuple):
    """The places around a verb: where to, and where from."""

    target: str
    source: str


def parse_noun(text: str) -> Phrase | None:
    """The thing that the words name, None where they name none."""
    text = _RELATIVE.sub(" ", text.strip(" ,"))
    while (shorter := _TRAILING.sub("", text)) != text:
        text = shorter
    side = _WHICH_SIDE.search(text)
    if side:
        text = (text[: side.start()] + text[side.end() :]).strip()
    words = text.split()
    if not words:
        return None
    if all(w in PRONOUNS for w in words) and len(words) == 1:
        return Phrase(None, False)
    color, which = "", side[1] if side else ""
    kept: list[str] = []
    for index, word in enumerate(words):
        last = index == len(words) - 1
        if word in COLORS and not kept:
            color = color or COLORS[word]
        elif word in WHICH and not kept and (not last or word not in THINGS):
            which = which or WHICH[word]
        elif (
            (word in SHADES and not last)
            or (word in _NUMBERS and not kept and not last)
            or (word in DETERMINERS and not kept)
            or (word == "of" and not kept)
        ):
            continue
        elif word in COLORS and last:  # "the cup red", "the cup that is blue"
            color = color or COLORS[word]
        else:
            kept.append(word)
    named = kept[1:] if len(kept) > 1 and kept[0] in ("good", "nice", "fine") else kept
    if any(w in _NOT_NOUNS or w == "," for w in named) or len(kept) > 4:
        return None
    if "of" in kept[1:]:  # a glass of water is a glass
        kept = kept[: kept.index("of")]
    if kept and kept[-1] in ("one", "ones"):
        kept = kept[:-1]
    if color == "silver" and words[-1] == "silver" and not (kept or which):
        return Phrase(Object(name="silver"), True)
    if not (kept or color or which):
        return Phrase(None, False)
    return Phrase(Object(name=_name(kept), color=color, which=which), True)


_LEVELS = frozenset(("top", "bottom", "upper", "lower", "left", "right", "middle", "first", "second", "third"))
_OF_A_PLACE = frozenset(split_words("kitchen big small little large green blue red white black grey yellow metal "
    "plastic wooden steel wire new old "
                                    "usual right proper same other near far main"))  # fmt: skip
_SPOT = "spot "  # a place that is only beside one of those
_STOREYED = frozenset(("shelf", "drawer", "cupboard", "cabinet"))


def parse_place(text: str) -> str:
    """A place by its one name: `the dish rack` → `drying rack`; other nouns are places as they were said."""
    words = [w for w in text.strip(" ,").split() if w not in DETERMINERS]
    while words and words[-1] in ("please", "instead", "now", "again", "too", "there", "here", "today", "tonight"):
        words.pop()
    phrase = " ".join(words)
    plain = " ".join([*words[:-1], singular(words[-1])]) if words else ""
    if phrase in PLACES or plain in PLACES:
        return PLACES.get(phrase) or PLACES[plain]
    if not words or words[-1] in ("it", "that", "there", "here") or any(w in _NOT_NOUNS for w in words):
        return ""
    if words[0] in _LEVELS and plain.split()[-1] in _STOREYED:
        return plain
    for size in (3, 2, 1):  # "big green bin", "kitchen sink"
        if len(words) > size and (tail := " ".join(words[-size:])) in PLACES and set(words[:-size]) <= _OF_A_PLACE:
            return PLACES[tail]
    return plain if len(words) <= 4 else ""


def _place_at(preposition: str, words: str) -> str:
    place = parse_place(words)
    return f"{_SPOT}{preposition} the {place}" if preposition in BESIDE and place in KITCHEN_PLACES else place


def topic_of(words: str) -> str:
    """`the groceries` → `grocery`: names are singular."""
    *before, last = words.removeprefix("the ").split()
    return " ".join([*before, singular(last)])


def is_known_place(text: str) -> bool:
    """Whether the words name a place of the lexicon."""
    return parse_place(text) in set(PLACES.values())


def split_prepositions(text: str) -> tuple[str, list[tuple[str, str]]]:
    """The words before the first preposition, and each preposition with the words behind it.

    >>> split_prepositions("the red cup from the rack in the sink")
    ('the red cup', [('from', 'the rack'), ('in', 'the sink')])
    """
    side = _WHICH_SIDE.search(text)
    masked = text if side is None else text[: side.start()] + "\x00" * (side.end() - side.start()) + text[side.end() :]
    found = list(_PREPOSITION.finditer(masked))
    if not found:
        return text, []
    head = text[: found[0].start()].strip()
    ends = [m.start() for m in found[1:]] + [len(text)]
    return head, [(m[1], text[m.end() : end].strip()) for m, end in zip(found, ends, strict=True)]


def parse_places(phrases: list[tuple[str, str]]) -> Places:
    """Where to and where from: the last target preposition wins, an earlier one says where the thing is.

    A spot beside a place counts only where no place was named: `on the counter next to the sink` is the counter.

    >>> parse_places([("next to", "the sink")]).target
    'spot next to the sink'
    """
    targets = [_place_at(*phrase) for phrase in phrases if phrase[0] in TARGET_PREPOSITIONS]
    sources = [parse_place(words) for preposition, words in phrases if preposition in ("from", "out of", "off")]
    targets = [t for t in targets if t]
    targets = [t for t in targets if not t.startswith(_SPOT)] or targets
    return Places(targets[-1] if targets else "", (sources or targets[:-1] or [""])[-1])


def _name(words: list[str]) -> str:
    if not words:
        return ""
    return " ".join([*words[:-1], singular(words[-1])])
