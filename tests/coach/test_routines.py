"""Routines: from an item to a rule, when it is due, and the sentences that refuse what cannot be."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from coach.interpreter import interpret
from coach.routines.drafts import draft, impossible_time, settled, skipped_days
from coach.routines.recurrence import check, due_between, next_due, to_local, to_utc
from coach.routines.scheduler import LATE_S, Scheduler
from coach.routines.wording import when_in_words
from memory.routines import Routine
from memory.store import Store
from robot_bridge.protocol.errors import UsageError

BERLIN = "Europe/Berlin"
NOW = to_utc(datetime(2026, 11, 21, 12, 0), BERLIN)  # a Saturday
DAY = 86400


def daily(start: str, rrule: str = "FREQ=DAILY", tz: str = BERLIN, **more: object) -> Routine:
    return Routine(title="x", rrule=rrule, start_local=start, tz=tz, **more)


def drafted(text: str, now: int = NOW) -> Routine:
    found = draft(interpret(text).items[0], now, BERLIN, "Ada", text)
    assert found.routine is not None, found.question
    return found.routine


@pytest.mark.parametrize(
    ("text", "told", "first"),
    [
        ("laundry on Tuesdays at 10", "every Tuesday at 10:00", "2026-11-24T10:00:00"),
        ("wipe the counter every day at 8 until Christmas", "every day until 25 December 2026 at 8:00",
         "2026-11-22T08:00:00"),
        ("clean the kitchen every day at 9 except Sundays", "every day at 9:00, not on Sundays",
         "2026-11-23T09:00:00"),
        ("set the table tomorrow at 6", "on Sunday, 22 November 2026, at 18:00", "2026-11-22T18:00:00"),
        ("clean the windows every February 29th", "every February 29 at 9:00", "2028-02-29T09:00:00"),
        ("vacuum on the last Friday of every month at 11", "on the last Friday of every month at 11:00",
         "2026-11-27T11:00:00"),
        ("check in with me every Monday about the shopping", "every Monday at 18:00", "2026-11-23T18:00:00"),
    ],
)  # fmt: skip
def test_routine_is_due_when_it_was_wished_for(text: str, told: str, first: str) -> None:
    routine = drafted(text)
    due = next_due(routine, NOW)
    assert when_in_words(routine) == told
    assert due is not None and to_local(due, BERLIN).isoformat() == first


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("clean the oven every February 30th", "February 30 never comes"),
        ("set the table on 2020-01-01 at 5", "is past"),
        ("wipe the counter every minute", "more often than I can follow"),
        ("wipe the counter every day until 2020-01-01", "is past"),
        ("frobnicate the wug every Tuesday", "do not know the chore 'frobnicate the wug'"),
    ],
)
def test_one_sentence_refuses_when_it_can_never_be(text: str, part: str) -> None:
    with pytest.raises(UsageError, match=part):
        drafted(text)


def test_clock_times_are_named_when_no_clock_shows_them() -> None:
    assert impossible_time("dinner at 25 o'clock") == "25"
    assert impossible_time("dinner at 6:75") == "6:75"
    assert impossible_time("dinner at 24") == "" and impossible_time("dinner at 6 pm every day") == ""


def test_question_is_asked_when_one_day_may_mean_every_such_day() -> None:
    item = interpret("take out the trash on Friday at 7pm").items[0]
    asked = draft(item, NOW, BERLIN, "Ada", "")
    assert asked.routine is None and asked.question == "Take out the trash: every Friday, or only this one?"
    always, once = (draft(settled(item, every), NOW, BERLIN, "Ada", "").routine for every in (True, False))
    assert always and always.rrule == "FREQ=WEEKLY;BYDAY=FR"
    assert once and (once.rrule, once.start_local) == ("", "2026-11-27T19:00:00")


def test_seven_days_are_left_out_when_a_week_is_skipped() -> None:
    item = interpret("skip the laundry next week").items[0]
    assert skipped_days(item, NOW, BERLIN) == tuple(f"2026-11-{day}" for day in range(23, 30))


@pytest.mark.parametrize("rrule", ["FREQ=SECONDLY", "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=NEVER", "x", "",
    "FREQ=DAILY;BYHOUR=1,2;BYMINUTE=0,10,20", "FREQ=DAILY;" + "BYDAY=MO," * 200, "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=DAILY;INTERVAL=0"])  # fmt: skip
def test_rules_are_refused_at_once_when_they_loop_or_cannot_be_read(rrule: str) -> None:
    if not rrule:
        check(daily("2026-01-01T08:00:00", ""))  # a single time needs no rule
        return
    with pytest.raises(UsageError):
        check(daily("2026-01-01T08:00:00", rrule))


def test_every_day_has_one_run_when_the_clocks_change() -> None:
    for day, clock in (("2027-03-26", "02:30"), ("2026-10-23", "02:30")):  # the gap in spring, the doubled hour
        start = to_utc(datetime.fromisoformat(f"{day}T00:00"), BERLIN)
        due = due_between(daily(f"{day}T{clock}:00"), start, start + 5 * DAY)
        locals_ = [to_local(moment, BERLIN) for moment in due]
        assert len(due) == len(set(due)) == 5
        assert len({local.date() for local in locals_}) == 5
        assert all(local.strftime("%H:%M") in (clock, "03:30") for local in locals_)
    gap = due_between(daily("2027-03-28T02:30:00"), NOW, NOW + 365 * DAY, limit=1)
    assert datetime.fromtimestamp(gap[0], UTC).isoformat() == "2027-03-28T01:30:00+00:00"


def test_clock_time_stays_when_the_home_moves_to_another_zone(tmp_path: Path) -> None:
    with Store.open(tmp_path / "memory.db") as store:
        kept = store.routines.add(daily("2026-11-21T18:00:00", checked_utc=NOW))
        store.routines.move("America/New_York")
        due = next_due(store.routines.one(kept.id), NOW)
    assert due is not None and datetime.fromtimestamp(due, UTC).hour == 23


@pytest.mark.parametrize(
    ("missed", "states"),
    [("late", ["missed", "missed", "waiting"]), ("ask", ["missed", "missed", "asked"]), ("skip", ["missed"] * 3)],
)
def test_missed_runs_follow_the_routine_when_the_machine_was_off(tmp_path: Path, missed: str, states: list) -> None:
    with Store.open(tmp_path / "memory.db") as store:
        store.routines.add(daily("2026-11-21T18:00:00", missed=missed, checked_utc=NOW))
        Scheduler(store.routines, lambda: NOW + 3 * DAY).due()
        assert [run.state for run in store.routines.runs()] == states


def test_run_is_handed_out_once_when_two_schedulers_look(tmp_path: Path) -> None:
    with Store.open(tmp_path / "memory.db") as one, Store.open(tmp_path / "memory.db") as two:
        one.routines.add(daily("2026-11-21T18:00:00", checked_utc=NOW))
        at_six = to_utc(datetime(2026, 11, 21, 18, 0), BERLIN)
        first = Scheduler(one.routines, lambda: at_six).due()
        second = Scheduler(two.routines, lambda: at_six + 1).due()
        assert len(first) == 1 and not second
        assert one.routines.change(first[0].id, "waiting", "announced", at_six)
        assert not two.routines.change(first[0].id, "waiting", "announced", at_six)


def test_nothing_is_lost_or_doubled_when_the_clock_is_set_forward_and_back(tmp_path: Path) -> None:
    at_six = to_utc(datetime(2026, 11, 21, 18, 0), BERLIN)
    clock = [at_six + 200 * DAY]
    with Store.open(tmp_path / "memory.db") as store:
        store.routines.add(daily("2026-11-21T18:00:00", checked_utc=NOW))
        scheduler = Scheduler(store.routines, lambda: clock[0])
        scheduler.due()  # a wrong clock: months of runs
        clock[0] = at_six - 60
        assert scheduler.due() == []
        clock[0] = at_six + 1
        assert [run.due_utc for run in scheduler.due()] == [at_six]
        clock[0] = at_six - 3000
        assert scheduler.due() == []
        clock[0] = at_six + LATE_S
        scheduler.due()
        assert [run.due_utc for run in store.routines.runs() if run.due_utc <= clock[0]] == [at_six]


def test_next_time_is_the_one_after_when_a_run_was_done_early(tmp_path: Path) -> None:
    with Store.open(tmp_path / "memory.db") as store:
        routine = store.routines.add(daily("2026-11-21T18:00:00", checked_utc=NOW))
        scheduler = Scheduler(store.routines, lambda: NOW)
        coming = scheduler.upcoming(routine)
        assert coming is not None
        store.routines.claim(routine.id, [(coming, "started")], NOW, NOW)
        assert scheduler.upcoming(routine) == coming + DAY
        assert Scheduler(store.routines, lambda: coming + 1).due() == []


def test_the_file_itself_refuses_when_a_run_is_written_twice(tmp_path: Path) -> None:
    with Store.open(tmp_path / "memory.db") as store:
        kept = store.routines.add(daily("2026-11-21T18:00:00"))
        store.routines.claim(kept.id, [(NOW, "waiting")], NOW, NOW)
    raw = sqlite3.connect(tmp_path / "memory.db")
    with pytest.raises(sqlite3.IntegrityError):
        raw.execute("INSERT INTO runs (routine_id, due_utc, state, not_before_utc, note, claimed_s, changed_s)"
                    " VALUES (?, ?, 'waiting', 0, '', 0, 0)", (kept.id, NOW))  # fmt: skip
    raw.close()
