"""The bottom line: the stop in red, the other keys beside it. Everything on it can be clicked."""

from __future__ import annotations

from collections.abc import Mapping

from textual.app import ComposeResult, RenderResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from coach.app.keymap import KEYED, pretty_key

GAP = 2
LEFT_OUT = ("routines", "reset", "talk", "corrections", "takeover", "pause")  # in a narrow terminal, in this order


class StopButton(Static):
    """Stops the arms when it is clicked."""

    async def on_click(self) -> None:
        await self.app.run_action("stop")


class HintList(Widget):
    """The keys beside the stop, as many as there is room for."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        super().__init__()
        self._keys = dict(keys)
        self.paused = self.taken_over = False

    @property
    def shown(self) -> dict[str, tuple[str, str]]:
        """Action name → key and hint, of those that fit."""
        hints = {name: (pretty_key(self._keys[name]), keyed.hint) for name, keyed in KEYED.items() if keyed.hint}
        del hints["stop"]
        if self.paused:
            hints["pause"] = hints["pause"][0], "resume"
        if self.taken_over:
            hints["takeover"] = hints["takeover"][0], "hand back"
        for name in LEFT_OUT:
            if sum(len(key) + 1 + len(hint) + GAP for key, hint in hints.values()) - GAP <= self.content_size.width:
                break
            del hints[name]
        return hints

    def render(self) -> RenderResult:
        parts = [f"[@click=app.{KEYED[name].action}][bold $primary]{key}[/] [$foreground 70%]{hint}[/][/]"
                 for name, (key, hint) in self.shown.items()]  # fmt: skip
        return Content.from_markup((" " * GAP).join(parts))


class KeyHints(Horizontal):
    """The keys as they are configured."""

    def __init__(self, keys: Mapping[str, str], id: str | None = None) -> None:
        super().__init__(id=id)
        self._stop = StopButton(f"{pretty_key(keys['stop'])} {KEYED['stop'].hint}")
        self._hints = HintList(keys)

    def compose(self) -> ComposeResult:
        yield self._stop
        yield self._hints

    def show(self, paused: bool, taken_over: bool = False) -> None:
        """`paused`: the pause key resumes; `taken_over`: that of the takeover gives the arms back."""
        if (paused, taken_over) != (self._hints.paused, self._hints.taken_over):
            self._hints.paused, self._hints.taken_over = paused, taken_over
            self._hints.refresh()
