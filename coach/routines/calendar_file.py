"""Routines as an iCalendar file (RFC 5545), out and in, by the `icalendar` library."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from coach.interpreter import Interpretation, Scene, interpret
from coach.routines.calendar_zones import in_zone, local_start
from coach.routines.public_holidays import PREFIX, between, checked, is_left_out
from coach.routines.recurrence import DAY_CODES, MONTHS, check, next_due, zone
from memory.routines import PAUSED, Missed, Routine
from robot_bridge.protocol.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Understand = Callable[[str, Scene | None], Interpretation]

MAX_BYTES = 1_000_000
MAX_EVENTS = 500
MISSED = "x-robot-coach-missed"
NOT_ON = "x-robot-coach-not-on"
ABOUT = "x-robot-coach-about"
_NOT_FOLLOWED = {"rdate": "dates beside its rule (RDATE)", "exrule": "a rule of exceptions (EXRULE)",
                 "recurrence-id": "one time of another event moved (RECURRENCE-ID)"}  # fmt: skip
YEAR_DAYS = 366  # holidays are written out and months for so long; what we write ourselves names the country too


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
        year = [today + timedelta(days=n) for n in range(YEAR_DAYS)]
        dates += [day for day in year if MONTHS[day.month - 1] in routine.except_days]
        for day in [*dates, *between(year[0], year[-1], routine.except_days)]:
            event.add("exdate", datetime.combine(day, start.time(), where))
        weekdays = [day for day in routine.except_days if not day[:1].isdigit()]
        if weekdays:
            event.add(NOT_ON, ",".join(weekdays))
        event.add(MISSED, routine.missed)
        if routine.about:
            event.add(ABOUT, routine.about)
        calendar.add_component(event)
    calendar.add_missing_timezones()
    return calendar.to_ical()


def from_ics(path: Path, now_utc: float, by: str, home_zone: str, understand: Understand = interpret) -> list[Routine]:
    """The events of a calendar file that are still to come.

    Args:
        understand: reads the titles, for what the arms have learnt.

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
    held = [event for event in events if str(event.get("status", "")).upper() != "CANCELLED"]
    found = [_routine(event, now_utc, by, home_zone, understand) for event in held]
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


def _routine(event: Any, now_utc: float, by: str, home_zone: str, understand: Understand) -> Routine:
    """Raises: UsageError: it has no start, or what it says of its times cannot be followed."""
    title = " ".join(str(event.get("summary", "")).split())[:200]
    begins = event.get("dtstart")
    if not title or getattr(begins, "dt", None) is None:
        raise UsageError(f"the event '{title or '?'}' has no {'start' if title else 'summary'}")
    for name, what in _NOT_FOLLOWED.items():
        if event.get(name) is not None:
            raise UsageError(f"the event '{title}' has {what}, which I cannot follow",
                             next_step="make it an event of its own in the calendar, or take it out")  # fmt: skip
    rule = event.get("rrule")
    if isinstance(rule, list):
        raise UsageError(f"the event '{title}' has {len(rule)} recurrence rules", "one")
    if isinstance(begins.dt, datetime):
        start, key = local_start(begins, title, home_zone, now_utc)
    else:  # an event of the whole day
        start, key = datetime(begins.dt.year, begins.dt.month, begins.dt.day, 9, 0), home_zone
    zone(key)
    text = rule.to_ical().decode() if rule is not None else ""
    kinds = [str(kind) for part in _as_list(event.get("categories")) for kind in getattr(part, "cats", [part])]
    missed = str(event.get(MISSED, Routine.missed))
    if missed not in get_args(Missed):
        raise UsageError(f"the event '{title}' does '{missed[:20]}' with a missed run", ", ".join(get_args(Missed)))
    routine = Routine(
        kind="checkin" if "checkin" in kinds else "task", title=title, instruction=_instruction(title, understand),
        about=str(event.get(ABOUT, ""))[:200], rrule=_local_end(text, key), start_local=start.isoformat(), tz=key,
        except_days=_left_out(event, title, key), missed=missed, words=f"imported: {title}", by=by, wall_s=now_utc,
        checked_utc=int(now_utc),
    )  # fmt: skip
    check(routine)
    return routine


def _instruction(title: str, understand: Understand) -> str:
    """What the arms are told, where the title is something that they have learnt."""
    from coach.routines.wish import instruction_of

    items = understand(title, None).items
    return instruction_of(items[0]) if len(items) == 1 else ""


def _left_out(event: Any, title: str, tz: str) -> tuple[str, ...]:
    days = {in_zone(exception.dt, tz) for dates in _as_list(event.get("exdate")) for exception in dates.dts}
    codes = str(event.get(NOT_ON, "")).split(",")
    wrong = [code for code in codes if code and code not in (*DAY_CODES, *MONTHS, PAUSED) and not checked(code)]
    if wrong:
        raise UsageError(f"the event '{title}' leaves out '{wrong[0][:20]}'", " ".join(DAY_CODES))
    holidays = [code for code in codes if code.startswith(PREFIX)]
    single = {f"{day:%Y-%m-%d}" for day in days
              if MONTHS[day.month - 1] not in codes and not is_left_out(_date(day), holidays)}  # fmt: skip
    return tuple(sorted(single | {code for code in codes if code}))


def _date(day: date) -> date:
    return day.date() if isinstance(day, datetime) else day


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
