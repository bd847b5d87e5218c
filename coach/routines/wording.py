"""Routines as a person would tell them: one sentence each."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from coach.routines.public_holidays import PREFIX
from coach.routines.recurrence import DAY_CODES, MONTHS, to_local
from memory.routines import PAUSED

if TYPE_CHECKING:
    from memory.routines import Routine

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_UNITS = {"HOURLY": "hour", "DAILY": "day", "WEEKLY": "week", "MONTHLY": "month", "YEARLY": "year"}
_NTH = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last"}


def recurrence_in_words(rrule: str) -> str:
    """`FREQ=WEEKLY;BYDAY=TU` → `every Tuesday`; what has no plain words stays as it is."""
    parts = dict(part.split("=", 1) for part in rrule.split(";") if "=" in part)
    unit, count = _UNITS.get(parts.pop("FREQ", "")), int(parts.pop("INTERVAL", "1") or 1)
    until = parts.pop("UNTIL", "")
    days, month_days, months = parts.pop("BYDAY", ""), parts.pop("BYMONTHDAY", ""), parts.pop("BYMONTH", "")
    if unit is None or parts:
        return f"by the rule {rrule}"
    every = f"every {unit}" if count == 1 else f"every {count} {unit}s"
    end = f" until {_date(datetime.strptime(until[:8], '%Y%m%d'))}" if until else ""
    if unit == "year" and count == 1 and months.isdigit() and not (days or month_days):
        return f"every {MONTHS[int(months) - 1]}{end}"
    listed = month_days.split(",")
    if unit == "month" and len(listed) > 1 and all(day.isdigit() for day in listed):
        return f"on days {', '.join(listed[:-1])} and {listed[-1]} of {every}{end}"
    if month_days.lstrip("-").isdigit():
        return f"{_on_month_day(every, int(month_days), months)}{end}"
    if days and unit == "week":
        return f"{_on_days(days, count)}{end}"
    nth = re.fullmatch(r"([+-]?\d)([A-Z]{2})", days)
    if nth and unit == "month":
        return f"on the {_NTH.get(int(nth[1]), nth[1])} {_day(nth[2])} of {every}{end}"
    return f"by the rule {rrule}" if days or months or month_days else f"{every}{end}"


def _on_month_day(every: str, number: int, months: str) -> str:
    if months.isdigit() and 1 <= int(months) <= 12:
        return f"every {MONTHS[int(months) - 1]} {number}"
    return f"on the last day of {every}" if number == -1 else f"on day {number} of {every}"


def _on_days(days: str, count: int) -> str:
    if count == 1 and days == "MO,TU,WE,TH,FR":
        return "every weekday"
    names = [_day(code) for code in days.split(",")]
    listed = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    return f"every {listed}" if count == 1 else f"every {'second' if count == 2 else f'{count}th'} {listed}"


def _day(code: str) -> str:
    return DAYS[DAY_CODES.index(code)] if code in DAY_CODES else code


def _date(day: datetime) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def when_in_words(routine: Routine) -> str:
    """`every Tuesday at 9:00, not on Sundays`; a single time with its date."""
    start = datetime.fromisoformat(routine.start_local)
    clock = f"at {start.hour}:{start.minute:02d}"
    said = f"{recurrence_in_words(routine.rrule)} {clock}" if routine.rrule else f"on {DAYS[start.weekday()]}, {_date(start)}, {clock}"  # noqa: E501  # fmt: skip
    names = [_left_out(day) for day in routine.except_days if day not in (PAUSED, *MONTHS)]
    said = f"{said}, not on {', '.join(names[:6])}" if names else said
    months = [month for month in routine.except_days if month in MONTHS]
    said = f"{said}, not in {', '.join(months)}" if months else said
    return f"{said} (paused)" if routine.is_paused else said


def _left_out(day: str) -> str:
    if day.startswith(PREFIX):
        return f"public holidays ({day.removeprefix(PREFIX)})"
    return f"{_day(day)}s" if day in DAY_CODES else day


def moment_in_words(utc: float, tz: str, now_utc: float) -> str:
    """`today at 18:00`, `tomorrow at 9:00`, `on Tuesday, 24 November 2026, at 9:00`."""
    local, now = to_local(utc, tz), to_local(now_utc, tz)
    away = (local.date() - now.date()).days
    day = {0: "today", 1: "tomorrow", -1: "yesterday"}.get(away) or f"on {DAYS[local.weekday()]}, {_date(local)},"
    return f"{day} at {local.hour}:{local.minute:02d}"
