"""When a routine is due: RFC 5545 by python-dateutil on the clock of its zone, in seconds of UTC.

A time that the clocks leave out in spring counts with the offset before the change (RFC 5545, 3.3.5), so it comes
within the hour after; a time that comes twice in autumn counts once, the first time.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice, pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from coach.routines.public_holidays import is_left_out
from robot_bridge.protocol.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dateutil.rrule import rrule

    from memory.routines import Routine

HORIZON_DAYS = 9 * 366  # 29 February can be eight years away
MIN_GAP = timedelta(minutes=30)
MAX_RULE = 500
DAY_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_ALLOWED = re.compile(r"[A-Z]+=[A-Z0-9,+:\-T]+Z?(?:;[A-Z]+=[A-Z0-9,+:\-T]+Z?)*")
_OFTEN = re.compile(r"FREQ=(?:SECONDLY|MINUTELY)|BYSECOND=|BYMINUTE=[0-9]+,[0-9]+,")
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
    if not routine.rrule:
        return
    text = routine.rrule
    if len(text) > MAX_RULE or not _ALLOWED.fullmatch(text):
        raise UsageError(f"'{text[:60]}' is no recurrence", "RFC 5545, such as FREQ=WEEKLY;BYDAY=TU")
    if _OFTEN.search(text):
        raise UsageError(f"'{text[:60]}' is more often than I can follow", "every half hour at most")
    start = datetime.fromisoformat(routine.start_local)
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
        times = islice(_rule(routine.rrule, start, end.year).xafter(after), _MAX_HITS)
    for local in times:
        if not _is_left_out(local, routine.except_days):
            yield local


def _is_left_out(local: datetime, except_days: tuple[str, ...]) -> bool:
    if not except_days:
        return False
    return local.date().isoformat() in except_days or DAY_CODES[local.weekday()] in except_days or is_left_out(
        local.date(), except_days)  # fmt: skip


@lru_cache(maxsize=512)
def _rule(text: str, start: datetime, end_year: int) -> rrule:
    """The rule up to the end of a year: without an end one that never comes would be looked for until 9999."""
    from dateutil.rrule import rrule, rrulestr

    text = re.sub(r"(UNTIL=\d{8}(?:T\d{6})?)Z", r"\1", text)
    try:
        rule = rrulestr(text, dtstart=start, ignoretz=True)
    except (ValueError, TypeError, AttributeError, KeyError) as error:
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
