"""Public holidays of the home's country, by the `holidays` library. In a routine they are one entry: `holidays:DE`."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from robot_bridge.protocol.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

PREFIX = "holidays:"


def entry(country: str) -> str:
    """`DE` or `US-CA` → the entry among the days that a routine leaves out.

    Raises: UsageError: the library knows no such country or part of one.
    """
    _calendar(country.upper())
    return f"{PREFIX}{country.upper()}"


def is_left_out(day: date, except_days: Iterable[str]) -> bool:
    """Whether the day is a holiday by one of the entries."""
    return any(day in _calendar(left_out[len(PREFIX) :]) for left_out in except_days if left_out.startswith(PREFIX))


def between(first: date, last: date, except_days: Iterable[str]) -> list[date]:
    """The holidays of the entries from one day to another, both included; for calendars that know no countries."""
    days = range(first.toordinal(), last.toordinal() + 1)
    return [day for day in map(date.fromordinal, days) if is_left_out(day, except_days)]


def checked(left_out: str) -> bool:
    """Whether this is an entry for holidays that can be followed."""
    if not left_out.startswith(PREFIX):
        return False
    entry(left_out[len(PREFIX) :])
    return True


@lru_cache(maxsize=16)
def _calendar(country: str) -> Container[date]:
    import holidays

    name, _, part = country.partition("-")
    try:
        return holidays.country_holidays(name, subdiv=part or None)
    except (NotImplementedError, KeyError, ValueError):
        raise UsageError(f"I know no holidays of '{country[:20]}'", "country codes such as DE, GB or US-CA",
                         "set holidays: in config.yaml") from None  # fmt: skip
