"""The bottom line: the stop in red, the other keys beside it. Everything on it can be clicked."""

from __future__ import annotations

from collections.abc import Mapping

from textual.app import ComposeResult, RenderResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from coach.app.keymap import KEYED, pretty_key


class StopButton(Static):
    """Stops the arms when it is clicked."""

    async def on_click(self) -> None:
        await self.app.run_action("stop")


class HintList(Widget):
    """The keys beside the stop."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        super().__init__()
        self._keys = dict(keys)
        self.paused = False

    def render(self) -> RenderResult:
        parts = []
        for name, keyed in KEYED.items():
            if not keyed.hint or name == "stop":
                continue
            hint = "resume" if name == "pause" and self.paused else keyed.hint
            key = pretty_key(self._keys[name])
            parts.append(f"[@click=app.{keyed.action}][bold $primary]{key}[/] [$foreground 70%]{hint}[/][/]")
        return Content.from_markup("   ".join(parts))


class KeyHints(Horizontal):
    """The keys as they are configured."""

    def __init__(self, keys: Mapping[str, str], id: str | None = None) -> None:
        super().__init__(id=id)
        self._stop = StopButton(f"{pretty_key(keys['stop'])} {KEYED['stop'].hint}")
        self._hints = HintList(keys)

    def compose(self) -> ComposeResult:
        yield self._stop
        yield self._hints

    def show(self, paused: bool) -> None:
        """`paused`: the pause key resumes."""
        if paused != self._hints.paused:
            self._hints.paused = paused
            self._hints.refresh()
