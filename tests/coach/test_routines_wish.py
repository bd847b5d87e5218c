"""Wishes in words, from the interpreter to what is offered: days that are over, hours that no clock shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from coach.interpreter import interpret
from coach.routines.days import day_in, end_in
from coach.routines.recurrence import to_utc
from coach.routines.wish import routines_of
from coach.session.standing import STANDING, Standing
from memory.store import Store
from robot_bridge.protocol.errors import UsageError

BERLIN = "Europe/Berlin"
NOON = datetime(2026, 11, 22, 12, 0)  # a Sunday
NOW = to_utc(NOON, BERLIN)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "memory.db") as opened:
        yield opened


@pytest.fixture
def wish(store: Store) -> Callable[[str], str]:
    """Says one thing, and hears what the robot makes of it."""
    standing = Standing(store, lambda: NOW, BERLIN)

    def said(words: str) -> str:
        settled = standing.answer(words)
        items = [item for item in interpret(words).items if item.kind in STANDING]
        return settled.said if settled else standing.propose(items, words, "Ada").said

    return said


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("wipe the counter on 3 March 2020 at 5", "2020-03-03"),
        ("wipe the counter on March 3rd, 2020 at 5", "2020-03-03"),
        ("wipe the counter on 3.4.2020 at 5", "2020-04-03"),
        ("wipe the counter yesterday at 5", "2026-11-21"),
        ("do the laundry the day before yesterday", "2026-11-20"),
        ("wipe the counter last Tuesday at 5", "2026-11-17"),
        ("wipe the counter last Sunday at 5", "2026-11-15"),
        ("do the laundry last week", "2026-11-15"),
        ("do the laundry two weeks ago", "2026-11-08"),
        ("remind me yesterday at 5 to call mum", "2026-11-21"),
        ("wipe the counter this morning at 5", "2026-11-22"),
    ],
)
def test_wish_is_refused_in_one_sentence_when_its_day_is_over(wish: Callable[[str], str], words: str, day: str) -> None:
    said = wish(words)
    assert f"{day} " in said and "is past" in said and "Shall I do that" not in said


def test_year_is_kept_when_it_is_one_to_come(wish: Callable[[str], str]) -> None:
    assert "On Friday, 3 March 2028, at 17:00: wipe the counter." in wish("wipe the counter on 3 March 2028 at 5")
    assert "until 2 March 2028 at 18:00: dinner" in wish("dinner every day at 6 until 2 March 2028")
    assert end_in("2028", NOON).isoformat() == "2027-12-31" and end_in("the end of 2028", NOON).year == 2028


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("wash the plate from last night", "task"),
        ("clean up yesterday's mess", "task"),
        ("the dishes were done yesterday", "fact"),
        ("stop doing it like yesterday", "stop"),
        ("what were you doing last night", "question"),
    ],
)
def test_days_that_are_over_ask_for_nothing_when_no_order_names_them(words: str, kind: str) -> None:
    assert [item.kind for item in interpret(words).items] == [kind]


def test_last_day_of_a_month_is_to_come_when_its_weekday_is_named() -> None:
    assert interpret("clean the windows on the last Monday of the month").items[0].rrule == "FREQ=MONTHLY;BYDAY=-1MO"


def test_day_is_the_one_before_today_when_words_name_a_past_one() -> None:
    days = {words: day_in(words, NOON).isoformat() for words in ("yesterday morning", "last night", "last sunday")}
    assert days == {"yesterday morning": "2026-11-21", "last night": "2026-11-21", "last sunday": "2026-11-15"}


def test_nothing_else_is_lost_when_one_hour_is_on_no_clock(wish: Callable[[str], str], store: Store) -> None:
    said = wish("dinner at 25, laundry on Tuesdays at 10, knives never go in the dishwasher, and breakfast is at 7:30")
    assert "there is no 25 o'clock" in said and "Every Tuesday at 10:00: do the laundry." in said
    assert [rule.text for rule in store.rules.holding()] == [
        "breakfast is at 7:30",
        "knives never go in the dishwasher",
    ]
    wish("yes")
    assert [routine.title for routine in store.routines.active()] == ["do the laundry"]


@pytest.mark.parametrize(
    ("words", "hour"),
    [("dinner at 25 o'clock", "25"), ("wipe the counter every day at 25", "25"), ("breakfast is at 6:75", "6:75"),
     ("dinner every day at 26:00", "26"), ("remind me every day at 31 o'clock to drink", "31")],
)  # fmt: skip
def test_hour_is_refused_when_no_clock_shows_it(
    wish: Callable[[str], str], store: Store, words: str, hour: str
) -> None:
    said = wish(words)
    assert f"there is no {hour} o'clock" in said and "Shall I do that" not in said
    assert store.rules.holding() == []


def test_degrees_are_no_hour_when_a_wish_names_them(wish: Callable[[str], str]) -> None:
    said = wish("wash the towels at 60 degrees every Monday")
    assert said.startswith("Every Monday at 9:00: wash the towel") and "o'clock" not in said


def test_typed_wish_is_refused_as_a_whole_when_one_hour_is_on_no_clock() -> None:
    with pytest.raises(UsageError, match="there is no 25 o'clock"):
        routines_of("dinner every day at 25, laundry on Tuesdays at 10", NOW, "Ada")
