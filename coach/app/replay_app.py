"""`coach replay` on a terminal: an episode plays again, with pictures, thoughts and what was said."""

from __future__ import annotations

import time
from bisect import bisect_right
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Static

from coach.app.recording_app import STEPPING, RecordingApp

if TYPE_CHECKING:
    from coach.config import Config
    from coach.review.recording import Instant, Recording
    from memory.timeline import Moment

TICK_S = 0.05
SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
STYLES = {"thought": "primary", "corrected": "accent", "said": "foreground", "event": "warning", "actions": "secondary"}
LOG_LINES = 200


class ReplayApp(RecordingApp):
    """Plays one recording.

    Args:
        moments: its timeline, oldest first.
    """

    CSS = RecordingApp.CSS + """
    #now { height: auto; }
    #log { height: 1fr; margin-top: 1; }
    #bar { height: 1; padding: 0 1; }
    """  # fmt: skip
    BINDINGS = [  # noqa: RUF012 - Textual's own declaration
        Binding("space", "play", "play, pause"), Binding("q,escape", "quit", "close"), *STEPPING,
        Binding("c", "lesson", "next correction"), Binding("plus,equals_sign", "faster(1)", "faster"),
        Binding("minus", "faster(-1)", "slower"),
    ]  # fmt: skip

    def __init__(self, config: Config, recording: Recording, moments: list[Moment]) -> None:
        super().__init__(config, recording)
        self._moments = moments
        self._moment_times = [moment.time_s for moment in moments]
        self.playing = False
        self.speed = 1.0
        self._clock_s = recording.times[0]
        self._ticked_s = time.monotonic()

    def compose_side(self) -> ComposeResult:
        yield Static(id="now")
        yield Static(id="log")

    def compose_below(self) -> ComposeResult:
        yield Static(id="bar")

    def on_mount(self) -> None:  # Textual calls the one of RecordingApp as well
        self.set_interval(TICK_S, self._tick)

    def action_play(self) -> None:
        """From the start again where it had ended."""
        if not self.playing and self.number == len(self.recording) - 1:
            self.action_go(0)
        self.playing = not self.playing
        self._ticked_s = time.monotonic()
        self._draw_bar()

    def action_step(self, frames: int) -> None:
        self.playing = False
        super().action_step(frames)

    def action_go(self, number: int) -> None:
        super().action_go(number)
        self._clock_s = self.recording.times[self.number]

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

    def draw_words(self, now: Instant) -> None:
        self.query_one("#now", Static).update(self._told(now))
        self.query_one("#log", Static).update(self._history(self.recording.times[self.number]))
        self._draw_bar()

    def _told(self, now: Instant) -> Table:
        colours, table = self.theme_variables, self._table()
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
