"""Stops: heard in every form, and not where the word has another meaning.

When in doubt it is a stop: to hold the arms for nothing costs a second. What the word means beside others is the
table of `stop_readings.py`; what stops without the word is the one of `stop_clauses.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from coach.interpreter.stop_clauses import STOP_CLAUSE
from coach.interpreter.stop_readings import Reading, Said, reading_of

_WORD = re.compile(
    r"\b(?:(?:hit|press|push|pull|use) (?:the|your) emergency )?(?:stop|halt|abort|freeze)\b|"
    r"(?<=\bmind )stopping\b|(?<=\babout )stopping\b"
)
_NO_NO_NO = re.compile(r"(?:(?:no|wait)(?: ,)? ){2,}(?:no|wait)(?: ,)? (?=\S)")
_TAIL = re.compile(  # what belongs to the stop and says nothing more: `stop moving the arms right now`
    r"^(?: (?:right away|right now|right this (?:second|instant|minute)|it|that|this|right|there|now|please|"
    r"immediately|at once|here|robot|everything|all|the|robots?|arms?|motors?|both|moving|going|doing|what you are|"
    r"whatever|that right|motion|motions|task|turning|pushing|pulling|pressing|shaking|spinning|squeezing|dropping|"
    r"wiping|washing|cleaning|this instant|you|your|movement|already|,|okay|everyone|working|stop|halt|idiot|stupid|"
    r"damn|for gods sake|for god's sake|the left arm|for now|hey|no|right away|before .*|time|playing|moved|too))+"
    r"(?= |$)"
)


def split_at_stops(clause: str) -> list[str | None]:
    """The clause cut where a stop was said; None stands for each stop."""
    alarmed = _NO_NO_NO.match(clause)
    if alarmed and not _WORD.search(clause):
        return [None, clause[alarmed.end() :].strip(" ,")]
    parts: list[str | None] = []
    start = 0
    for match, reading in decisions(clause):
        if reading is not None and not reading.stops:
            continue
        parts += [clause[start : match.start()].strip(" ,"), None]
        start = match.end()
    tail = clause[start:]
    if parts and parts[-1] is None:
        tail = _TAIL.sub("", tail)
    parts.append(tail.strip(" ,"))
    return [p for p in parts if p is None or p]


def decisions(clause: str) -> Iterator[tuple[re.Match[str], Reading | None]]:
    """Each word of stopping, and the row of the table that decides what it means; None where it is a plain stop."""
    for match in _WORD.finditer(clause):
        yield match, reading_of(Said(clause[: match.start()], match[0], clause[match.end() :]))


def names_stop(sentence: str) -> bool:
    """Whether one of the words was said at all, as a stop or otherwise."""
    return _WORD.search(sentence) is not None


def is_stop_clause(clause: str) -> bool:
    """Whether the whole clause means stop without saying the word."""
    return STOP_CLAUSE.fullmatch(clause) is not None
