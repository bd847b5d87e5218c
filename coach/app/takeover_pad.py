"""The pad: shown while a person moves the arms; as long as it has the focus, its keys move a hand."""

from __future__ import annotations

from collections.abc import Mapping

from rich.table import Table
from rich.text import Text
from textual import events
from textual.app import RenderResult
from textual.widget import Widget

from coach.app.keymap import jog_actions, pretty_key
from coach.app.say_line import SayLine

# What a row says, and the actions whose keys stand before it.
_ROWS = (
    ("left, right, away, towards you", ("jog_left", "jog_right", "jog_forward", "jog_back")),
    ("up, down · turn", ("jog_up", "jog_down", "jog_turn_left", "jog_turn_right")),
    ("open, close · other hand", ("jog_open", "jog_close", "other_hand")),
    ("faster, slower · hand back · tab: say something", ("faster", "slower", "hand_back")),
)


class TakeoverPad(Widget, can_focus=True):
    """Keys become actions of the app. What is typed elsewhere, such as a correction, moves nothing."""

    def __init__(self, keys: Mapping[str, str], id: str | None = None) -> None:
        super().__init__(id=id)
        self._keys, self._actions = dict(keys), jog_actions(keys)
        self.border_title = "your hands"
        self.display = False

    def show(self, hand: str, speed: float, devices: tuple[str, ...]) -> None:
        """Args: speed: fraction of the fastest; devices: gamepads and pedals that are read."""
        self.border_title = f"your hands · {hand} hand · speed {speed:.0%}"
        self.border_subtitle = ", ".join(devices) or "no gamepad or pedal found"

    async def on_key(self, event: events.Key) -> None:
        if event.key == "tab":  # straight to the line, and from there back
            event.stop()
            event.prevent_default()
            self.screen.query_one(SayLine).focus()
            return
        action = self._actions.get(event.key)
        if action is not None:
            event.stop()
            event.prevent_default()
            await self.run_action(f"app.{action}")

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def render(self) -> RenderResult:
        if not self.has_focus:
            return Text("press tab to move the arms with keys again", style="dim italic")
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(style=f"bold {self.app.theme_variables['accent']}", no_wrap=True)
        table.add_column(style="dim", overflow="ellipsis", no_wrap=True)
        for words, names in _ROWS:
            table.add_row(" ".join(pretty_key(self._keys[name]) for name in names), words)
        return table
