"""Half a year of routines at high speed, with kills, restarts and days off; asserted from the database."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import signal
import time
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from coach.routines.recurrence import to_utc
from coach.routines.scheduler import LATE_S, Scheduler
from memory.routines import Routine
from memory.store import Store

BERLIN = "Europe/Berlin"
DAYS = 180
START = datetime(2027, 10, 1, 0, 0)  # 31 October 2027, 29 February 2028 and 26 March 2028 lie within
STEP_S = 840
KILLS = 14
CLOCKS = {"daily": (18, 0), "gap": (2, 30), "weekdays": (6, 45), "tuesdays": (9, 0), "first": (12, 0),
          "leap": (8, 15)}  # fmt: skip
RULES = {"daily": "FREQ=DAILY", "gap": "FREQ=DAILY", "weekdays": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
         "tuesdays": "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", "first": "FREQ=MONTHLY;BYMONTHDAY=1",
         "leap": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29"}  # fmt: skip
MISSED = {"daily": "late", "gap": "late", "weekdays": "skip", "tuesdays": "ask", "first": "late", "leap": "late"}


def expected() -> set[tuple[str, int]]:
    """Every due run, counted day by day with the standard library alone."""
    berlin, found = ZoneInfo(BERLIN), set()
    for number in range(DAYS):
        day = START + timedelta(days=number)
        comes = {"daily": True, "gap": True, "weekdays": day.weekday() < 5, "first": day.day == 1,
                 "leap": (day.month, day.day) == (2, 29),
                 "tuesdays": day.weekday() == 1 and (day - datetime(2027, 9, 28)).days % 14 == 0}  # fmt: skip
        for name, (hour, minute) in CLOCKS.items():
            if comes[name]:
                found.add((name, int(day.replace(hour=hour, minute=minute, tzinfo=berlin).timestamp())))
    return found


def live(path: Path, clock: multiprocessing.sharedctypes.Synchronized, end: int, told: Path) -> None:
    """One life of the program: claims, announces, does, until the span ends or it is killed."""
    with Store.open(path) as store, told.open("a", buffering=1) as announcements:
        scheduler = Scheduler(store.routines, lambda: clock.value)
        while clock.value < end:
            clock.value = min(clock.value + STEP_S, end)
            scheduler.due()
            for run in store.routines.open_runs():
                if run.state == "waiting" and store.routines.change(run.id, "waiting", "announced", clock.value):
                    announcements.write(f"{run.id}\n")
                elif run.state == "announced":
                    store.routines.change(run.id, "announced", "done", clock.value)


def test_no_run_is_missed_and_none_comes_twice_when_half_a_year_is_full_of_kills(tmp_path: Path) -> None:
    chance, context = random.Random(7), multiprocessing.get_context("fork")
    path, told = tmp_path / "memory.db", tmp_path / "announced.txt"
    begin, end = to_utc(START, BERLIN), to_utc(START + timedelta(days=DAYS), BERLIN)
    with Store.open(path) as store:
        for name, (hour, minute) in CLOCKS.items():
            start = (
                datetime(2027, 9, 28, hour, minute) if name == "tuesdays" else START.replace(hour=hour, minute=minute)
            )
            store.routines.add(Routine(title=name, rrule=RULES[name], start_local=start.isoformat(), tz=BERLIN,
                                       missed=MISSED[name], checked_utc=begin - 1))  # fmt: skip
    clock = context.Value("q", begin, lock=False)
    off: list[tuple[int, int]] = []
    for kill_at in [*sorted(chance.sample(range(begin, end), KILLS)), end]:
        life = context.Process(target=live, args=(path, clock, end, told))
        life.start()
        until = time.monotonic() + 120
        while life.is_alive() and clock.value < kill_at and time.monotonic() < until:
            time.sleep(0.002)
        if kill_at < end:
            with contextlib.suppress(ProcessLookupError):
                os.kill(life.pid or 0, signal.SIGKILL)
        life.join(timeout=120)
        assert life.exitcode in (0, -signal.SIGKILL)
        pause = chance.choice((0, 0, 3600, 5 * 3600, 40 * 3600))
        off.append((clock.value, clock.value + pause))
        clock.value = min(clock.value + pause, end)
    with Store.open(path) as store:
        names = {routine.id: routine.title for routine in store.routines.active()}
        runs = store.routines.runs()
    keys = [(names[run.routine_id], run.due_utc) for run in runs]
    assert set(keys) == expected() and len(keys) == len(set(keys)), "each due run has its one row"
    assert len(off) == KILLS + 1
    announced = told.read_text().split()
    assert len(announced) == len(set(announced)), "none is announced twice"
    for run in runs:
        away = any(start - STEP_S <= run.due_utc < stop and stop - run.due_utc > LATE_S - STEP_S for start, stop in off)
        assert run.state == "done" or away, (names[run.routine_id], run)
        assert (
            not (names[run.routine_id] == "weekdays" and run.due_utc < run.claimed_s - LATE_S) or run.state == "missed"
        )
