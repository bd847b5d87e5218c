"""Half a year of `DueRuns.tick` at high speed, with kills also between commit and send; asserted from the database."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import signal
import time
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from zoneinfo import ZoneInfo

from coach.config import Config
from coach.routines.recurrence import to_utc
from coach.routines.scheduler import LATE_S
from coach.session.actions import Actions
from coach.session.due_runs import GRACE_S, DueRuns, task_of
from coach.session.episodes import Episodes
from coach.session.situation import Situation
from coach.session.task_queue import TaskQueue
from memory.routines import Routine
from memory.store import Store
from robot_bridge.protocol.messages import Accepted, Intervention, Status

BERLIN = "Europe/Berlin"
DAYS = 180
START = datetime(2027, 10, 1, 0, 0)  # 31 October 2027, 29 February 2028 and 26 March 2028 lie within
STEP_S, NAP_S = 7, 4 * 3600  # between two looks while something goes on, and while nothing does
WORK_S = 100  # a task takes so long
SLACK_S = 4 * WORK_S  # a run may still wait for its turn when the program is killed
KILLS = 24
KILL_AT_SEND = 0.06  # of all sends, half of them before the bridge has it
CLOCKS = {"daily": (18, 0), "twin": (18, 0), "gap": (2, 30), "weekdays": (6, 45), "tuesdays": (9, 0), "first": (12, 0),
          "leap": (8, 15)}  # fmt: skip
RULES = {"daily": "FREQ=DAILY", "twin": "FREQ=WEEKLY;BYDAY=SA", "gap": "FREQ=DAILY",
         "weekdays": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "tuesdays": "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU",
         "first": "FREQ=MONTHLY;BYMONTHDAY=1", "leap": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29"}  # fmt: skip
MISSED = {"weekdays": "skip", "tuesdays": "ask"}
JUMPS = {40: 90 * 60, 90: -45 * 60, 140: 26 * 3600}  # day → by how much the clock is set


def expected() -> set[tuple[str, int]]:
    """Every due run, counted day by day with the standard library alone."""
    berlin, found = ZoneInfo(BERLIN), set()
    for number in range(DAYS):
        day = START + timedelta(days=number)
        comes = {"daily": True, "gap": True, "weekdays": day.weekday() < 5, "first": day.day == 1,
                 "leap": (day.month, day.day) == (2, 29), "twin": day.weekday() == 5,
                 "tuesdays": day.weekday() == 1 and (day - datetime(2027, 9, 28)).days % 14 == 0}  # fmt: skip
        for name, (hour, minute) in CLOCKS.items():
            if comes[name]:
                found.add((name, int(day.replace(hour=hour, minute=minute, tzinfo=berlin).timestamp())))
    return found


@dataclass
class Bridge:
    """Takes an id once, and outlives the program: what it was sent stands in a file, a line for each time."""

    log: Path
    clock: Synchronized
    chance: random.Random
    announced: dict[str, int] = field(default_factory=dict)
    working: str = ""
    until: int = 0

    def __post_init__(self) -> None:
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        self.taken = {line.split()[0] for line in lines}
        if lines and self.chance.random() < 0.5:  # it works on, or was done while the program was away
            self.working, self.until = lines[-1].split()[0], self.clock.value + WORK_S

    def send(self, intervention: Intervention) -> Accepted:
        told = self.clock.value - self.announced.pop(intervention.text, self.clock.value)
        dies = self.chance.random() if self.chance.random() < KILL_AT_SEND else 1.0
        if dies < 0.5:
            os.kill(os.getpid(), signal.SIGKILL)
        with self.log.open("a") as log:
            log.write(f"{intervention.id} {told}\n")
        if dies < 1.0:
            os.kill(os.getpid(), signal.SIGKILL)
        if intervention.id not in self.taken:
            self.taken.add(intervention.id)
            self.working, self.until = intervention.id, self.clock.value + WORK_S
        return Accepted(id=intervention.id, state=self.status().state)

    def status(self) -> Status:
        instruction = "put the red cup in the sink" if self.working else ""
        return Status(time_s=0.0, state="running" if self.working else "idle", task_id=self.working,
                      instruction=instruction, embodiment="kitchen", arms="kitchen")  # fmt: skip

    def finished(self) -> str:
        """The id of a task that is done by now."""
        done = self.working if self.working and self.clock.value >= self.until else ""
        self.working = "" if done else self.working
        return done


def live(home: Path, clock: Synchronized, end: int, dues: list[int], seed: int) -> None:
    """One life of the program, until the span ends or it is killed."""
    config = Config(home=home, record=False)
    with Store.open(config.memory_path) as store:
        bridge = Bridge(home / "sent.txt", clock, random.Random(seed))
        actions = Actions(config, store, bridge, Episodes(config, store), TaskQueue(store), tuple)  # type: ignore[arg-type]
        due_runs = DueRuns(store, actions, lambda: float(clock.value))
        while clock.value < end:
            if due_runs.has_work():
                told = due_runs.tick(Situation(bridge.status()), "Ada")
                if told is not None and "I begin in 20 seconds" in told.said:
                    (run,) = [run for run in store.routines.open_runs() if run.state == "announced"]
                    bridge.announced[store.routines.one(run.routine_id).words] = clock.value
            if done := bridge.finished():
                due_runs.finished(done)
            if bridge.working or store.routines.open_runs():
                clock.value += STEP_S
            else:
                coming = dues[min(bisect_right(dues, clock.value), len(dues) - 1)]
                clock.value = max(clock.value + STEP_S, min(coming + 1, clock.value + NAP_S))


def test_no_run_is_missed_and_none_comes_twice_when_half_a_year_is_full_of_kills(tmp_path: Path) -> None:
    chance, context = random.Random(7), multiprocessing.get_context("fork")
    begin, end = to_utc(START, BERLIN), to_utc(START + timedelta(days=DAYS), BERLIN)
    dues = sorted({due for _, due in expected()})
    _make_routines(tmp_path, begin)
    jumps = {begin + day * 86400 + 17 * 3600: by for day, by in JUMPS.items()}  # an hour or so before dinner
    near = [chance.choice(dues) + chance.randrange(0, 90) for _ in range(KILLS)]
    clock = context.Value("q", begin, lock=False)
    off: list[tuple[int, int]] = []
    stops = iter([*sorted([*near, *jumps]), end + 3600])
    stop_at, lives = next(stops), 0
    while clock.value < end + 3600:
        lives += 1
        life = context.Process(target=live, args=(tmp_path, clock, end + 3600, dues, chance.randrange(1 << 30)))
        life.start()
        _wait(life, clock, stop_at)
        if life.is_alive():
            os.kill(life.pid or 0, signal.SIGKILL)
        life.join(timeout=60)
        assert life.exitcode in (0, -signal.SIGKILL)
        pause = chance.choice((0, 20, 3600, 5 * 3600, 40 * 3600))
        while stop_at <= clock.value and stop_at <= end:
            pause = jumps.get(stop_at, pause)
            stop_at = next(stops)
        off.append((clock.value, clock.value + pause))
        clock.value = min(clock.value + pause, end + 3600)
    assert lives > KILLS, "it was killed at sends too"
    _check(tmp_path, off)


def _make_routines(home: Path, begin: int) -> None:
    with Store.open(Config(home=home).memory_path) as store:
        for number, (name, (hour, minute)) in enumerate(CLOCKS.items()):
            first = datetime(2027, 9, 28) if name == "tuesdays" else START
            store.routines.add(Routine(
                title=name, instruction="put the red cup in the sink", rrule=RULES[name], words=name, tz=BERLIN,
                start_local=first.replace(hour=hour, minute=minute).isoformat(), missed=MISSED.get(name, "late"),
                wall_s=begin + number, checked_utc=begin - 1))  # fmt: skip


def _wait(life: multiprocessing.process.BaseProcess, clock: Synchronized, stop_at: int) -> None:
    until = time.monotonic() + 120
    with contextlib.suppress(ProcessLookupError):
        while life.is_alive() and clock.value < stop_at and time.monotonic() < until:
            time.sleep(0.001)


def _check(home: Path, off: list[tuple[int, int]]) -> None:
    with Store.open(Config(home=home).memory_path) as store:
        routines = {routine.id: routine for routine in store.routines.active()}
        runs = store.routines.runs()
    keys = [(routines[run.routine_id].title, run.due_utc) for run in runs]
    assert set(keys) == expected() and len(keys) == len(set(keys)), "each due run has its one row"
    assert {run.state for run in runs} <= {"done", "started", "missed"}, "nothing is left open"
    lines = [line.split() for line in (home / "sent.txt").read_text().splitlines()]
    sent = Counter(task_id for task_id, _ in lines)
    begun = {task_of(run, routines[run.routine_id]) for run in runs if run.state != "missed"}
    assert begun == set(sent), "what counts as begun was sent, and nothing else"
    assert max(sent.values()) <= 2 and sum(sent.values()) < len(sent) * 1.1, "an id is sent again after a kill alone"
    assert min(int(told) for _, told in lines) >= GRACE_S, "nothing moves that was not announced in the same life"
    for run in runs:
        title = routines[run.routine_id].title
        away = any(
            start - SLACK_S <= run.due_utc < stop and stop - run.due_utc > LATE_S - SLACK_S for start, stop in off
        )
        assert run.state != "missed" or away, (title, run)
    assert sum(run.state == "missed" for run in runs) < len(runs) // 5
