"""Days in words → days of the calendar; what the few words here do not cover is `dateparser`'s."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from coach.routines.recurrence import DAY_CODES, MONTHS
from robot_bridge.protocol.errors import UsageError

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_FEASTS = {"christmas": (12, 25), "christmas day": (12, 25), "christmas eve": (12, 24), "new year": (1, 1),
           "new years": (1, 1), "new year's": (1, 1), "new years eve": (12, 31), "new year's eve": (12, 31),
           "new years day": (1, 1), "new year's day": (1, 1), "new year eve": (12, 31)}  # fmt: skip
_MONTHS_OF = {"spring": (3, 4, 5), "summer": (6, 7, 8), "autumn": (9, 10, 11), "winter": (12, 1, 2)}
_DAYS_BACK = {"week": 7, "weekend": 7, "month": 31, "year": 366}
_SEASONS = {"spring": (3, 20), "summer": (6, 21), "autumn": (9, 22), "winter": (12, 21)}


_YEAR = r"(?:19|20)\d\d"


def day_in(words: str, now: datetime) -> date:
    """`tomorrow`, `next friday`, `20 december`, `easter` → the day to come; `yesterday`, `3 march 2020` → that day.

    Raises:
        UsageError: no calendar has it.
    """
    plain = re.sub(r"^(?:on|the|this) ", "", words.lower().strip())
    today = now.date()
    if plain in ("today", "tonight", "morning", "afternoon", "evening"):
        return today
    if plain.startswith("tomorrow"):
        return today + timedelta(days=1)
    if plain == "the day after tomorrow" or plain == "day after tomorrow":
        return today + timedelta(days=2)
    if over := _day_over(plain, today):
        return over
    name = plain.removeprefix("next ")
    if name in WEEKDAYS:
        away = (WEEKDAYS.index(name) - today.weekday()) % 7
        return today + timedelta(days=away or (7 if plain != name else 0))
    if name in _FEASTS or name in _SEASONS:
        month, day = _FEASTS.get(name) or _SEASONS[name]
        return _to_come(month, day, today)
    if name.startswith("easter"):
        return _easter(today, name)
    return _parsed(plain, now)


def _day_over(plain: str, today: date) -> date | None:
    """A day before this one, where the words name such a day."""
    if "yesterday" in plain or plain == "last night":
        return today - timedelta(days=2 if "before" in plain else 1)
    name = plain.removeprefix("last ")
    if plain == name:
        return None
    if name in WEEKDAYS:
        return today - timedelta(days=(today.weekday() - WEEKDAYS.index(name)) % 7 or 7)
    return today - timedelta(days=_DAYS_BACK[name]) if name in _DAYS_BACK else None


def end_in(words: str, now: datetime) -> date:
    """The last day of `until …`. Raises: UsageError: no calendar has it."""
    plain = re.sub(r"\bthe ", "", words.lower().strip())
    if re.fullmatch(_YEAR, plain):
        return date(int(plain) - 1, 12, 31)
    end = re.fullmatch(r"end of (?P<what>\w+)", plain)
    if end is None:
        return day_in(words, now)
    today = now.date()
    match end["what"]:
        case "day":
            return today
        case "week":
            return today + timedelta(days=6 - today.weekday())
        case "year":
            return date(today.year, 12, 31)
        case "month":
            return _month_end(today)
    if re.fullmatch(_YEAR, end["what"]):
        return date(int(end["what"]), 12, 31)
    return _month_end(_parsed(f"1 {end['what']}", now))


def days_in(words: str, now: datetime) -> tuple[str, ...]:
    """Days that are left out: dates `YYYY-MM-DD`, codes of weekdays, or names of months, which mean all their days.

    Raises:
        UsageError: none of these.
    """
    plain = re.sub(r"^(?:the|on|in) ", "", words.lower().strip())
    single = plain.removesuffix("s")
    if single in WEEKDAYS:
        return (DAY_CODES[WEEKDAYS.index(single)],)
    if single == "weekend":
        return ("SA", "SU")
    if single == "weekday":
        return DAY_CODES[:5]
    if plain.capitalize() in MONTHS:
        return (plain.capitalize(),)
    if plain in _MONTHS_OF:
        return tuple(MONTHS[month - 1] for month in _MONTHS_OF[plain])
    if " and " in plain:
        return tuple(day for part in plain.split(" and ") for day in days_in(part, now))
    if plain in ("this month", "next month"):
        first = now.date().replace(day=1) if plain == "this month" else _month_end(now.date()) + timedelta(days=1)
        return tuple((first + timedelta(days=n)).isoformat() for n in range(_month_end(first).day))
    if plain in ("this weekend", "next weekend"):
        saturday = now.date() + timedelta(days=(5 - now.weekday()) % 7 + (7 if plain == "next weekend" else 0))
        return saturday.isoformat(), (saturday + timedelta(days=1)).isoformat()
    if plain in ("next week", "this week"):
        monday = now.date() - timedelta(days=now.weekday())
        monday += timedelta(days=7 if plain == "next week" else 0)
        return tuple((monday + timedelta(days=n)).isoformat() for n in range(7))
    return (day_in(plain, now).isoformat(),)


def _parsed(words: str, now: datetime) -> date:
    import dateparser

    from coach.interpreter.calendar_words import NTH_WORDS

    settings = {"PREFER_DATES_FROM": "future", "RELATIVE_BASE": now, "STRICT_PARSING": False, "DATE_ORDER": "DMY"}
    nth = re.match(rf"({'|'.join(NTH_WORDS)}) (?:of )?(?=[a-z])", words)
    words_of_number = f"{NTH_WORDS[nth[1]]}{words[nth.end() :]}" if nth else words
    found = dateparser.parse(words_of_number, languages=["en"], settings=settings)
    if found is None:
        raise UsageError(f"I do not know the day '{words[:40]}'", next_step="name a date, such as 24 December")
    return found.date()


def _to_come(month: int, day: int, today: date) -> date:
    this = date(today.year, month, day)
    return this if this >= today else date(today.year + 1, month, day)


def _easter(today: date, name: str) -> date:
    from dateutil.easter import easter

    later = timedelta(days=1 if name.endswith("monday") else 0)
    this = easter(today.year) + later
    return this if this >= today else easter(today.year + 1) + later


def _month_end(day: date) -> date:
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return following - timedelta(days=1)
