"""Days that are left out of a wish, several times a day, and what stops without being told to."""

from __future__ import annotations

from datetime import datetime

import pytest

from coach.interpreter import interpret
from coach.routines.days import days_in
from coach.routines.wording import recurrence_in_words


@pytest.mark.parametrize(
    ("said", "left_out"),
    [
        ("mop the hall every Thursday at 3 pm but skip next week", "next week"),
        ("do the ironing every Friday night except tonight", "tonight"),
        ("clean the fish tank on Wednesdays and Saturdays, skip this Saturday", "this saturday"),
        ("take the bins out every Wednesday at 8 pm with the exception of next Wednesday", "next wednesday"),
        ("dust Tuesdays, Thursdays and Saturdays at ten am, but not on holidays", "holiday"),
    ],
)
def test_days_are_left_out_of_the_same_wish_when_they_are_named_behind_it(said: str, left_out: str) -> None:
    (item,) = interpret(said).items
    assert (item.kind, item.except_) == ("routine", left_out)
    assert item.rrule


@pytest.mark.parametrize(
    ("said", "rrule"),
    [
        ("change the towels on the twenty first of every month", "FREQ=MONTHLY;BYMONTHDAY=21"),
        ("I need the oven cleaned on the 3rd and 17th of every month", "FREQ=MONTHLY;BYMONTHDAY=3,17"),
        ("wash the curtains on the third of March every year", "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=3"),
        ("clean the boiler once a year in September", "FREQ=YEARLY;BYMONTH=9"),
        ("wash the duvet once every three weeks", "FREQ=WEEKLY;INTERVAL=3"),
    ],
)
def test_recurrence_is_found_when_months_and_years_are_named(said: str, rrule: str) -> None:
    assert [item.rrule for item in interpret(said).items] == [rrule]
    assert not recurrence_in_words(rrule).startswith("by the rule")


def test_every_time_has_days_and_end_when_several_are_listed() -> None:
    items = interpret("walk the dog at 7 am, 1 pm and 8 pm every day until Sunday").items
    assert [(i.time, i.rrule, i.until) for i in items] == [
        (t, "FREQ=DAILY", "sunday") for t in ("07:00", "13:00", "20:00")
    ]


def test_month_is_left_out_day_by_day_when_it_is_named() -> None:
    found = days_in("next month", datetime(2026, 1, 15))
    assert (found[0], found[-1], len(found)) == ("2026-02-01", "2026-02-28", 28)
    assert days_in("the first of september", datetime(2026, 1, 15)) == ("2026-09-01",)
    assert days_in("monday and tuesday", datetime(2026, 1, 15)) == ("MO", "TU")


@pytest.mark.parametrize(
    "said",
    ["when does the washing machine stop", "they stop serving breakfast at nine", "i want the baby to stop crying",
     "the trains stop running after eleven", "i hope the neighbours stop drilling soon",
     "the next stop is the station", "nothing can stop my grandson", "the meeting was supposed to stop at five"],
)  # fmt: skip
def test_nothing_is_stopped_when_something_else_stops(said: str) -> None:
    assert "stop" not in [item.kind for item in interpret(said).items]


@pytest.mark.parametrize(
    "said",
    ["i need this to stop", "i want it to stop", "the arm must stop", "it should stop spilling", "we stop now",
     "the plate stop moving", "could the robot stop", "do the laundry stop", "i wish you would stop", "the cup stop"],
)  # fmt: skip
def test_stop_is_heard_when_the_robot_may_be_meant(said: str) -> None:
    assert "stop" in [item.kind for item in interpret(said).items]


@pytest.mark.parametrize(
    ("said", "left_out", "reason"),
    [
        ("skip the dishes today, my mother is sleeping", "today", "my mother is sleeping"),
        ("skip the dishes today my mother is sleeping", "today", "my mother is sleeping"),
        ("no laundry tomorrow because the machine is broken", "tomorrow", "the machine is broken"),
        ("don't vacuum today, the baby has a fever", "today", "the baby has a fever"),
        ("skip breakfast on sunday since we are at grandma's", "sunday", "we are at grandma's"),
        ("please no vacuuming today, grandpa is ill", "today", "grandpa is ill"),
    ],
)
def test_reason_is_kept_as_a_fact_when_something_is_left_out_for_it(said: str, left_out: str, reason: str) -> None:
    exception, fact = interpret(said).items
    assert (exception.kind, exception.except_) == ("routine", left_out)
    assert (fact.kind, fact.text) == ("fact", reason)


@pytest.mark.parametrize("said", ["skip dinner tonight, thank you", "skip dinner tonight, good night"])
def test_nothing_is_noted_when_no_reason_follows(said: str) -> None:
    (exception,) = interpret(said).items
    assert (exception.about, exception.except_) == ("dinner", "tonight")


@pytest.mark.parametrize(
    ("said", "left_out"),
    [
        ("no laundry on sundays", "sunday"),
        ("don't do the laundry on sundays", "sunday"),
        ("stop doing the laundry on sundays", "sunday"),
        ("no coffee on weekends", "weekend"),
        ("skip the laundry on mondays and fridays", "monday and friday"),
        ("from tomorrow stop watering the plants", "tomorrow"),
    ],
)
def test_days_are_left_out_and_not_added_when_they_are_refused(said: str, left_out: str) -> None:
    (item,) = interpret(said).items
    assert (item.kind, item.rrule, item.except_) == ("routine", "", left_out)


@pytest.mark.parametrize("said", ["stop vacuuming on fridays", "you may stop vacuuming on fridays"])
def test_nothing_is_scheduled_when_it_is_not_to_be_done(said: str) -> None:
    assert [(item.kind, item.rrule) for item in interpret(said).items] == [("rule", "")]
