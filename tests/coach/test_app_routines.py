"""The screen of routines and the line that tells of one that is due, driven by Textual's pilot."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from app_support import NOON_S, ScriptedSystem, config_in
from textual.widgets import DataTable

from coach.app.app import CoachApp
from coach.app.routines_screen import RoutinesScreen, WeekView
from memory.routines import Routine
from memory.store import Store


async def wait_for(pilot, true) -> None:
    for _ in range(200):
        if true():
            return
        await pilot.pause(0.02)
    raise AssertionError("it did not happen in time")


def add(home: Path, title: str, rrule: str, start: str) -> None:
    with Store.open(config_in(home).memory_path) as store:
        store.routines.add(Routine(title=title, rrule=rrule, start_local=start, tz="UTC", by="Ada",
                                   checked_utc=int(NOON_S)))  # fmt: skip


@pytest.mark.parametrize("size", [(120, 40), (60, 20)])
async def test_routines_stand_with_next_time_and_week_when_asked_for(tmp_path: Path, size: tuple[int, int]) -> None:
    add(tmp_path, "do the laundry", "FREQ=WEEKLY;BYDAY=TU", "2020-01-01T09:00:00")
    add(tmp_path, "dinner", "FREQ=DAILY", "2020-01-01T18:00:00")
    app = CoachApp(config_in(tmp_path), ScriptedSystem)
    async with app.run_test(size=size) as pilot:
        await wait_for(pilot, lambda: app.system is not None)
        await pilot.press("f6")
        assert isinstance(app.screen, RoutinesScreen)
        rows = [app.screen.query_one(DataTable).get_row_at(index) for index in range(2)]
        assert {row[1] for row in rows} == {"dinner", "do the laundry"}
        assert {row[2] for row in rows} == {"every day at 18:00", "every Tuesday at 9:00"}
        days = WeekView(app.system.routines(), NOON_S).days()
        assert len(days) == 7 and sum("18:00 dinner" in lines for _, lines in days) >= 6
        assert [name[:3] for name, lines in days if "09:00 do the laundry" in lines] == ["Tue"]
        await pilot.press("f6")
        assert app.screen is app.main


async def test_screen_says_how_to_begin_when_there_are_no_routines(tmp_path: Path) -> None:
    app = CoachApp(config_in(tmp_path), ScriptedSystem)
    async with app.run_test() as pilot:
        await wait_for(pilot, lambda: app.system is not None)
        await pilot.press("f6")
        assert "wipe the counter every day at 8" in str(app.screen.query_one(WeekView).render())


async def test_notification_tells_when_a_routine_is_due(tmp_path: Path) -> None:
    app = CoachApp(config_in(tmp_path), ScriptedSystem)
    async with app.run_test(notifications=True) as pilot:
        await wait_for(pilot, lambda: app.system is not None)
        app.system.say("It is time: dinner.", due=True)
        await wait_for(pilot, lambda: any("dinner" in note.message for note in app._notifications))


def test_week_counts_days_of_the_routines_zone_when_it_is_elsewhere() -> None:
    routine = Routine(id=1, title="tea", rrule="FREQ=DAILY", start_local="2026-01-01T00:30:00", tz="Asia/Tokyo")
    late = 1_795_267_200  # 2026-11-21 13:20 UTC, half past ten in the evening of the same day in Tokyo
    days = WeekView([(replace(routine), [late + 2 * 3600 + 600])], late).days()
    assert days[1] == ("Sun 22", ["00:30 tea"])
