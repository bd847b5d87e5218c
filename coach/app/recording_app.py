"""What `coach replay` and `coach review` share: a recording on the screen, pictures on the left, words on the right."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import Footer

from coach.app.cameras import Cameras
from coach.app.themes import DARK, LIGHT, THEMES
from coach.review.recording import place_of
from robot_bridge.protocol.errors import CoachError

if TYPE_CHECKING:
    from coach.config import Config
    from coach.review.recording import Instant, Recording

LEAP = 10  # frames; a second at 10 Hz
STEPPING = (
    Binding("left", "step(-1)", "step", key_display="← →"), Binding("right", "step(1)", "on", show=False),
    Binding("shift+left,pageup", f"step({-LEAP})", "1 s back", show=False),
    Binding("shift+right,pagedown", f"step({LEAP})", "1 s on", show=False),
    Binding("home", "go(0)", "start", show=False), Binding("end", "go(999999999)", "end", show=False),
    Binding("p", "thought(-1)", "thought", key_display="p n"), Binding("n", "thought(1)", "next", show=False),
)  # fmt: skip


class RecordingApp(App[None]):
    """Steps through one recording; `number` is the frame in view, from 0.

    A subclass composes what stands beside the pictures and below them, and draws an instant there. Its `CSS` and
    `BINDINGS` hold the ones of here: Textual inherits no `CSS`, and the footer names keys in their order.
    """

    CSS = """
    #columns { height: 1fr; }
    #side { width: 1fr; padding: 0 1; }
    """
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, config: Config, recording: Recording) -> None:
        super().__init__()
        self._config, self.recording = config, recording
        self.number = 0
        self._told_gone = False

    @abstractmethod
    def compose_side(self) -> ComposeResult:
        """What stands beside the pictures, from top to bottom."""

    def compose_below(self) -> ComposeResult:
        """What stands between the pictures and the footer."""
        yield from ()

    @abstractmethod
    def draw_words(self, now: Instant) -> None:
        """Show what there is to read at this instant; its pictures are drawn."""

    def compose(self) -> ComposeResult:
        with Horizontal(id="columns"):
            yield Cameras()
            with Vertical(id="side"):
                yield from self.compose_side()
        yield from self.compose_below()
        yield Footer()

    def on_mount(self) -> None:
        for theme in (DARK, LIGHT):
            self.register_theme(theme)
        self.theme = THEMES[self._config.theme].name
        self.title = f"episode {self.recording.episode.id}"
        self.call_after_refresh(self.action_go, 0)

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    def action_step(self, frames: int) -> None:
        self.action_go(self.number + frames)

    def action_go(self, number: int) -> None:
        """Numbers beyond an end mean the frame at that end."""
        self.number = min(max(number, 0), len(self.recording) - 1)
        self._draw()

    def action_thought(self, step: int) -> None:
        self.action_go(self.recording.next_thought(self.number, step))

    def instant(self) -> Instant | None:
        """What there is to see at the frame in view; None, and the person is told once, where it was dropped."""
        try:
            return self.recording.instant(self.number)
        except CoachError as error:
            if not self._told_gone:
                self.notify(str(error), severity="error", timeout=10)
            self._told_gone = True
            return None

    def _draw(self) -> None:
        now = self.instant()
        if now is None:
            return
        cameras = self.query_one(Cameras)
        columns = self.query_one("#columns").size
        cameras.fit(columns.with_width(columns.width // 2))
        cameras.show(now.frame.observation(), None, place_of(now))
        self.draw_words(now)

    def _table(self) -> Table:
        """A table of names and what is told of them, begun with the episode and its task."""
        episode = self.recording.episode
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(style="dim", no_wrap=True)
        table.add_column(overflow="fold")
        table.add_row("episode", f"{episode.id}, {episode.outcome or 'running'}, {episode.checkpoint or 'embedded'}")
        table.add_row("task", Text(episode.instruction, style="bold"))
        return table
