"""The screen that plays an episode again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from textual.widgets import Static

from coach.app.replay_app import ReplayApp
from coach.config import Config
from coach.review.recording import Recording
from memory.records import CorrectionDraft
from memory.store import Store
from memory.timeline import timeline
from robot_bridge.protocol.messages import Observation, ThoughtEvent
from robot_bridge.protocol.thought import Thought

FRAMES = 20


@pytest.fixture
def app(tmp_path: Path) -> Iterator[ReplayApp]:
    """Two seconds at 10 Hz; a thought at the start and at one second, a correction at a second and a half."""
    with Store.open(tmp_path / "memory.db") as store:
        episode = store.begin_episode("task", "put the red cup in the sink", "home", "first", "kitchen", "Ada")
        for number in range(FRAMES):
            images = {"base": np.full((96, 96, 3), 10 * number, np.uint8)}
            store.add_frame(episode, Observation(sequence=number, time_s=50 + number / 10,
                                                 state=np.zeros(38, np.float32), images=images))  # fmt: skip
        store.flush()
        for time_s, subtask in ((50.0, "pick up the red cup"), (51.0, "put the red cup in the sink")):
            store.add_thought(episode, ThoughtEvent(time_s=time_s, task_id="task", observation_sequence=0,
                                                    thought=Thought(reason="so", subtask=subtask)))  # fmt: skip
        store.add_correction(CorrectionDraft(id="lesson", words="no, in the bin", episode_id=episode, time_s=51.5,
                                             observation_sequence=15, thought_should="reason: bin\n",
                                             instruction_now="put the red cup in the bin"))  # fmt: skip
        yield ReplayApp(Config(home=tmp_path), Recording(store, episode), timeline(store, episode))


def told(app: ReplayApp, name: str) -> str:
    content = app.query_one(f"#{name}", Static).render()
    return str(getattr(content, "plain", content))


async def test_thoughts_and_words_come_up_when_stepped_through(app: ReplayApp) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        assert "pick up the red cup" in told(app, "log") and "0.0 of 1.9 s" in told(app, "bar")
        assert "!" in told(app, "bar") and "no, in the bin" not in told(app, "log")
        await pilot.press("n")
        assert app.number == 10 and "put the red cup in the sink" in told(app, "log")
        await pilot.press("c")
        assert app.number == 15 and '"no, in the bin" → put the red cup in the bin' in told(app, "log")
        await pilot.press("right", "shift+left", "p")
        assert app.number == 0
        await pilot.press("end")
        assert app.number == FRAMES - 1


async def test_it_plays_to_the_end_and_stops_there_when_started(app: ReplayApp) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("minus", "minus", "space")
        assert app.playing and "▶ 0.25×" in told(app, "bar")
        await pilot.press("plus", "plus", "plus", "plus", "plus", "plus")
        assert app.speed == 8.0
        for _ in range(100):
            await asyncio.sleep(0.05)
            if not app.playing:
                break
        assert app.number == FRAMES - 1 and not app.playing
        await pilot.press("minus", "minus", "minus", "minus", "minus", "space")
        assert app.number < FRAMES - 1, "again from the start"
        await pilot.press("space")
        assert not app.playing
