"""Household sentences without end: a grammar, phrases with their nouns changed, and words in a row that mean nothing.

All are lower case without punctuation, as the tiny ears write them. One sentence in fifty, chosen by its own text, is
held out of the training for ever.
"""

from __future__ import annotations

import re
import zlib
from collections import defaultdict
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

import yaml

from coach.interpreter.lexicon import split_words

HELD_OUT_ONE_IN = 50
MAX_WORDS = 14
_SLOT = re.compile(r"\{(\w+)(\??)\}")
_KINDS_OF_SENTENCE = ("grammar", "phrase", "chain", "salad")
_WEIGHTS = (40, 28, 16, 16)
_NEAR_STOP = split_words(
    "top shop stock spot step stuff drop pop mop crop stall stack stamp start stub tap tip stomp stone "
    "store strap strip steep stoop swap stab star pot dot cop hop lot not a stalk tops shops drops chop "
    "slop flop prop stock stocks starve us the top storm soft cost lost just best top first top this top "
    "last shop past "
)
_SWAPPED = ("colour", "kind", "kinds", "place", "surface", "size", "day", "who")


def is_held_out(sentence: str) -> bool:
    return zlib.crc32(sentence.encode()) % HELD_OUT_ONE_IN == 0


def training_sentence(random: Random) -> str:
    """Any sentence that is not held out."""
    while True:
        sentence = _any_sentence(random, random.choices(_KINDS_OF_SENTENCE, _WEIGHTS)[0])
        if not is_held_out(sentence):
            return sentence


def held_out_sentence(random: Random) -> str:
    """A sentence of the grammar, or a phrase, that no training ever contains."""
    while True:
        sentence = _any_sentence(random, random.choices(_KINDS_OF_SENTENCE[:2], _WEIGHTS[:2])[0])
        if is_held_out(sentence):
            return sentence


def household_sentence(random: Random) -> str:
    """A sentence of the grammar, or a phrase, as the training may contain it."""
    return _any_sentence(random, random.choices(_KINDS_OF_SENTENCE[:2], _WEIGHTS[:2])[0])


def stop_sentence(random: Random) -> str:
    """A short sentence that stops the robot with the word "stop" in it."""
    while True:
        sentence = _plain(_filled("{stopping}", random))
        if "stop" in sentence.split():
            return sentence


def confusable_sentence(random: Random) -> str:
    """Talk with words in it that sound like "stop" and are not."""
    while True:
        words = _any_sentence(random, "grammar").split()
        for _ in range(random.randint(1, 3)):
            words.insert(random.randint(0, len(words)), random.choice(_NEAR_STOP))
        if not any("stop" in word for word in words):
            return " ".join(words[:MAX_WORDS])


def stop_phrases() -> tuple[str, ...]:
    """Every way to stop that the grammar has."""
    return tuple(sorted({_plain(each) for each in _tables()[0]["stopping"]} - {"no", "careful", "let go", "leave it"}))


def vocabulary() -> list[str]:
    """Every word that any sentence may have."""
    slots, sayings, _ = _tables()
    lines = [line for group in sayings for line in group] + [line for lines in slots.values() for line in lines]
    written = {word for line in lines for word in _plain(_SLOT.sub(" ", line)).split()}
    return sorted(written | {*_weighted_words()[0], *_NEAR_STOP} | {w for p in _phrases() for w in p.split()})


def _any_sentence(random: Random, kind: str) -> str:
    while True:
        if kind == "grammar":
            sentence = _from_grammar(random)
        elif kind == "phrase":
            sentence = _swapped(random.choice(_phrases()), random)
        elif kind == "chain":
            sentence = _chained(random)
        else:
            sentence = " ".join(random.choices(*_weighted_words(), k=random.randint(2, 8)))
        words = _plain(sentence).split()
        if 0 < len(words) <= MAX_WORDS:
            return " ".join(words)


def _from_grammar(random: Random) -> str:
    _, sayings, weights = _tables()
    return _filled(random.choice(random.choices(sayings, weights)[0]), random)


def _filled(text: str, random: Random) -> str:
    slots = _tables()[0]
    while match := _SLOT.search(text):
        name, maybe = match.groups()
        word = "" if maybe and random.random() < 0.5 else random.choice(slots[name])
        text = text[: match.start()] + word + text[match.end() :]
    return text


def _swapped(phrase: str, random: Random) -> str:
    """The phrase with its colours, kinds and places changed for others, each half of the time."""
    members = _members()
    slots = _tables()[0]
    words = [random.choice(slots[members[w]]) if w in members and random.random() < 0.5 else w for w in phrase.split()]
    return _filled(" ".join(words), random)


def _chained(random: Random) -> str:
    """New word orders: each next word has followed the last one somewhere."""
    chain = _chain()
    while True:
        words = [random.choice(chain[""])]
        while words[-1] and len(words) <= MAX_WORDS:
            words.append(random.choice(chain[words[-1]]))
        if len(words) > 2 and not words[-1]:
            return _swapped(" ".join(words[:-1]), random)


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^a-z' ]", " ", text.lower()).split())


@cache
def _tables() -> tuple[dict[str, list[str]], list[list[str]], list[int]]:
    """Slots, the sayings of each group, the groups' weights."""
    table: Any = yaml.safe_load((files(__package__) / "text" / "grammar.yaml").read_text("utf-8"))
    slots = {name: str(words).split("|") for name, words in table["slots"].items()}
    return slots, [g["sayings"] for g in table["groups"]], [g["weight"] for g in table["groups"]]


@cache
def _phrases() -> list[str]:
    return (files(__package__) / "text" / "phrases.txt").read_text("utf-8").split("\n")[:-1]


@cache
def _members() -> dict[str, str]:
    """Each single word of the slots that may be swapped → its slot."""
    slots = _tables()[0]
    return {word: name for name in _SWAPPED for word in slots[name] if " " not in word and word != "i"}


@cache
def _chain() -> dict[str, list[str]]:
    random = Random(0)
    chain: dict[str, list[str]] = defaultdict(list)
    for sentence in [*_phrases() * 4, *(_from_grammar(random) for _ in range(8000))]:
        words = _plain(sentence).split()
        for first, second in zip(["", *words], [*words, ""], strict=True):
            chain[first].append(second)
    return chain


@cache
def _weighted_words() -> tuple[list[str], list[float]]:
    """Words with their weights: those of the household twice as likely as the other common ones."""
    home, common = (files(__package__) / "text" / "words.txt").read_text("utf-8").split("\n", 1)[1].split("\n\n")
    known = sorted({*home.split(), *(word for words in _chain().values() for word in words if word)})
    rest = [word for word in common.split() if word not in set(known)]
    return known + rest, [1.0] * len(known) + [0.5] * len(rest)
