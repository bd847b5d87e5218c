"""An item of an utterance → a routine, ready to be agreed to; or the question, or the sentence that refuses it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from coach.interpreter.checkins import Reminder, reminder_of
from coach.routines import days
from coach.routines.missed_words import TOLD, take_missed
from coach.routines.public_holidays import entry
from coach.routines.recurrence import check, next_due, to_local, to_utc
from memory.routines import Missed, Routine
from robot_bridge.protocol.errors import UsageError

if TYPE_CHECKING:
    from coach.interpreter.items import Item

DEFAULT_TIMES = {"checkin": "18:00", "task": "09:00"}
_MEALS = ("breakfast", "lunch", "dinner", "supper", "coffee", "tea")  # nobody wants these late
_VERBS = {
    "laundry": "do the laundry", "set_table": "set the table", "cook": "cook", "clean": "clean", "wipe": "wipe",
    "wash": "wash", "clear": "clear", "put": "put", "pick_up": "pick up", "open": "open", "close": "close",
    "bring": "bring", "hand_over": "hand over",
}  # fmt: skip
_ACTIVITIES = frozenset((*_MEALS, "laundry", "dishes", "cleaning", "bin", "bins", "shopping", "bath", "bedtime",
                         "trash", "garbage", "washing", "brunch", "snack",
                         "ironing", "gardening", "recycling"))  # fmt: skip
_DAY_NAME = re.compile(r"(?:mon|tues|wednes|thurs|fri|satur|sun)day")
_CLOCK = re.compile(r"\b(?:at|by) (?P<hour>\d{1,4})(?:[:.](?P<minute>\d\d))?(?: ?(?P<half>am|pm)\b)?(?! ?(?:cm|per))")


@dataclass(frozen=True)
class Draft:
    """One of: a routine with what should be said beside it (`remarks`), or what must be asked first."""

    routine: Routine | None = None
    question: str = ""
    remarks: tuple[str, ...] = ()


def impossible_time(words: str) -> str:
    """`25 o'clock`, as it was said, where no clock shows it; else empty."""
    for match in _CLOCK.finditer(words.lower()):
        hour, minute = int(match["hour"]), int(match["minute"] or 0)
        if hour > 24 or minute > 59 or (match["half"] and hour > 12):
            return match[0].split(" ", 1)[1]
    return ""


def draft(item: Item, now_utc: float, tz: str, by: str, words: str, instruction: str = "", holidays: str = "",
          missed: Missed | None = None) -> Draft:  # fmt: skip
    """What a routine or check-in asks for.

    Args:
        instruction: what the arms are told when it is due; empty where they have not learnt it.
        holidays: the country of the home, for "not on holidays"; empty where it is not known.
        missed: what happens with a missed run, where that was not said in the words.

    Raises:
        UsageError: it can never come, is past, or says nothing that can be done.
    """
    kind = "checkin" if item.kind == "checkin" else "task"
    title = title_of(item)
    if item.date and not item.rrule and _DAY_NAME.fullmatch(item.date):
        return Draft(question=f"{_sentence(title)}: every {item.date.capitalize()}, or only this one?")
    if not item.rrule and not item.date:
        return Draft(question=f"{_sentence(title)} at {item.time or 'that time'}: every day, or only today?")
    now = to_local(now_utc, tz)
    clock = item.time or DEFAULT_TIMES[kind]
    first = days.day_in(item.date, now) if item.date else now.date()
    start = datetime.combine(first, datetime.strptime(clock, "%H:%M").time())
    left_out, remarks = _left_out(item, now, holidays)
    if not item.time:
        remarks += (f"You named no time, so I take {clock.lstrip('0')}.",)
    missed = missed or take_missed(words).missed
    if missed:
        remarks += (TOLD[missed],)
    routine = Routine(
        kind=kind, title=title, instruction=instruction, about=_reminder(item).what or as_said(item.about, item.text),
        rrule=_with_end(item, now),
        start_local=start.isoformat(), tz=tz, except_days=left_out, missed=missed or _missed(item, kind),
        words=words, by=by, wall_s=now_utc, checked_utc=int(now_utc),
    )  # fmt: skip
    _check_it_comes(routine, now_utc)
    return Draft(routine, remarks=remarks)


def moved(old: Routine, item: Item, now_utc: float, by: str, words: str) -> Draft:
    """The same chore at another time. Args: item: says only when.

    Raises:
        UsageError: it can never come then, or is one that comes again and again, for which one day is named.
    """
    now = to_local(now_utc, old.tz)
    began = datetime.fromisoformat(old.start_local)
    rrule = _with_end(item, now)
    if item.date and old.rrule and _DAY_NAME.fullmatch(item.date):
        rrule = f"FREQ=WEEKLY;BYDAY={item.date[:2].upper()}"
    elif item.date and old.rrule:
        raise UsageError(f"{old.title} comes again and again, and that is one day", "other weekdays or another hour",
                         f'say "skip" for the day, or wish for {old.title} on {item.date} beside it')  # fmt: skip
    first = began.date() if not rrule else now.date()  # every second week goes on in its own weeks
    if item.date and not old.rrule:
        first = days.day_in(item.date, now)
    clock = datetime.strptime(item.time, "%H:%M").time() if item.time else began.time()
    routine = replace(old, id=0, rrule=rrule or old.rrule, start_local=datetime.combine(first, clock).isoformat(),
                      words=words, by=by, wall_s=now_utc, checked_utc=int(now_utc))  # fmt: skip
    _check_it_comes(routine, now_utc)
    return Draft(routine)


def _check_it_comes(routine: Routine, now_utc: float) -> None:
    check(routine)
    start = datetime.fromisoformat(routine.start_local)
    if not routine.rrule and to_utc(start, routine.tz) <= now_utc:
        raise UsageError(f"{start:%Y-%m-%d %H:%M} is past", next_step="name a time to come")
    if next_due(routine, int(now_utc)) is None:
        raise UsageError(f"{routine.title} would never come that way", next_step="name a day to come")


def settled(item: Item, every: bool) -> Item:
    """The item with the answer to "every Tuesday, or only this one?"."""
    import msgspec

    if not every:
        return item if item.date and not _DAY_NAME.fullmatch(item.date) else _once(item)
    code = item.date[:2].upper() if _DAY_NAME.fullmatch(item.date) else ""
    rrule = f"FREQ=WEEKLY;BYDAY={code}" if code else "FREQ=DAILY"
    return msgspec.structs.replace(item, rrule=rrule, date="")


def title_of(item: Item) -> str:
    """What people call it: `set the table`, `dinner`, `check in about the shopping`, `remind you to call Mum`.

    Raises:
        UsageError: nobody could know what is to be done.
    """
    if reminder := _reminder(item).title:
        return reminder
    if item.kind == "checkin":
        return f"check in about the {as_said(item.about, item.text)}" if item.about else "check in"
    if item.verb == "other":
        return item.text or f"see to the {item.object}"
    if item.verb:
        if item.verb == "wash" and item.object and item.object.name == "dish":
            return "do the dishes"
        named = f" the {item.object}" if item.object else ""
        where = f" in the {item.place}" if item.place else ""
        return f"{_VERBS.get(item.verb, item.verb)}{named}{where}"
    if item.about in _ACTIVITIES:
        return "bins" if item.about == "bin" else item.about
    raise UsageError(f"I do not know the chore '{item.about[:60]}'",
                     next_step="say what to do, such as \"wipe the counter every day at 8\"")  # fmt: skip


def is_reminder(routine: Routine) -> bool:
    """Whether it only says something at its time, and asks nothing."""
    return routine.kind == "checkin" and routine.title.startswith("remind ")


def _reminder(item: Item) -> Reminder:
    return reminder_of(item.text) if item.kind == "checkin" else Reminder()


def as_said(topic: str, text: str) -> str:
    """`grocery` → `groceries`, where that is how the person put it: items hold names in the singular."""
    from coach.interpreter.lexicon import singular

    if not topic:
        return ""
    *before, last = topic.split()
    plural = next((word for word in re.findall(r"[a-z']+", text.lower()) if singular(word) == last), last)
    return " ".join([*before, plural])


def _once(item: Item) -> Item:
    import msgspec

    return msgspec.structs.replace(item, date=f"this {item.date}" if item.date else "today")


def _with_end(item: Item, now: datetime) -> str:
    """The rule with its UNTIL. Raises: UsageError: that end is past."""
    if not item.until or not item.rrule or item.until == "further notice":
        return item.rrule
    end = days.end_in(item.until, now)
    if end < now.date():
        raise UsageError(f"{end.isoformat()} is past", next_step="name an end to come")
    return f"{item.rrule};UNTIL={end:%Y%m%d}T235959"


def _left_out(item: Item, now: datetime, holidays: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Days that are left out, and what must be said about them."""
    if not item.except_:
        return (), ()
    if item.except_.startswith("holiday"):
        if holidays:
            return (entry(holidays),), ()
        remark = 'I do not know your country: set "holidays: DE" in config.yaml, or say for each day "skip it on".'
        return (), (remark,)
    return days.days_in(item.except_, now), ()


def _missed(item: Item, kind: str) -> Missed:
    named = item.about or (item.object.name if item.object else "")
    return "skip" if kind == "task" and named in _MEALS else "late"


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def skipped_days(item: Item, now_utc: float, tz: str) -> tuple[str, ...]:
    """The days of `skip the laundry next week`. Raises: UsageError: they cannot be understood."""
    now = to_local(now_utc, tz)
    name = item.except_.removeprefix("this ")
    if _DAY_NAME.fullmatch(name):
        away = (days.WEEKDAYS.index(name) - now.weekday()) % 7
        return ((now.date() + timedelta(days=away)).isoformat(),)
    return days.days_in(item.except_, now)
