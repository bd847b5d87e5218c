"""F3: the stored lessons, newest first, with the details of the one under the cursor."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult, RenderResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import DataTable

from memory.records import NUDGE

if TYPE_CHECKING:
    from memory.records import Correction

OUTCOME_COLOURS = {"open": "warning", "followed": "success", "failed": "error"}


class CorrectionDetails(Widget):
    """What it saw and thought, and what it should have thought."""

    def __init__(self) -> None:
        super().__init__(id="details")
        self.correction: Correction | None = None

    def show(self, correction: Correction | None) -> None:
        self.correction = correction
        self.refresh()

    def render(self) -> RenderResult:
        lesson = self.correction
        if lesson is None:
            return Text("No lessons yet. While the robot works, say what it should do instead.", style="dim italic")
        colours = self.app.theme_variables
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(style="dim", no_wrap=True)
        table.add_column(overflow="fold")
        table.add_row("you said", Text(lesson.words, style="bold"))
        if lesson.kind == NUDGE:
            table.add_row("task", lesson.instruction_was)
            table.add_row("it thought", Text(lesson.thought_was or "–"))
            teaches = "how the arms should have moved; the thought was right"
            table.add_row("teaches", Text(teaches, style=colours["success"]))
            return table
        table.add_row("task was", lesson.instruction_was)
        table.add_row("task now", Text(lesson.instruction_now, style=colours["accent"]))
        table.add_row("it thought", Text(lesson.thought_was or "–"))
        should = lesson.thought_final or lesson.thought_should
        table.add_row("should think", Text(should or "–", style=colours["success"]))
        return table


class CorrectionsScreen(ModalScreen[None]):
    """A table over its details."""

    BINDINGS = [Binding("q,f3", "close", "close", show=False)]  # noqa: RUF012 - Textual's own declaration

    def __init__(self, corrections: Sequence[Correction]) -> None:
        super().__init__()
        self._corrections = {correction.id: correction for correction in corrections}
        self._details = CorrectionDetails()

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "lessons"
            dialog.border_subtitle = f"{len(self._corrections)} · q closes"
            yield DataTable(cursor_type="row", zebra_stripes=True, id="lessons")
            yield self._details

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        table.add_columns("no.", "when", "who", "what you said", "outcome")
        for lesson in self._corrections.values():
            colour = self.app.theme_variables.get(OUTCOME_COLOURS.get(lesson.outcome, ""), "")
            when = time.strftime("%d %b %H:%M", time.localtime(lesson.wall_s))
            outcome = Text(lesson.outcome, style=colour)
            table.add_row(str(lesson.number), when, lesson.by, lesson.words, outcome, key=lesson.id)
        table.display = bool(self._corrections)
        if self._corrections:
            self._details.show(next(iter(self._corrections.values())))
            table.focus()

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        self._details.show(self._corrections.get(event.row_key.value or ""))

    def action_close(self) -> None:
        self.dismiss(None)
