"""`?` in `coach review`: what its keys do."""

from __future__ import annotations

from rich.table import Table
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

KEYS = (
    ("← →", "a frame back, a frame on; with shift or page up and page down a second"),
    ("home end", "the first frame, the last one"),
    ("p n", "the thought before, the next thought"),
    ("w", "here it went wrong: what is written later reaches back to this frame; again to take the mark away"),
    ("e", "write what it should have thought at the frame in view, or from the mark to it"),
    ("ctrl+s", "while writing: keep it as a lesson"),
    ("escape", "while writing: discard it"),
    ("click", "while writing: say where, with a point in the picture"),
    ("s", "go to the next suggestion; y accepts it, e changes it, x rejects it"),
    ("u", "take the last lesson of this review back; an accepted suggestion waits again"),
    ("q", "close"),
)


class ReviewKeys(ModalScreen[None]):
    """Closed by any of the usual keys."""

    DEFAULT_CSS = """
    ReviewKeys { align: center middle; }
    ReviewKeys > VerticalScroll {
        width: 92%; max-width: 100; height: auto; max-height: 92%;
        border: round $primary; background: $surface; padding: 1 2;
    }
    ReviewKeys Static { height: auto; }
    """
    BINDINGS = [  # noqa: RUF012 - Textual's own declaration
        Binding("q,enter,escape,f1,question_mark", "close", "close", show=False)
    ]

    def compose(self) -> ComposeResult:
        with VerticalScroll() as dialog:
            dialog.border_title, dialog.border_subtitle = "keys", "q closes"
            table = Table.grid(padding=(0, 3, 0, 0))
            table.add_column(style=self.app.theme_variables["primary"], no_wrap=True)
            table.add_column(style="dim")
            for row in KEYS:
                table.add_row(*row)
            yield Static(table)

    def action_close(self) -> None:
        self.dismiss(None)
