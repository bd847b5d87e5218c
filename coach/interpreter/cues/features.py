"""The cues of an utterance: its words, neighbours and word classes, as the linear model reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from coach.interpreter.fluency import fluent
from coach.interpreter.lexicon import COLORS, DAY, PLACES, THINGS, VERBS, WHICH, singular
from coach.interpreter.normalise import sentences, strip_fillers
from coach.interpreter.politeness import directly

MAX_WORDS = 60  # what comes later changes the meaning no more
_NUMBER = re.compile(r"\d+(?:[:.]\d+)?(?:am|pm)?")
_DAY = re.compile(rf"{DAY}s?")


def cues_of(plain_sentences: list[str], marked: bool) -> frozenset[str]:
    """The cues of sentences in plain form (`normalise.sentences`). `marked`: a question mark was set."""
    words = ["^"]
    for sentence in plain_sentences:
        words += [*sentence.split(), "$"]
    words = words[:MAX_WORDS]
    classes = [word_class(word) for word in words]
    found = {*_runs(words, 3), *_runs(classes, 3)}
    spoken = [c for c in classes if c not in ("^", "$", ",")]
    if spoken:
        found |= {f"first:{spoken[0]}", f"last:{spoken[-1]}", f"length:{min(len(spoken) // 3, 6)}"}
        found |= {f"has:{c}" for c in spoken if c.isupper()}
        if words[1] in VERBS:
            found.add("first:VERB")
    if marked:
        found.add("?")
    return frozenset(found)


def forms_of(plain_sentences: list[str]) -> list[list[str]]:
    """The sentences as they were said, and without politeness and detours where there were any."""
    direct = [strip_fillers(directly(fluent(sentence))) for sentence in plain_sentences]
    return [plain_sentences] if direct == plain_sentences else [plain_sentences, direct]


def cues_in(text: str) -> list[frozenset[str]]:
    """The cues of each form of the text."""
    return [cues_of(form, "?" in text) for form in forms_of(sentences(text))]


@lru_cache(maxsize=4096)
def word_class(word: str) -> str:
    """`red` and `blue` are one cue, and so are things, places, days and numbers."""
    single = singular(word)
    if word in COLORS:
        return "COLOR"
    if single in THINGS:
        return "THING"
    if single in PLACES:
        return "PLACE"
    if word in WHICH and word not in ("left", "right", "all", "first", "back", "last", "next", "top", "little"):
        return "WHICH"
    if _NUMBER.fullmatch(word):
        return "NUMBER"
    return "DAY" if _DAY.fullmatch(word) else word


def _runs(words: list[str], longest: int) -> Iterator[str]:
    for size in range(1, longest + 1):
        for start in range(len(words) - size + 1):
            yield " ".join(words[start : start + size])
