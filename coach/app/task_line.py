"""The top line: the name, and what the robot is asked to do."""

from __future__ import annotations

from rich.text import Text
from textual.app import RenderResult
from textual.widget import Widget

from coach.app.status_line import STATE_COLOURS


class TaskLine(Widget):
    """Shows the instruction, and one sentence of detail where there is one."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._instruction, self._state, self._detail = "", "idle", ""

    def show(self, instruction: str, state: str, detail: str) -> None:
        """`detail`: why it holds, what failed."""
        if (instruction, state, detail) != (self._instruction, self._state, self._detail):
            self._instruction, self._state, self._detail = instruction, state, detail
            self.refresh()

    def render(self) -> RenderResult:
        colours = self.app.theme_variables
        line = Text(" robot-coach ", style=f"bold {colours['primary']}", no_wrap=True, overflow="ellipsis")
        line.append("│ ", style="dim")
        if self._instruction or not self._detail:
            line.append(self._instruction or "no task", style="bold" if self._instruction else "dim italic")
        if self._detail:
            colour = colours[STATE_COLOURS.get(self._state, "warning")]
            line.append(f"{'  ' if self._instruction else ''}{self._detail}", style=colour)
        return line
