"""Several hours in one wish, months that are left out, and what a reminder is about."""

from __future__ import annotations

from datetime import datetime

import pytest

from coach.interpreter import interpret
from coach.interpreter.checkins import reminder_of
from coach.routines.calendar_file import from_ics, to_ics
from coach.routines.days import days_in
from coach.routines.recurrence import due_between, to_local, to_utc
from coach.routines.wording import when_in_words
from coach.session.check_ins import CheckIns
from coach.session.standing import Standing
from memory.routines import Routine
from memory.store import Store

BERLIN = "Europe/Berlin"
NOW = to_utc(datetime(2026, 11, 22, 12, 0), BERLIN)


@pytest.mark.parametrize(
    ("said", "kind", "hours", "rrule"),
    [
        ("remind me to take my pills every day at 8 and 20", "checkin", "08:00 20:00", "FREQ=DAILY"),
        ("remind me at 8 and 20 to take my pills", "checkin", "08:00 20:00", ""),
        ("remind me to eat at 8 and 10 pm every day", "checkin", "20:00 22:00", "FREQ=DAILY"),
        ("remind me to eat at 10 and 1 pm every day", "checkin", "10:00 13:00", "FREQ=DAILY"),
        ("every day at 7, 12 and 19 remind me to drink water", "checkin", "07:00 12:00 19:00", "FREQ=DAILY"),
        ("remind me every morning at 7:30, noon and 6 pm to eat", "checkin", "07:30 12:00 18:00", "FREQ=DAILY"),
        ("wipe the counter every day at 8, 12 and 18", "routine", "08:00 12:00 18:00", "FREQ=DAILY"),
        ("feed the cat every Tuesday at one and at seven", "routine", "13:00 19:00", "FREQ=WEEKLY;BYDAY=TU"),
        ("feed the dog at noon and midnight every day", "routine", "12:00 00:00", "FREQ=DAILY"),
    ],
)
def test_each_hour_is_a_wish_of_its_own_when_several_are_listed(said: str, kind: str, hours: str, rrule: str) -> None:
    items = interpret(said).items
    assert [(item.kind, item.time, item.rrule) for item in items] == [(kind, hour, rrule) for hour in hours.split()]
    assert len({reminder_of(item.text) for item in items}) == 1


def test_only_the_first_wish_has_several_hours_when_another_follows() -> None:
    items = interpret("feed the cat at six and seven every day, and set the table at 6").items
    assert [(item.verb, item.time) for item in items] == [
        ("other", "18:00"),
        ("other", "19:00"),
        ("set_table", "18:00"),
    ]


def test_number_is_no_hour_when_it_counts_things() -> None:
    assert [item.time for item in interpret("feed the cat every day at 8 and 2 dogs").items] == ["08:00"]


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("Remind me to take my pills every day at 8", "take your pills"),
        ("remind me every night at ten to call Mum", "call Mum"),
        ("Could you please remind me tomorrow at 8 am to ring our plumber?", "ring your plumber"),
        ("remind us that the bins go out on Mondays", "the bins go out"),
        ("remind my son to do his homework at 4", "remind your son to do his homework"),
        ("Laundry on Tuesdays. Remind me on Fridays to water the roses.", "water the roses"),
        ("remind me not to eat sugar at 9", "do not eat sugar"),
        ("remind me about the pills every day at 8", "the pills"),
        ("check in with me every day at 8", ""),
        ("remind me at 8", ""),
    ],
)
def test_reminder_says_what_it_is_about_when_its_words_do(text: str, about: str) -> None:
    assert reminder_of(text).what == about


def test_reminder_is_told_and_said_when_its_time_has_come(tmp_path) -> None:
    with Store.open(tmp_path / "memory.db") as store:
        standing = Standing(store, lambda: NOW, BERLIN)
        words = "remind me to call my sister every day at 8 and 20"
        told = standing.propose(interpret(words).items, words, "Ada").said
        assert told.startswith("Every day at 8:00: remind you to call your sister. Every day at 20:00: remind you")
        standing.answer("yes")
        for routine in store.routines.active():
            assert CheckIns(store).ask(routine) == "This is your reminder: call your sister."
        assert CheckIns(store).take_answer("the roses are thirsty", "Ada", {"unknown"}) == "", "nothing was asked"


@pytest.mark.parametrize(
    ("said", "months"),
    [
        ("wipe the counter every day at 8 except in August", "August"),
        ("wipe the counter every day at 8 but not in July and August", "July August"),
        ("wipe the counter every day at 8 except in July, August and September", "July August September"),
        ("wipe the counter every day at 8 except in summer", "June July August"),
    ],
)
def test_months_are_left_out_whole_when_they_are_named(said: str, months: str, tmp_path) -> None:
    [item] = interpret(said).items
    left_out = days_in(item.except_, datetime(2026, 11, 22))
    assert left_out == tuple(months.split())
    routine = Routine(
        title="wipe", rrule=item.rrule, start_local="2026-11-22T08:00:00", tz=BERLIN, except_days=left_out
    )
    dues = due_between(routine, NOW, NOW + 700 * 86400)
    seen = {to_local(due, BERLIN).strftime("%B") for due in dues}
    assert len(seen) == 12 - len(left_out) and seen.isdisjoint(left_out)
    assert when_in_words(routine) == f"every day at 8:00, not in {months.replace(' ', ', ')}"
    file = tmp_path / "routines.ics"
    file.write_bytes(to_ics([routine]))
    assert set(from_ics(file, NOW, "Ada", BERLIN)[0].except_days) == set(left_out)
    assert b"EXDATE;TZID=Europe/Berlin:20270801T080000" in file.read_bytes().replace(b"\r\n ", b"")
