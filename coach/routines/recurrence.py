"""When a routine is due: RFC 5545 by python-dateutil on the clock of its zone, in seconds of UTC.

A time that the clocks leave out in spring counts with the offset before the change (RFC 5545, 3.3.5), so it comes
within the hour after; a time that comes twice in autumn counts once, the first time.
"""

from __future__ import annotations

import copy
import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice, pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr

from coach.routines.public_holidays import PREFIX, is_left_out
from robot_bridge.protocol.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from memory.routines import Routine

HORIZON_DAYS = 9 * 366  # 29 February can be eight years away
MIN_GAP = timedelta(minutes=30)
MAX_RULE = 500
DAY_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")  # fmt: skip
_ALLOWED = re.compile(r"[A-Z]+=[A-Z0-9,+:\-T]+Z?(?:;[A-Z]+=[A-Z0-9,+:\-T]+Z?)*")
_OFTEN = re.compile(r"FREQ=(?:SECONDLY|MINUTELY)|BYSECOND=|BYMINUTE=[0-9]+,[0-9]+,")
_ODD = re.compile(r"BYEASTER=|FREQ=(?:DAILY|HOURLY)\b.*BYSETPOS=|BYSETPOS=.*FREQ=(?:DAILY|HOURLY)\b|"
                  r"(?:COUNT|INTERVAL)=\d{5,}")  # fmt: skip
_YEARS = range(1900, 2200)
_STEP = {"HOURLY": timedelta(hours=1), "DAILY": timedelta(days=1), "WEEKLY": timedelta(weeks=1)}
_MAX_HITS = 20_000  # times looked at in one question, also those that fall on left-out days


def zone(name: str) -> ZoneInfo:
    """Raises: UsageError: there is no such time zone."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        raise UsageError(f"there is no time zone '{name[:40]}'", "names such as Europe/Berlin") from None


def local_zone() -> str:
    """The zone of this machine, UTC where it has none."""
    import tzlocal

    try:
        return tzlocal.get_localzone_name() or "UTC"
    except (LookupError, ValueError):  # a broken TZ or /etc/localtime
        return "UTC"


def to_utc(local: datetime, tz: str) -> int:
    return int(local.replace(tzinfo=zone(tz), fold=0).timestamp())


def to_local(utc: float, tz: str) -> datetime:
    """Naive, on the clock of the zone."""
    return datetime.fromtimestamp(utc, UTC).astimezone(zone(tz)).replace(tzinfo=None, fold=0)


def check(routine: Routine) -> None:
    """Raises: UsageError: the rule cannot be read, comes too often, or never comes."""
    start = datetime.fromisoformat(routine.start_local)
    if start.year not in _YEARS:
        raise UsageError(f"the year {start.year}", f"{_YEARS[0]} to {_YEARS[-1]}", "name a day in a year to come")
    if not routine.rrule:
        return
    text = routine.rrule
    if len(text) > MAX_RULE or not _ALLOWED.fullmatch(text) or _ODD.search(text):
        raise UsageError(f"'{text[:60]}' is no recurrence", "RFC 5545, such as FREQ=WEEKLY;BYDAY=TU")
    if _OFTEN.search(text):
        raise UsageError(f"'{text[:60]}' is more often than I can follow", "every half hour at most")
    times = list(islice(_hits(routine, start - timedelta(seconds=1)), 50))
    if not times:
        raise UsageError(f"{_words(text)} never comes", next_step="name a day that is in the calendar")
    if any(later - sooner < MIN_GAP for sooner, later in pairwise(times)):
        raise UsageError(f"'{text[:60]}' is more often than I can follow", "every half hour at most")


def due_between(routine: Routine, after_utc: int, until_utc: int, limit: int = 2000) -> list[int]:
    """Due times after the one moment and up to the other, the earliest first."""
    found: list[int] = []
    for local in _hits(routine, to_local(after_utc, routine.tz) - timedelta(days=1)):
        due = to_utc(local, routine.tz)
        if due > until_utc or len(found) >= limit:
            break
        if due > after_utc and (not found or due > found[-1]):
            found.append(due)
    return found


def next_due(routine: Routine, after_utc: int) -> int | None:
    """None where it is due no more."""
    return next(iter(due_between(routine, after_utc, after_utc + HORIZON_DAYS * 86400, limit=1)), None)


def _hits(routine: Routine, after: datetime) -> Iterator[datetime]:
    """Local times, without the days that are left out; ends at the horizon."""
    start = datetime.fromisoformat(routine.start_local)
    if not routine.rrule:
        times: Iterator[datetime] = iter([start] if start > after else [])
    else:
        end = max(after, start) + timedelta(days=HORIZON_DAYS)
        times = islice(_times(routine.rrule, start, after, end.year), _MAX_HITS)
    days = frozenset(routine.except_days)
    holidays = [day for day in days if day.startswith(PREFIX)]
    for local in times:
        names = (local.date().isoformat(), DAY_CODES[local.weekday()], MONTHS[local.month - 1])
        if days.isdisjoint(names) and not is_left_out(local.date(), holidays):
            yield local


class _Searched(Exception):
    """The search for the next time has come to the horizon."""


class _Bounded(rrule):
    """A rule that never comes would be looked for until the year 9999; here the search ends after some months.

    `rrule` asks for `_byeaster` once for each month (or, in steps of more than a month, for each step) that it tries.
    """

    months_left = 0

    @property
    def _byeaster(self) -> None:
        self.months_left -= 1
        if self.months_left < 0:
            raise _Searched


def _times(text: str, start: datetime, after: datetime, end_year: int) -> Iterator[datetime]:
    """The times of a rule behind a moment, up to the end of a year."""
    start = _nearer(text, start, after)
    rule = copy.copy(_rule(text, start, end_year))
    rule.__class__ = _Bounded
    rule.months_left = (end_year - start.year + 2) * 12  # type: ignore[attr-defined]
    try:
        yield from rule.xafter(after)
    except _Searched:
        return


def _nearer(text: str, start: datetime, after: datetime) -> datetime:
    """A later start of the same times: nobody counts the hours since the year 1900 for the next one."""
    parts = dict(part.split("=", 1) for part in text.split(";") if "=" in part)
    step = _STEP.get(parts.get("FREQ", ""))
    if step is None or "COUNT" in parts or not parts.get("INTERVAL", "1").isdigit():
        return start
    try:
        step *= max(int(parts.get("INTERVAL", "1")), 1)
        return start + max((after - start) // step - 2, 0) * step
    except OverflowError:  # steps of thousands of years
        return start


@lru_cache(maxsize=512)
def _rule(text: str, start: datetime, end_year: int) -> rrule:
    """Raises: UsageError: it cannot be read."""
    text = re.sub(r"(UNTIL=\d{8}(?:T\d{6})?)Z", r"\1", text)
    try:
        rule = rrulestr(text, dtstart=start, ignoretz=True)
    except (ValueError, TypeError, AttributeError, KeyError, OverflowError) as error:
        raise UsageError(
            f"'{text[:60]}' is no recurrence ({error})", "RFC 5545, such as FREQ=WEEKLY;BYDAY=TU"
        ) from None
    assert isinstance(rule, rrule)
    said = re.search(r"UNTIL=(\d{8})", text)
    end = datetime(min(end_year, 9998) + 1, 1, 1)
    if said is None or datetime.strptime(said[1], "%Y%m%d") > end:
        return rule.replace(until=end)
    return rule


def _words(text: str) -> str:
    from coach.routines.wording import recurrence_in_words

    return recurrence_in_words(text)
