"""Subtasks: done, now, next."""

from __future__ import annotations

from rich.text import Text
from textual.app import RenderResult
from textual.widget import Widget


class SubtaskList(Widget):
    """✓ what is done, ▶ what runs, · what comes after it, as far as that is known."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.border_title = "subtasks"
        self.done: tuple[str, ...] = ()
        self.now = ""
        self.next: tuple[str, ...] = ()
        self.waiting = False

    def show(self, done: tuple[str, ...], now: str, next: tuple[str, ...] = (), waiting: bool = False) -> None:
        """`waiting`: the arms hold still, `now` is not being worked on."""
        if (done, now, next, waiting) != (self.done, self.now, self.next, self.waiting):
            self.done, self.now, self.next, self.waiting = done, now, next, waiting
            self.border_subtitle = f"{len(done)} done" if done else ""
            self.refresh(layout=True)

    def render(self) -> RenderResult:
        colours = self.app.theme_variables
        lines = [Text.assemble((" ✓ ", colours["success"]), (text, "dim")) for text in self.done]
        if self.now:
            mark, colour = ("‖", colours["warning"]) if self.waiting else ("▶", colours["success"])
            lines.append(Text.assemble((f" {mark} ", colour), (self.now, "bold")))
        lines += [Text.assemble((" · ", "dim"), (text, "dim")) for text in self.next]
        if not lines:
            return Text(" no task", style="dim italic")
        room = max(1, self.size.height)
        if len(lines) > room:  # what is done leaves first
            lines = lines[max(0, min(len(lines) - room, len(self.done))) :][:room]
        for line in lines:
            line.no_wrap, line.overflow = True, "ellipsis"
        return Text("\n").join(lines)
