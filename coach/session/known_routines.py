"""Which of the routines that are kept already words or a new wish are about."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from coach.interpreter import interpret
from coach.interpreter.items import Item
from coach.routines.wording import when_in_words

if TYPE_CHECKING:
    from memory.routines import Routine

TAKES_OVER = re.compile(r"\b(?:replaces?|instead|changes?|move[sd]?|reschedule|shift|swap|from now on (?:at|on)|"
                        r"no longer|not any ?more)\b")  # fmt: skip
_MOVE = re.compile(
    r"(?:(?:please|robot|could you|can you|would you)[ ,]+)*(?:move|change|shift|reschedule|switch) "
    r"(?:the |my |our )?(?P<what>.+?)"
    r"(?: (?:routine|reminder|check-?in|alarm))?(?: (?:away )?from (?P<old>.+?))? (?:to|onto|until) (?P<when>.+?)"
    r"(?: instead(?: of .+)?)?(?:[ ,]+please)?[.! ]*"
)
_INSTEAD_OF = re.compile(r" instead(?: of .+)?$")
_CLOCK_FIRST = re.compile(
    r"(?:\d|half|quarter|noon|midnight|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b|\d"
)
_DAY_FIRST = re.compile(r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|weekdays|weekends|the ")
_TIMED = ("routine", "checkin")
_IDLE = {"the", "my", "do", "it", "about", "to", "a", "an", "in", "on", "our"}


def find_routine(routines: Sequence[Routine], what: str) -> Routine | None:
    """The one that these words are about; None where none or several fit alike."""
    named = find_alike(routines, what)
    return named[0] if len(named) == 1 else None


def find_alike(routines: Sequence[Routine], what: str) -> list[Routine]:
    """Those that these words are about: one chore or reminder, at one time or at several; none where that is open."""
    said = _telling(what)
    named = _best(routines, lambda routine: len(said & _telling(f"{routine.title} {routine.about}")))
    if len(named) > 1:  # "the Tuesday laundry"
        named = _best(named, lambda routine: len(said & _telling(when_in_words(routine)))) or named
    return named if len({routine.title for routine in named}) == 1 else []


def moving(words: str, known: Sequence[Routine]) -> tuple[Routine, Item] | None:
    """`move the laundry to 11` → the routine, and an item that says only when; None for other words."""
    said = _MOVE.fullmatch(words.lower().strip())
    routine = find_routine(known, f"{said['what']} {said['old'] or ''}") if said else None
    if said is None or routine is None:
        return None
    when = said["when"]
    link = "at " if _CLOCK_FIRST.match(when) else "on " if _DAY_FIRST.match(when) else ""
    for chore in (routine.title, "wipe the counter"):  # "dinner at 7" is in the evening
        item = next((item for item in interpret(f"{chore} {link}{when}").items if item.kind in _TIMED), None)
        if item is not None and (item.rrule or item.time or item.date):
            return routine, Item(kind="routine", rrule=item.rrule, time=item.time, date=item.date, until=item.until)
    return None


def without_instead(item: Item) -> Item:
    """`laundry instead of tuesday` is about the laundry."""
    about = _INSTEAD_OF.sub("", item.about)
    return msgspec.structs.replace(item, about=about) if about != item.about else item


def same_time(one: Routine, other: Routine) -> bool:
    """Whether they come at the same times, whenever they began."""
    if not (one.rrule and other.rrule):
        return one.rrule == other.rrule and one.start_local == other.start_local
    return (one.rrule, one.start_local[11:], sorted(one.except_days)) == (
        other.rrule, other.start_local[11:], sorted(other.except_days))  # fmt: skip


def same_chore(routines: Sequence[Routine], wished: Routine) -> list[Routine]:
    """Those that do the same thing, whenever they come."""
    return [routine for routine in routines
            if routine.kind == wished.kind and _chore(routine) == _chore(wished)]  # fmt: skip


def _best(routines: Sequence[Routine], fit: Callable[[Routine], int]) -> list[Routine]:
    best = max(map(fit, routines), default=0)
    return [routine for routine in routines if best and fit(routine) == best]


def _chore(routine: Routine) -> frozenset[str]:
    return frozenset(_telling(routine.title))


def _telling(text: str) -> set[str]:
    return {word.removesuffix("s") for word in re.findall(r"[a-z]+", text.lower())} - _IDLE
