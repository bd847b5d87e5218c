"""Times of a calendar file → local times in a zone with a name; a zone that only the file knows goes by its offsets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from coach.routines.recurrence import zone
from robot_bridge.protocol.errors import UsageError

_SAMPLES = tuple(timedelta(days=5 * step) for step in range(2 * 73))  # the changes of the clock in two years


def local_start(value: Any, title: str, home_zone: str, now_utc: float) -> tuple[datetime, str]:
    """The start of an event, naive, and the name of its zone.

    Args:
        value: its DTSTART; without a zone it is meant on the clock of the home.

    Raises:
        UsageError: nothing tells which clock is meant.
    """
    start: datetime = value.dt
    named = str(value.params.get("TZID", ""))
    if start.tzinfo is None:
        if named:
            raise _unknown(title, named)
        return start, home_zone
    name = getattr(start.tzinfo, "key", "") or _same_clock(start.tzinfo, home_zone, start, now_utc)
    if not name:
        raise _unknown(title, named)
    return start.replace(tzinfo=None), name


def in_zone(moment: Any, name: str) -> Any:
    """A date or time of the file on the clock of the zone, naive."""
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        return moment.astimezone(zone(name)).replace(tzinfo=None)
    return moment


def _unknown(title: str, named: str) -> UsageError:
    return UsageError(f"the event '{title}' is in the time zone '{named[:40]}', whose clock I do not know",
                      "names such as Europe/Berlin, or a VTIMEZONE in the file")  # fmt: skip


def _same_clock(known: tzinfo, home_zone: str, start: datetime, now_utc: float) -> str:
    """The zone whose clock shows the same, the home's first; empty where there is none."""
    from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

    begin = max(datetime.fromtimestamp(now_utc, UTC).replace(tzinfo=None), start.replace(tzinfo=None))
    times = [start.replace(tzinfo=None), *(begin + away for away in _SAMPLES)]
    offsets = [known.utcoffset(moment) for moment in times]
    for name in dict.fromkeys((home_zone, *WINDOWS_TO_OLSON.values())):
        other = ZoneInfo(name)
        if all(other.utcoffset(moment) == offset for moment, offset in zip(times, offsets, strict=True)):
            return name
    return ""
