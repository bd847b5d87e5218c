"""One thing, one place, and nothing but words of bringing the one to the other: an errand, in whatever order.

`hey would you look for the red cup and get it into the sink when you can` has no word that could mean anything else.
Where a single word is left that these lists do not hold, the other rules read the sentence.
"""

from __future__ import annotations

import re

from coach.interpreter.items import Item
from coach.interpreter.lexicon import COLORS, PLACES, THINGS, WHICH, alternatives, split_words
from coach.interpreter.phrases import parse_noun, parse_place

_PLACE = alternatives(place for place in PLACES if "hand" not in place)
_NOT_THINGS = frozenset(split_words("can thing stuff food key phone bag box basket tray book"))
_FROM = re.compile(rf" (?:from|off) (?:the|my|our) (?:{_PLACE})(?= )")
_LIES = re.compile(r" on the (?:counter|counter top|countertop|worktop|table)(?= .*@)")
_SLOWLY = re.compile(r" (?:carefully|gently|slowly)(?= )")
_QUICKLY = re.compile(r" (?:quickly|right away|straight away|instead)(?= )")
_THING = re.compile(
    rf"\b(?:the|that|this|my) (?:(?:{alternatives([*COLORS, *WHICH])}) )*(?:{alternatives(THINGS - _NOT_THINGS)})"
    r"(?! (?:rack|drainer|washer|bin|bowl|board|washing))\b"
)
_GOAL = re.compile(rf"\b(?:the|my|our) (?:{_PLACE})(?= |$)")
_TO_PLACE = re.compile(r"\b(?:into|onto|inside|(?<!next )to|in|at|on) @")
_WAY_THERE = re.compile(r"\b(?:into|onto|(?<!next )to|inside) @")
_MOVING = frozenset(
    split_words(
        "put place drop lay set move carry bring transfer return deliver load shift send slide pop stick "
        "toss tidy stow placed"
    )
)
_FETCHING = frozenset(split_words("get take fetch grab lift pick find reach look clear have putting moving hold"))
_WANTING = re.compile(  # a hash is the thing, an at the place
    r"# (?:should|must|has to|ought to|needs? to|is to) (?:go|be|end up|come|be put|be placed|land) "
    r"(?:in|into|to|inside|at) @|"
    r"# has (?:a|its) place (?:in|at) @|the (?:right|proper|best) place (?:of|for) # is @|"
    r"@ is (?:the (?:right|proper|best) place|where) (?:of|for)? ?# ?(?:should (?:go|be)|goes)?|"
    r"i (?:want|need|would like|would love|wish)(?: to (?:see|have))? # (?:in|into|inside|to) @|"
    r"use @ for #|fill @ with #|(?:what|how) about # going (?:in|into|to) @|there is # it goes (?:in|into) @|"
    r"do you see # (?:put|place|drop|lay|get|move|take) it (?:in|into|to|inside) @"
)  # fmt: skip
_AROUND = frozenset(split_words(  # said around an errand, and meaning nothing else
    "please could can will would you kindly i want need ask may to go and try just be kind it is ok okay all right so "
    "well hey oh robot dear now next first then after that sorry when if do for me us thanks thank good great must "
    "should like have let here hi hello um listen again your job wish ,"
))  # fmt: skip
_WITH = frozenset(split_words("it of hold up down away over across off there in into onto inside to at on for back"))
_OF_AN_ERRAND = _AROUND | _WITH | _MOVING | _FETCHING | {"#", "@"}
_ASKS = re.compile(r"(?:is|are|was|did|does|have|why|where|which|how|who|what|when)\b(?! about)")
MAX_WORDS = 32


def one_errand(sentence: str) -> list[Item]:
    """The task of bringing the one thing to the one place; empty where the sentence may be anything else.

    >>> [errand] = one_errand("hey look for the red cup and get it into the basin")
    >>> errand.object.color, errand.place
    ('red', 'sink')
    """
    if len(sentence.split()) > MAX_WORDS or "#" in sentence or "@" in sentence:
        return []
    whole = _FROM.sub("", f" {sentence} ")
    plain = _QUICKLY.sub("", _SLOWLY.sub("", whole))
    things = list(_THING.finditer(plain))
    thing = parse_noun(things[0][0]) if len(things) == 1 else None
    if thing is None or thing.object is None:
        return []
    plain = plain.replace(things[0][0], "#")
    goals = list(_GOAL.finditer(plain))
    if not goals or (len(goals) > 1 and not _LIES.search(plain[: goals[-1].start()] + "@")):
        return []
    goal = goals[-1]
    plain = " ".join(_LIES.sub("", f"{plain[: goal.start()]}@{plain[goal.end() :]}").split())
    wanted = _WANTING.search(plain)
    rest = (f"{plain[: wanted.start()]}{plain[wanted.end() :]}" if wanted else plain).split()
    if not (_AROUND.issuperset(rest) if wanted else _is_bringing(plain, rest)):
        return []
    task = Item(kind="task", verb="put", object=thing.object, place=parse_place(goal[0]))
    return [task, Item(kind="nudge", direction="slower")] if _SLOWLY.search(whole) else [task]


def _is_bringing(plain: str, words: list[str]) -> bool:
    """Whether a verb of moving, or one of fetching and a way to the place, is all there is."""
    if _ASKS.match(plain) or not _TO_PLACE.search(plain) or not _OF_AN_ERRAND.issuperset(words):
        return False
    if "#" not in words or words.index("#") > words.index("@"):
        return False  # "into the sink with the cup" is read by its own rule
    fetched = not _FETCHING.isdisjoint(words) and _WAY_THERE.search(plain) is not None
    return fetched or not _MOVING.isdisjoint(words)
