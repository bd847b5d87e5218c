"""Several wishes in one breath, with commas or without: cut where the pieces read best on their own.

`do the laundry on mondays mop the floor every friday at 9 i leave at 7 and never touch the knives`: every gap before a
word that can begin a wish may be a cut. A piece costs little where the rules read it whole and the cues agree with
what they read; the cheapest way through the sentence wins (dynamic programming over the gaps).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import msgspec

from coach.interpreter.items import Item
from coach.interpreter.lexicon import DAY, VERBS, split_words
from coach.interpreter.times import take_times

Reading = tuple[list[Item], dict[str, float]]  # what a piece holds, and how likely each kind is by its cues

_TIME = re.compile(
    r"\b(?:every|each|daily|weekly|monthly|nightly|weekdays|weekends|(?:once|twice|times) a|at (?:\d|half|a quarter|"
    r"quarter|noon|midnight|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)|\d{1,2} ?(?:am|pm)|"
    rf"\d{{1,2}}:\d\d|{DAY}s?|never|always|holidays?|tomorrow|tonight|"
    r"(?:go|goes|belongs?) (?:in|on|into))\b"
)
_DAYS = split_words("monday tuesday wednesday thursday friday saturday sunday")
_BEGINNERS = frozenset(verb.split()[0] for verb in VERBS) | frozenset(split_words(
    "i we my our he she they dinner breakfast lunch supper brunch laundry dishes trash rubbish bins bin garbage "
    "coffee "
    "tea vacuuming cleaning ironing shopping recycling never always do dont please can could would you ask remind "
    "tell "
    "let check report wake warn call give keep skip no mugs cups plates bowls glasses knives towels spoons bottles "
    "the "
    "every each on once twice if when whenever before after until tomorrow tonight also don't make have "
    "weekdays weekends"
)) | frozenset(_DAYS) | frozenset(f"{day}s" for day in _DAYS)  # fmt: skip
_JOINTS = frozenset(split_words(", and then so but also plus okay right well oh um next finally please"))
_TIED = frozenset(split_words(  # behind these nothing begins
    "to the a an my your our his her their of for how what if not will should must in on at before after with from "
    "by "
    "i we you they he she that every each have been was were is are or than as until till very too about into onto "
    "any "
    "some no never always when while don't do has"
))  # fmt: skip
_STRAY = re.compile(  # words that no name of a thing or topic holds
    r"\b(?:every|each|and|then|on|at|in|am|pm|o'clock|daily|weekly|you|i|we|it|is|are|do|does|never|always|please|"
    r"go|goes|"
    r"to|of the|\d+|mondays?|tuesdays?|wednesdays?|thursdays?|fridays?|saturdays?|sundays?|weekdays?|weekends?|"
    r"morning|"
    r"evening|night|day|week|month|again|okay|so|but|also|remind|ask|water|feed|wash|clean|wipe|mop|vacuum|sweep|"
    r"week)\b"
)
_DAY_LIST = re.compile(
    rf"(?:{DAY}s?(?: , | and | , and | )(?:every |each |on )?)+"
    rf"(?={DAY})"
)
_COMMA_DAYS = re.compile(
    rf"\b{DAY}s?(?: , (?:on )?{DAY}s?)*"
    rf"(?: ,)? and (?:on )?{DAY}s?\b"
)
_RULE_TIME = re.compile(r"\b(?:go|goes|belongs?|never|always)\b")
_WHERE_IT_GOES = re.compile(r"\b(?:go|goes|belongs?) (?:in|on|into|under)\b")
_AGAIN = re.compile(r"^(?:again|also|once more|another time|a second time)(?: and)? ")
_ASKED = re.compile(r"\b(?:could you|can you|would you|please|okay|so|i want you|i need you)\b")
_SKIP = re.compile(
    r"(?:skip|leave|drop)(?: (?:it|that|this|them|those))?(?: out)? (?:for |on |in |at |during )?(?P<what>(?!the |"
    r"my |our ).+)"
)
_BARE_SKIP = re.compile(
    r"(?:please )?(?:skip|skipping|leave out|leaving out|omit|not|except|only not|just not|never|no need)"
    r"(?: for| on| in| at| during)* (?P<what>(?!the |my |our |it |that ).+)"
)
_WISH = frozenset(("routine", "checkin", "rule", "fact", "task"))
MIN_WORDS = 6
MAX_PIECE = 22  # words; nobody says more in one wish
MAX_GAPS = 40
MAX_SPAN = 8  # gaps within one wish
_PIECE, _UNTIMED, _MORE_TIME, _PREAMBLE = 1.2, 1.5, 1.0, 2.0  # costs, as negative logarithms of likelihoods
_LEAST = 0.5  # what any piece costs
_TOO_MUCH = 5.0  # a piece that costs more does not read


class _Path(NamedTuple):
    cost: float
    items: tuple[Item, ...]
    timed_first: bool  # the last wish began with its time, so that what follows may share it


def split_wishes(sentence: str, read: Callable[[str], Reading | None]) -> list[Item] | None:
    """The wishes of a sentence that holds more than one; None where it holds one, or none that can be told apart.

    Args:
        read: what one piece means, None where it cannot be read.
    """
    words = sentence.split()
    if len(words) < MIN_WORDS or len(_TIME.findall(sentence)) < 2:
        return None
    read = cache(read)  # the same piece comes up between different gaps
    gaps = _gaps(words)
    best: dict[int, _Path] = {0: _Path(0.0, (), False)}
    for index, end in enumerate(gaps[1:], 1):
        for start in reversed(gaps[max(0, index - MAX_SPAN) : index]):
            before = best.get(start)
            if before and end in best and before.cost + (0.0 if before.timed_first else _LEAST) > best[end].cost:
                continue  # no piece is cheap enough to make this way the better one
            piece = _bare(words[start:end])
            if before is None or len(piece) > MAX_PIECE:
                continue
            path = _extend(before, " ".join(piece), read) if piece else before
            if path and (end not in best or path.cost <= best[end].cost):
                best[end] = path
    whole = best.get(len(words))
    return list(whole.items) if whole and len(whole.items) > 1 else None


def _gaps(words: list[str]) -> list[int]:
    """Where a wish may begin; never within `Mondays, Wednesdays and Fridays`."""
    found = [0]
    listed = _listed_days(" ".join(words))
    for index in range(1, len(words)):
        if index in listed:
            continue
        joint = words[index - 1] in _JOINTS
        begins = words[index] in _BEGINNERS and words[index - 1] not in _TIED
        if (joint or begins or words[index] == ",") and len(found) < MAX_GAPS:
            found.append(index)
    return [*found, len(words)]


def _listed_days(sentence: str) -> set[int]:
    """The places of the words within a list of days, but for its first."""
    inside: set[int] = set()
    for days in _COMMA_DAYS.finditer(sentence):
        first = sentence.count(" ", 0, days.start())
        inside.update(range(first + 1, first + 1 + days[0].count(" ")))
    return inside


def _bare(piece: list[str]) -> list[str]:
    """Without the words that only join it to its neighbours."""
    start, end = 0, len(piece)
    while start < end and piece[start] in _JOINTS:
        start += 1
    while end > start and piece[end - 1] in (
        ",",
        "and",
        "then",
        "also",
        "so",
        "plus",
        "but",
        "um",
        "okay",
        "oh",
        "well",
        "right",
        "yes",
    ):
        end -= 1
    return piece[start:end]


def _extend(before: _Path, piece: str, read: Callable[[str], Reading | None]) -> _Path | None:
    """The path with one piece more."""
    last = before.items[-1] if before.items else None
    if last and last.rrule and not last.except_ and (but := _left_out_of(last, piece)):
        return _Path(before.cost + _LEAST, (*before.items[:-1], but), before.timed_first)
    more = _more_of(last, piece) if last else None
    if more is not None:
        if more.time:
            return _again(before, more)
        return _Path(before.cost + _PIECE + _MORE_TIME, (*before.items, more), before.timed_first)
    if _TIME.search(take_times(piece).rest.removeprefix("always ").removeprefix("never ")) and not _RULE_TIME.search(
        piece
    ):
        return None  # more than one
    reading = read(piece)
    if reading is None:
        return None
    items, chances = reading
    if not before.items and not _TIME.search(piece) and _is_preamble(items, chances):
        return _Path(before.cost + _PREAMBLE, (), False)  # "hi so I'm a bit overwhelmed okay"
    plain = _DAY_LIST.sub("", _COMMA_DAYS.sub("", piece))
    cost = _cost(items, chances) + 2.5 * (plain.count(" , ") + (" and " in plain))
    if cost > _TOO_MUCH:
        return None
    if last and before.timed_first and last.kind == "routine" and items[0].kind == "task":
        items = [_at_the_time_of(last, item) for item in items]
        cost -= _UNTIMED
    return _Path(before.cost + cost, (*before.items, *items), _starts_with_time(piece))


def _again(before: _Path, more: Item) -> _Path:
    """The last wish at one more time; what was said of its days only now holds for its other times too."""
    items, last = list(before.items), before.items[-1]
    if not last.time:  # "three times a day , at 8 …"
        return _Path(before.cost + _PIECE, (*items[:-1], more), before.timed_first)
    cost = _PIECE if more.rrule and not (last.rrule or last.date) else _PIECE + _MORE_TIME
    for index in range(len(items) - 1, -1, -1):
        other = items[index]
        if (other.kind, other.verb, other.object, other.about) != (more.kind, more.verb, more.object, more.about):
            break
        items[index] = msgspec.structs.replace(
            other, rrule=other.rrule or ("" if other.date else more.rrule), until=other.until or more.until,
            except_=other.except_ or more.except_)  # fmt: skip
    return _Path(before.cost + cost, (*items, more), before.timed_first)


def _is_preamble(items: list[Item], chances: dict[str, float]) -> bool:
    """Whether the words only lead up to the wishes: `hi so I'm a bit overwhelmed`."""
    if all(item.kind in ("chatter", "praise", "unknown", "answer") for item in items):
        return True
    untimed = all(item.kind == "fact" and not (item.rrule or item.time or item.date) for item in items)
    return untimed and chances["chatter"] > chances["fact"]


def _cost(items: list[Item], chances: dict[str, float]) -> float:
    if any(item.kind not in _WISH for item in items):
        return math.inf
    cost = _PIECE + min(-math.log(max(chances.get(items[0].kind, 0.0), 1e-4)), 3.0)
    for item in items:
        names = [item.about if item.kind == "routine" else "", item.object.name if item.object else "", item.place]
        cost += sum(3.0 if _STRAY.search(name) else 1.5 * max(len(name.split()) - 2, 0) for name in names)
        if item.kind == "rule" and len(_WHERE_IT_GOES.findall(item.text)) > 1:
            cost += 4.0
        if item.kind != "rule" and not (item.rrule or item.time or item.date or item.except_):
            cost += _UNTIMED
        if item.kind == "fact" and _ASKED.search(item.text):
            cost += 3.0
    return cost


def _starts_with_time(piece: str) -> bool:
    return piece.split()[0] in (
        "every",
        "each",
        "on",
        "at",
        "daily",
        "tomorrow",
        "tonight",
        *_DAYS,
        *(f"{d}s" for d in _DAYS),
    )


def _left_out_of(last: Item, piece: str) -> Item | None:
    """`… but skip next week`, `… not on holidays`: the wish before, without those days."""
    left_out = _BARE_SKIP.fullmatch(piece)
    when = take_times(f"x except {left_out['what']}") if left_out else None
    if last.kind not in ("routine", "checkin") or when is None or when.rest != "x" or not when.except_:
        return None
    return msgspec.structs.replace(last, except_=when.except_)


def _more_of(last: Item, piece: str) -> Item | None:
    """`… and every evening at 6`, `… skip it on holidays`: the wish before, at another time."""
    if last.kind not in ("routine", "checkin"):
        return None
    skipped = _SKIP.fullmatch(piece)
    if skipped and (left_out := take_times(f"x except {skipped['what']}")).rest == "x" and left_out.except_:
        return Item(kind="routine", verb=last.verb, object=last.object, about=last.about, except_=left_out.except_)
    when = take_times(_AGAIN.sub("", piece))
    if when.rest or not when.time:
        return None
    time = when.time
    if last.time and time <= last.time and "01" <= time < "12":  # "at one and at seven": the day goes on
        time = f"{int(time[:2]) + 12:02d}{time[2:]}"
    return msgspec.structs.replace(last, rrule=when.rrule or last.rrule, time=time, date=when.date or last.date,
                                   until=when.until or last.until, except_=when.except_ or last.except_)  # fmt: skip


def _at_the_time_of(last: Item, task: Item) -> Item:
    return msgspec.structs.replace(
        task, kind="routine", rrule=last.rrule, time=last.time, date=last.date, until=last.until
    )
