"""F6: what the robot does by itself, with the next time of each, and the week to come."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult, RenderResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import DataTable

if TYPE_CHECKING:
    from memory.routines import Routine

NONE_YET = 'Nothing yet. Say for example "wipe the counter every day at 8".'
WEEK_DAYS = 7


class WeekView(Widget):
    """One column a day, from today on; times in the zone of each routine."""

    def __init__(self, planned: Sequence[tuple[Routine, list[int]]], now_utc: float) -> None:
        super().__init__(id="week")
        self._planned, self._now_utc = planned, now_utc

    def render(self) -> RenderResult:
        days = self.days()
        if not days:
            return Text(NONE_YET, style="dim italic")
        accent = self.app.theme_variables["accent"]
        table = Table(box=None, expand=True, padding=(0, 1, 0, 0))
        for number, (name, _) in enumerate(days):
            table.add_column(name, style=accent if number == 0 else "", overflow="fold", ratio=1)
        table.add_row(*("\n".join(lines) or "–" for _, lines in days))
        return table

    def days(self) -> list[tuple[str, list[str]]]:
        """Name of each day and its lines `18:00 dinner`, in order of time; empty without routines."""
        if not self._planned:
            return []
        from datetime import timedelta

        from coach.routines.recurrence import to_local

        today = to_local(self._now_utc, self._planned[0][0].tz).date()
        dates = [today + timedelta(days=number) for number in range(WEEK_DAYS)]
        lines: dict[str, list[str]] = {date.isoformat(): [] for date in dates}
        for routine, dues in self._planned:
            for local in (to_local(due, routine.tz) for due in dues):
                lines.get(local.date().isoformat(), []).append(f"{local:%H:%M} {routine.title}")
        return [(f"{date:%a} {date.day}", sorted(lines[date.isoformat()])) for date in dates]


class RoutinesScreen(ModalScreen[None]):
    """A table over the week. Args: planned: routines with their due times, seconds of UTC."""

    BINDINGS = [Binding("q,f6", "close", "close", show=False)]  # noqa: RUF012 - Textual's own declaration

    def __init__(self, planned: Sequence[tuple[Routine, list[int]]], now_utc: float | None = None) -> None:
        super().__init__()
        self._planned = planned
        self._now_utc = time.time() if now_utc is None else now_utc

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "routines"
            dialog.border_subtitle = f"{len(self._planned)} · q closes"
            yield DataTable(cursor_type="row", zebra_stripes=True, id="routines")
            with VerticalScroll(id="week-frame"):
                yield WeekView(self._planned, self._now_utc)

    def on_mount(self) -> None:
        from coach.routines.wording import moment_in_words, when_in_words

        table = self.query_one(DataTable)
        table.add_columns("no.", "what", "when", "next", "said by")
        for routine, dues in self._planned:
            coming = moment_in_words(dues[0], routine.tz, self._now_utc) if dues else "due no more"
            table.add_row(str(routine.id), routine.title, when_in_words(routine), coming, routine.by)
        table.display = bool(self._planned)
        if self._planned:
            table.focus()

    def action_close(self) -> None:
        self.dismiss(None)
