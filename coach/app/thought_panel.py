"""The thought, as it is being written."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text
from textual.app import RenderResult
from textual.widget import Widget

from robot_bridge.protocol.errors import ProtocolError
from robot_bridge.protocol.thought import KEYS, Thought, Where

LABELS = {"reason": "why", "subtask": "now", "hand": "hand", "where": "where"}
CURSOR = "▍"


def written_lines(text: str) -> list[tuple[str, str]]:
    """(key, text so far) of each line of a thought that may be unfinished."""
    lines = []
    for line in text.splitlines():
        key, colon, value = line.partition(":")
        if colon and key.strip() in KEYS:
            lines.append((key.strip(), value.strip()))
    return lines


def place_in_words(value: str) -> str:
    """`base <loc0412><loc0633>` → `base camera, 62 % across, 40 % down`; unfinished text stays as it is."""
    try:
        where = Where.parse(value)
    except ProtocolError:
        return value
    return f"{where.camera.replace('_', ' ')} camera · {where.x:.0%} across · {where.y:.0%} down"


class ThoughtPanel(Widget):
    """Streams `ThoughtToken`s; a thought that came into force replaces what was streamed."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.border_title = "thought"
        self._request = -1
        self._text = ""
        self._writing = False
        self._person = False
        self._certainty: float | None = None

    @property
    def text(self) -> str:
        """The thought as far as it is written."""
        return self._text

    def begin(self, forced: str) -> None:
        """Show what a person put in the thought's place, before the model writes on."""
        self._text, self._writing, self._person, self._request = forced, True, True, -1
        self._show()

    def write(self, request_id: int, index: int, piece: str) -> None:
        """One more piece from the model. A new request starts a new thought, or goes on from a person's words."""
        if request_id != self._request:
            self._request = request_id
            goes_on = self._person and self._writing and not piece.lstrip().startswith("reason")
            if not goes_on:
                self._text, self._person = "", False
        self._text += piece
        self._writing = True
        self._show()

    def settle(self, thought: Thought, taught: bool) -> None:
        """A thought came into force. `taught`: a person is behind it."""
        self._text, self._writing, self._person = str(thought), False, taught or thought.source == "person"
        self._certainty = thought.certainty
        self._show()

    def clear(self) -> None:
        self._text, self._writing, self._person = "", False, False
        self._show()

    def _show(self) -> None:
        sure = f"{self._certainty:.0%} sure" if self._certainty is not None and self._text else ""
        self.border_subtitle = "writing…" if self._writing else ("as you taught it" if self._person else sure)
        self.set_class(self._person, "-taught")
        self.refresh()

    def render(self) -> RenderResult:
        lines = written_lines(self._text)
        if not lines:
            return Text("Nothing yet. Ask for something below.", style="dim italic")
        colours = self.app.theme_variables
        styles = {"subtask": f"bold {colours['success']}", "where": "dim"}
        if lines[-1] and dict(lines).get("subtask", "").startswith("ask"):
            styles["subtask"] = f"bold {colours['warning']}"
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(style="dim", no_wrap=True)
        table.add_column(overflow="fold")
        for number, (key, value) in enumerate(lines):
            shown = place_in_words(value) if key == "where" else value
            cell = Text(shown, style=styles.get(key, ""))
            if self._writing and number == len(lines) - 1:
                cell.append(CURSOR, style=f"{colours['accent']}")
            table.add_row(LABELS[key], cell)
        return table
