"""Recurrence rules: how long one of them is searched, and that a nearer start changes nothing."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

import pytest
from dateutil.rrule import rrulestr

from coach.interpreter.language.answers import read_answer
from coach.routines.recurrence import _nearer, check, next_due
from memory.routines import Routine
from robot_bridge.protocol.errors import UsageError

NOW = 1_795_350_000  # 22 November 2026
ODD = (
    "FREQ=HOURLY;BYHOUR=1;BYSETPOS=5", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;BYDAY=MO", "FREQ=WEEKLY;BYSETPOS=9",
    "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6", "FREQ=YEARLY;BYDAY=MO;BYSETPOS=60", "FREQ=DAILY;INTERVAL=7;BYDAY=WE",
    "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=HOURLY;INTERVAL=999999999999", "FREQ=HOURLY;COUNT=100000000",
    "FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO;BYMONTH=6", "FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29",
)  # fmt: skip


def _routine(rrule: str, start: str = "2026-01-01T09:00:00") -> Routine:
    return Routine(title="x", rrule=rrule, start_local=start, tz="Europe/Berlin")


@pytest.mark.parametrize("rrule", ODD)
def test_rule_is_refused_at_once_when_it_never_comes(rrule: str) -> None:
    begun_s = time.process_time()
    with pytest.raises(UsageError, match=r"never comes|is no recurrence"):
        check(_routine(rrule))
    assert next_due(_routine("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"), NOW) is None
    assert time.process_time() - begun_s < 0.5


def test_answer_of_a_language_model_is_refused_at_once_when_its_rule_never_comes() -> None:
    begun_s = time.process_time()
    with pytest.raises(UsageError, match="never comes"):
        read_answer('{"items":[{"kind":"routine","rrule":"FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;BYDAY=MO"}]}')
    assert time.process_time() - begun_s < 0.5


def test_next_time_is_found_at_once_when_the_hours_began_long_ago() -> None:
    begun_s = time.process_time()
    assert next_due(_routine("FREQ=HOURLY", "1900-01-01T00:30:00"), NOW) is not None
    assert time.process_time() - begun_s < 0.1


@pytest.mark.parametrize("start", ["0001-01-01T09:00:00", "9998-12-31T09:00:00"])
def test_start_is_refused_when_its_year_is_none_of_ours(start: str) -> None:
    with pytest.raises(UsageError, match="1900 to 2199"):
        check(_routine("FREQ=DAILY", start))


@pytest.mark.parametrize(
    "rrule",
    ["FREQ=DAILY", "FREQ=DAILY;INTERVAL=3", "FREQ=HOURLY;INTERVAL=5", "FREQ=WEEKLY", "FREQ=DAILY;BYMONTH=2",
     "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=SU", "FREQ=HOURLY;INTERVAL=7;BYDAY=SA", "FREQ=MONTHLY;BYMONTHDAY=31",
     "FREQ=WEEKLY;INTERVAL=3;BYDAY=FR;BYSETPOS=1", "FREQ=DAILY;INTERVAL=2;COUNT=400"],
)  # fmt: skip
def test_times_are_the_same_when_the_search_begins_nearer(rrule: str) -> None:
    start, after = datetime(2019, 3, 6, 9, 30), datetime(2021, 5, 4, 3, 2)
    near = _nearer(rrule, start, after)
    far_times = rrulestr(rrule, dtstart=start).between(after, after + timedelta(days=400))
    near_times = rrulestr(rrule, dtstart=near).between(after, after + timedelta(days=400))
    assert far_times == near_times
    assert near > datetime(2021, 1, 1) or rrule.startswith("FREQ=MONTHLY") or "COUNT" in rrule
