"""Routines as an iCalendar file (RFC 5545), out and in, by the `icalendar` library."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coach.routines.public_holidays import between, checked
from coach.routines.recurrence import DAY_CODES, check, next_due, zone
from memory.routines import Routine
from robot_bridge.protocol.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_BYTES = 1_000_000
MAX_EVENTS = 500
YEAR_DAYS = 366  # holidays are written out for so long; what we write ourselves names the country too


def to_ics(routines: Sequence[Routine]) -> bytes:
    """The routines as one calendar."""
    from icalendar import Calendar, Event
    from icalendar.prop import vRecur

    calendar = Calendar()
    calendar.add("prodid", "-//robot-coach//routines//EN")
    calendar.add("version", "2.0")
    for routine in routines:
        event, where = Event(), zone(routine.tz)
        start = datetime.fromisoformat(routine.start_local).replace(tzinfo=where)
        event.add("uid", f"routine-{routine.id}@robot-coach")
        event.add("dtstamp", datetime.fromtimestamp(routine.wall_s, UTC))
        event.add("summary", routine.title)
        event.add("dtstart", start)
        event.add("categories", [routine.kind])
        if routine.rrule:
            event.add("rrule", vRecur.from_ical(_with_utc_end(routine)))
        today = datetime.now(where).date()
        dates = [date.fromisoformat(day) for day in routine.except_days if day[:1].isdigit()]
        for day in [*dates, *between(today, today + timedelta(days=YEAR_DAYS), routine.except_days)]:
            event.add("exdate", datetime.combine(day, start.time(), where))
        weekdays = [day for day in routine.except_days if not day[:1].isdigit()]
        if weekdays:
            event.add("x-robot-coach-not-on", ",".join(weekdays))
        calendar.add_component(event)
    calendar.add_missing_timezones()
    return calendar.to_ical()


def from_ics(path: Path, now_utc: float, by: str, home_zone: str) -> list[Routine]:
    """The events of a calendar file that are still to come.

    Raises:
        UsageError: it is too large, no calendar, or one of its events cannot be followed; nothing is taken then.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            size = path.stat().st_size
            raise UsageError(f"{path} has {size:,} bytes", f"at most {MAX_BYTES:,}", "export the routines alone")
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror})") from None
    from icalendar import Calendar

    try:
        events = list(Calendar.from_ical(data).walk("VEVENT"))
    except (ValueError, IndexError, KeyError, TypeError) as error:
        raise UsageError(f"{path} is no iCalendar file ({str(error)[:80]})") from None
    if len(events) > MAX_EVENTS:
        raise UsageError(f"{path} has {len(events)} events", f"at most {MAX_EVENTS}")
    found = [_routine(event, now_utc, by, home_zone) for event in events]
    return [routine for routine in found if next_due(routine, int(now_utc)) is not None]


def _with_utc_end(routine: Routine) -> str:
    """A time with a zone wants its UNTIL in UTC."""
    parts = []
    for part in routine.rrule.split(";"):
        if part.startswith("UNTIL=") and "T" in part and not part.endswith("Z"):
            local = datetime.strptime(part[6:], "%Y%m%dT%H%M%S").replace(tzinfo=zone(routine.tz))
            part = f"UNTIL={local.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        parts.append(part)
    return ";".join(parts)


def _routine(event: Any, now_utc: float, by: str, home_zone: str) -> Routine:
    """Raises: UsageError: it has no start, or its recurrence cannot be followed."""
    title = " ".join(str(event.get("summary", "")).split())[:200]
    start = getattr(event.get("dtstart"), "dt", None)
    if not title or start is None:
        raise UsageError(f"the event '{title or '?'}' has no {'start' if title else 'summary'}")
    if not isinstance(start, datetime):
        start = datetime(start.year, start.month, start.day, 9, 0)  # an event of the whole day
    key = getattr(start.tzinfo, "key", "") or ("UTC" if start.tzinfo else home_zone)
    rule = event.get("rrule")
    if isinstance(rule, list):
        raise UsageError(f"the event '{title}' has {len(rule)} recurrence rules", "one")
    text = rule.to_ical().decode() if rule is not None else ""
    kinds = [str(kind) for part in _as_list(event.get("categories")) for kind in getattr(part, "cats", [part])]
    routine = Routine(
        kind="checkin" if "checkin" in kinds else "task", title=title, instruction=_instruction(title),
        rrule=_local_end(text, key),
        start_local=start.replace(tzinfo=None).isoformat(), tz=key, except_days=_left_out(event, title),
        words=f"imported: {title}", by=by, wall_s=now_utc, checked_utc=int(now_utc),
    )  # fmt: skip
    zone(key)
    check(routine)
    return routine


def _instruction(title: str) -> str:
    """What the arms are told, where the title is something that they have learnt."""
    from coach.interpreter import interpret
    from coach.routines.wish import instruction_of

    items = interpret(title).items
    return instruction_of(items[0]) if len(items) == 1 else ""


def _left_out(event: Any, title: str) -> tuple[str, ...]:
    days = {exception.dt for dates in _as_list(event.get("exdate")) for exception in dates.dts}
    codes = str(event.get("x-robot-coach-not-on", "")).split(",")
    wrong = [code for code in codes if code and code not in DAY_CODES and not checked(code)]
    if wrong:
        raise UsageError(f"the event '{title}' leaves out '{wrong[0][:20]}'", " ".join(DAY_CODES))
    return tuple(sorted({f"{day:%Y-%m-%d}" for day in days} | {code for code in codes if code}))


def _local_end(rule: str, tz: str) -> str:
    """Inside, everything is on the clock of the zone, the end of a rule too."""
    parts = []
    for part in rule.split(";"):
        if part.startswith("UNTIL=") and part.endswith("Z"):
            end = datetime.strptime(part[6:], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).astimezone(zone(tz))
            part = f"UNTIL={end:%Y%m%dT%H%M%S}"
        parts.append(part)
    return ";".join(parts)


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
