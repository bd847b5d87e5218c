"""F1: the keys, and what one can say."""

from __future__ import annotations

from collections.abc import Mapping

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from coach.app.keymap import JOGGED, KEYED, pretty_key

SAYINGS = (
    ("put the red cup in the sink", "a task"),
    ("pick up the towel", "a task without a place"),
    ("no, put it in the drying rack", "a correction: it changes the thought at once and is kept as a lesson"),
    ("no, the blue one", "the same, for the wrong thing"),
    ("a little to the left · higher · slower", "a nudge"),
    ("click on the picture: pick up this one", "pointing: what you say next is about that point"),
    ("let me do it · over to you", "you move the arms with keys, a gamepad or a pedal, and hand them back"),
    ("what are you doing, and why?", "a question"),
    ("pause · go on · undo · start over", "the course of things"),
    ("stop", "stops at once, like the key"),
)


class HelpScreen(ModalScreen[None]):
    """Closed by any of the usual keys."""

    BINDINGS = [Binding("q,enter,f1", "close", "close", show=False)]  # noqa: RUF012 - Textual's own declaration

    def __init__(self, keys: Mapping[str, str]) -> None:
        super().__init__()
        self._keys = dict(keys)

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog") as dialog:
            dialog.border_title = "help"
            dialog.border_subtitle = "q closes"
            yield Static(Text("Keys", style="bold"), classes="section -first")
            yield Static(self._table([(pretty_key(self._keys[name]), keyed.help) for name, keyed in KEYED.items()]))
            yield Static(self._table([("↑ ↓", "what you said before"), ("tab", "from part to part; scroll with ↑ ↓")]))
            yield Static(Text("What you can say", style="bold"), classes="section")
            yield Static(self._table(list(SAYINGS)))
            yield Static(Text("While you move the arms", style="bold"), classes="section")
            yield Static(self._table([(pretty_key(self._keys[name]), keyed.help) for name, keyed in JOGGED.items()]))

    def action_close(self) -> None:
        self.dismiss(None)

    def _table(self, rows: list[tuple[str, str]]) -> Table:
        table = Table.grid(padding=(0, 3, 0, 0))
        table.add_column(style=self.app.theme_variables["primary"], min_width=6)
        table.add_column(style="dim")
        for row in rows:
            table.add_row(*row)
        return table
