"""From the clock to the screen and back: what is due is looked at, told, begun, and done when the bridge says so."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from bridge_stand_in import StandIn
from waiting import until

from coach.app.app import CoachApp
from coach.app.status_line import StatusLine
from coach.config import Config
from coach.session import due_runs, system
from coach.session.replies import Reply
from coach.session.routine_clock import RoutineClock
from coach.session.system import System
from memory.routines import Routine, Run
from memory.store import Store
from robot_bridge.protocol.messages import Message

TASK = "put the red cup in the sink"


@dataclass
class Home:
    bridge: StandIn
    config: Config
    delivered: list[Message] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)

    def add_due(self, title: str = TASK, instruction: str = TASK) -> None:
        """A single run that was due a second ago."""
        now = int(time.time())
        start = datetime.fromtimestamp(now - 1, UTC).replace(tzinfo=None).isoformat()
        with Store.open(self.config.memory_path) as store:
            store.set_state(due_runs.NOTICED_KEY, time.time())
            store.routines.add(Routine(title=title, instruction=instruction, start_local=start, tz="UTC", words=title,
                                       by="Ada", wall_s=now, checked_utc=now - 60))  # fmt: skip

    def runs(self) -> list[Run]:
        with Store.open(self.config.memory_path) as store:
            return store.routines.runs()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    monkeypatch.setattr(system, "RoutineClock", functools.partial(RoutineClock, period_s=0.05))
    bridge = StandIn()
    config = Config(home=tmp_path, bridge_address=bridge.address, events_address=bridge.events_address, person="Ada")
    config.prepare_home()
    yield Home(bridge, config)
    bridge.close()


def test_due_run_is_told_begun_and_done_when_the_clock_looks(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(due_runs, "GRACE_S", 0.3)
    home.add_due()
    opened = System.open(home.config, home.delivered.append, home.replies.append)
    try:
        until(lambda: len(home.replies) == 2)
        told, begun = home.replies
        assert told.due and f"It is time: {TASK}" in told.said
        assert begun.due and f"I will {TASK}" in begun.said
        (sent,) = home.bridge.interventions
        until(lambda: bool(home.delivered))  # a subscription takes a moment
        home.bridge.finish()
        until(lambda: [(run.state, run.note) for run in home.runs()] == [("done", sent.id)])
    finally:
        opened.close()


def test_words_refuse_the_run_when_they_come_through_the_terminal(home: Home) -> None:
    home.add_due()
    opened = System.open(home.config, home.delivered.append, home.replies.append)
    try:
        until(lambda: len(home.replies) == 1)
        opened.submit("not right now, skip it today")
        opened.submit("not today")
        until(lambda: [run.state for run in home.runs()] == ["refused"])
    finally:
        opened.close()
    assert home.bridge.interventions == []


def test_stop_key_refuses_the_run_when_it_was_announced(home: Home) -> None:
    home.add_due()
    opened = System.open(home.config, home.delivered.append, home.replies.append)
    try:
        until(lambda: len(home.replies) == 1)
        opened.stop()
        until(lambda: len(home.replies) == 2)
        assert "I leave out" in home.replies[1].said
    finally:
        opened.close()
    assert [run.state for run in home.runs()] == ["refused"] and home.bridge.kinds() == ["stop"]


async def test_screen_shows_what_is_due_when_the_clock_finds_it(home: Home) -> None:
    home.add_due("take the pills", "")
    app = CoachApp(home.config, System.open)
    async with app.run_test(notifications=True) as pilot:
        until_s = time.monotonic() + 20
        while not any("take the pills" in note.message for note in app._notifications):
            assert time.monotonic() < until_s
            await pilot.pause(0.05)
    assert [run.state for run in home.runs()] == ["done"]


def test_second_look_waits_for_the_first_when_that_takes_long() -> None:
    looks: list[threading.Event] = []
    clock = RoutineClock(looks.append, period_s=0.01)
    try:
        until(lambda: len(looks) == 1)
        time.sleep(0.1)
        assert len(looks) == 1
        looks[0].set()
        until(lambda: len(looks) == 2)
    finally:
        clock.close()


async def test_message_is_passed_over_when_the_screen_is_being_taken_down(home: Home) -> None:
    app = CoachApp(home.config, System.open)
    async with app.run_test() as pilot:
        await pilot.pause()
        await app.main.query(StatusLine).remove()
        app._deliver(home.bridge.status)
        app._drain_inbox()
        assert app._inbox
        app._inbox.clear()
