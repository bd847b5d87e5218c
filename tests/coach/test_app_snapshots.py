"""Pictures of the screen, compared with those that a person has looked at (`--snapshot-update` renews them)."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from app_support import NOON_S, REASON, ScriptedSystem, config_in, lesson, observation, running_status, tokens
from textual.pilot import Pilot
from textual.widgets import Input

from coach.app import main_screen
from coach.app.app import CoachApp
from coach.app.conversation import Conversation
from coach.app.thought_panel import ThoughtPanel
from memory.store import Store
from robot_bridge.protocol.thought import Thought

Show = Callable[[Pilot[None], ScriptedSystem], Awaitable[None]]
Compare = Callable[..., bool]
TALK = (
    ("person", "put the red cup in the sink"),
    ("robot", "All right, I will put the red cup in the sink."),
    ("person", "no, put it in the drying rack"),
    ("robot", "Thank you, I will put the red cup in the drying rack instead. I have kept that lesson."),
)


@pytest.fixture(autouse=True)
def still_time(monkeypatch: pytest.MonkeyPatch) -> Any:
    """One time zone, a cursor that does not blink, and a bridge that is never late."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.setattr(main_screen, "SILENT_AFTER_S", 1e9)
    yield
    monkeypatch.undo()  # the zone first, then the clock reads it
    time.tzset()


def shown(home: Path, show: Show, theme: str = "dark") -> tuple[CoachApp, Callable[[Pilot[None]], Awaitable[None]]]:
    with Store.open(config_in(home).memory_path) as store:
        for role, text in TALK:
            store.add_utterance(text, role, role, wall_s=NOON_S)  # type: ignore[arg-type]
        store.add_correction(lesson(1, "no, put it in the drying rack"))
        store.add_correction(lesson(2, "no, the blue one", "open"))
        store.add_correction(lesson(3, "pick up the towel instead", "failed"))
    systems: list[ScriptedSystem] = []

    def connect(*arguments: Any) -> Any:
        systems.append(ScriptedSystem(*arguments))
        return systems[-1]

    async def before(pilot: Pilot[None]) -> None:
        app = pilot.app
        assert isinstance(app, CoachApp)
        await until(pilot, lambda: len(app.main.query(Input)) == 1)
        app.main.query_one(Input).cursor_blink = False
        await until(pilot, lambda: app.system is not None and app._can_draw)
        await until(pilot, lambda: len(app.main.query_one(Conversation).lines) == len(TALK))
        await show(pilot, systems[0])
        await pilot.pause(1.2)  # pictures and the thought are drawn in turns

    return CoachApp(config_in(home, theme=theme), connect), before


async def until(pilot: Pilot[None], true: Callable[[], bool]) -> None:
    end = time.monotonic() + 8
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        await pilot.pause(0.02)


async def working(pilot: Pilot[None], system: ScriptedSystem) -> None:
    main = pilot.app.main  # type: ignore[attr-defined]
    system.deliver(running_status(done=("pick up the towel", "put the towel in the bin")))
    system.deliver(observation())
    await until(pilot, lambda: main.query_one("Cameras").base.has_picture and main.query_one(ThoughtPanel).text != "")
    for token in tokens(f"reason: {REASON}\nsubtask: pick up the red cup")[:-2]:
        system.deliver(token)
    await until(pilot, lambda: main.query_one(ThoughtPanel).text.endswith("pick up the "))


async def asking(pilot: Pilot[None], system: ScriptedSystem) -> None:
    doubt = Thought(reason="there is a red cup and a blue cup in sight", subtask="ask which cup")
    system.deliver(running_status(state="holding", detail="it asks which cup", thought=doubt))
    system.deliver(observation())
    main = pilot.app.main  # type: ignore[attr-defined]
    await until(pilot, lambda: main.query_one("Cameras").base.has_picture and main.query_one(ThoughtPanel).text != "")


async def lessons(pilot: Pilot[None], system: ScriptedSystem) -> None:
    await pilot.press("f3", "down")


async def help_page(pilot: Pilot[None], system: ScriptedSystem) -> None:
    await pilot.press("f1")


@pytest.mark.parametrize(
    ("show", "size", "theme"),
    [(working, (120, 40), "dark"), (asking, (80, 24), "light"), (lessons, (110, 36), "dark"),
     (help_page, (100, 34), "dark")],
    ids=["working", "asking", "lessons", "help"],
)  # fmt: skip
def test_the_screen_looks_as_accepted_when(
    show: Show, size: tuple[int, int], theme: str, tmp_path: Path, snap_compare: Compare
) -> None:
    app, before = shown(tmp_path, show, theme)
    assert snap_compare(app, terminal_size=size, run_before=before)
