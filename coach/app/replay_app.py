"""`coach replay` on a terminal: an episode plays again, with pictures, thoughts and what was said."""

from __future__ import annotations

import time
from bisect import bisect_right
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import Footer, Static

from coach.app.cameras import Cameras
from coach.app.themes import DARK, LIGHT, THEMES
from coach.review.recording import place_of

if TYPE_CHECKING:
    from coach.config import Config
    from coach.review.recording import Instant, Recording
    from memory.timeline import Moment

LEAP = 10  # frames; a second at 10 Hz
TICK_S = 0.05
SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
STYLES = {"thought": "primary", "corrected": "accent", "said": "foreground", "event": "warning", "actions": "secondary"}
LOG_LINES = 200


class ReplayApp(App[None]):
    """Plays one recording.

    Args:
        moments: its timeline, oldest first.
    """

    CSS = """
    #columns { height: 1fr; }
    #side { width: 1fr; padding: 0 1; }
    #now { height: auto; }
    #log { height: 1fr; margin-top: 1; }
    #bar { height: 1; padding: 0 1; }
    """
    ENABLE_COMMAND_PALETTE = False
    BINDINGS = [  # noqa: RUF012 - Textual's own declaration
        Binding("space", "play", "play, pause"), Binding("left", "step(-1)", "back"),
        Binding("right", "step(1)", "on"), Binding("shift+left,pageup", f"step({-LEAP})", "1 s back", show=False),
        Binding("shift+right,pagedown", f"step({LEAP})", "1 s on", show=False),
        Binding("home", "go(0)", "start", show=False), Binding("end", "go(999999999)", "end", show=False),
        Binding("p", "thought(-1)", "thought before"), Binding("n", "thought(1)", "next thought"),
        Binding("c", "lesson", "next correction"), Binding("plus,equals_sign", "faster(1)", "faster"),
        Binding("minus", "faster(-1)", "slower"), Binding("q,escape", "quit", "close"),
    ]  # fmt: skip

    def __init__(self, config: Config, recording: Recording, moments: list[Moment]) -> None:
        super().__init__()
        self._config, self.recording, self._moments = config, recording, moments
        self._moment_times = [moment.time_s for moment in moments]
        self.number = 0
        self.playing = False
        self.speed = 1.0
        self._clock_s = recording.times[0]
        self._ticked_s = time.monotonic()

    def compose(self) -> ComposeResult:
        with Horizontal(id="columns"):
            yield Cameras()
            with Vertical(id="side"):
                yield Static(id="now")
                yield Static(id="log")
        yield Static(id="bar")
        yield Footer()

    def on_mount(self) -> None:
        for theme in (DARK, LIGHT):
            self.register_theme(theme)
        self.theme = THEMES[self._config.theme].name
        self.title = f"episode {self.recording.episode.id}"
        self.set_interval(TICK_S, self._tick)
        self.call_after_refresh(self.action_go, 0)

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    def action_play(self) -> None:
        """From the start again where it had ended."""
        if not self.playing and self.number == len(self.recording) - 1:
            self.action_go(0)
        self.playing = not self.playing
        self._ticked_s = time.monotonic()
        self._draw_bar()

    def action_step(self, frames: int) -> None:
        self.playing = False
        self.action_go(self.number + frames)

    def action_go(self, number: int) -> None:
        self.number = min(max(number, 0), len(self.recording) - 1)
        self._clock_s = self.recording.times[self.number]
        self._draw()

    def action_thought(self, step: int) -> None:
        self.action_go(self.recording.next_thought(self.number, step))

    def action_lesson(self) -> None:
        """The next correction; behind the last one, the first."""
        marks = self._lesson_frames()
        if not marks:
            self.notify("nobody corrected anything in this episode")
            return
        self.action_go(next((mark for mark in marks if mark > self.number), marks[0]))

    def action_faster(self, step: int) -> None:
        self.speed = SPEEDS[min(max(SPEEDS.index(self.speed) + step, 0), len(SPEEDS) - 1)]
        self._draw_bar()

    def _tick(self) -> None:
        now = time.monotonic()
        passed, self._ticked_s = now - self._ticked_s, now
        if not self.playing:
            return
        self._clock_s += passed * self.speed
        number = self.recording.number_at(self._clock_s)
        self.playing = number < len(self.recording) - 1
        if number != self.number:
            self.number = number
            self._draw()

    def _draw(self) -> None:
        now = self.recording.instant(self.number)
        cameras = self.query_one(Cameras)
        columns = self.query_one("#columns").size
        cameras.fit(columns.with_width(columns.width // 2))
        cameras.show(now.frame.observation(), None, place_of(now))
        self.query_one("#now", Static).update(self._told(now))
        self.query_one("#log", Static).update(self._history(self.recording.times[self.number]))
        self._draw_bar()

    def _told(self, now: Instant) -> Table:
        colours, episode = self.theme_variables, self.recording.episode
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(style="dim", no_wrap=True)
        table.add_column(overflow="fold")
        table.add_row("episode", f"{episode.id}, {episode.outcome or 'running'}, {episode.checkpoint or 'embedded'}")
        table.add_row("task", Text(episode.instruction, style="bold"))
        table.add_row("it thinks", Text(now.thought.text if now.thought else "–", style=colours["primary"]))
        table.add_row("it does", now.action or "–")
        if now.frame.takeover:
            table.add_row("arms", Text("moved by a person", style=colours["warning"]))
        return table

    def _history(self, time_s: float) -> Text:
        """What was thought, said and told up to now, the latest at the bottom."""
        log = self.query_one("#log", Static)
        seen = self._moments[: bisect_right(self._moment_times, time_s)][-LOG_LINES:]
        shown = [moment for moment in seen if moment.kind != "actions"][-max(1, log.size.height or 12) :]
        text = Text(overflow="ellipsis", no_wrap=True)
        for moment in shown:
            colour = self.theme_variables.get(STYLES[moment.kind], "")
            words = " / ".join(moment.text.split("\n")).strip(" /")
            text.append(f"{moment.at_s:6.1f} s  ", style="dim").append(f"{words}\n", style=colour)
        return text

    def _draw_bar(self) -> None:
        times = self.recording.times
        sign, at_s, all_s = "▶" if self.playing else "⏸", times[self.number] - times[0], times[-1] - times[0]
        told = f"{sign} {self.speed:g}×  {at_s:.1f} of {all_s:.1f} s  "
        width = max(10, self.size.width - len(told) - 4)
        cells = ["─"] * width
        for mark in self._lesson_frames():
            cells[self._cell(mark, width)] = "!"
        cells[self._cell(self.number, width)] = "●"
        colours = self.theme_variables
        bar = Text(told)
        for cell in cells:
            bar.append(cell, style={"●": colours["primary"], "!": colours["accent"]}.get(cell, "dim"))
        self.query_one("#bar", Static).update(bar)

    def _cell(self, number: int, width: int) -> int:
        return round(number / max(1, len(self.recording) - 1) * (width - 1))

    def _lesson_frames(self) -> list[int]:
        return sorted({self.recording.number_at(lesson.correction.time_s) for lesson in self.recording.lessons})
