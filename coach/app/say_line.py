"""The line to type on, with a history."""

from __future__ import annotations

import time
from collections.abc import Sequence

from textual import events
from textual.binding import Binding
from textual.widgets import Input

from coach.app.messages import Said

MAX_HISTORY = 200
# What one might say now, by the state of the arms.
HINTS = {
    "idle": "put the red cup in the sink", "running": "no, put it in the drying rack", "holding": "go on",
    "stopped": "go on", "takeover": "over to you", "asking": "the red one",
}  # fmt: skip


class SayLine(Input):
    """Enter posts `Said`; up and down walk through what was said before, keeping the unfinished line."""

    BINDINGS = [  # noqa: RUF012 - Textual's own declaration
        Binding("up", "older", "older", show=False),
        Binding("down", "newer", "newer", show=False),
    ]

    def __init__(self, id: str | None = None) -> None:
        super().__init__(placeholder=HINTS["idle"], id=id)
        self.border_title = "say"
        self._history: list[str] = []
        self._at = 0
        self._unfinished = ""
        self._began_s = 0.0

    def on_key(self, event: events.Key) -> None:
        """Enter is taken here and not by a binding, which would come after letters that were typed since."""
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            self._submit()

    def suggest(self, state: str, subtask: str = "") -> None:
        """Show what one might say now. Args: subtask: of the thought in force, which may be a question."""
        asked = subtask.startswith("ask") and state == "holding"
        hint = (HINTS["asking"] if "which" in subtask else HINTS["idle"]) if asked else HINTS.get(state, "")
        self.placeholder = hint or self.placeholder

    def watch_value(self, before: str, now: str) -> None:
        """When a line is begun is when somebody saw that something is wrong."""
        if not before and now:
            self._began_s = time.monotonic()

    def remember(self, lines: Sequence[str]) -> None:
        """Older lines, oldest first, before those of this run."""
        self._history = [*lines, *self._history][-MAX_HISTORY:]
        self._at = len(self._history)

    def action_older(self) -> None:
        if self._at == len(self._history):
            self._unfinished = self.value
        self._go(max(0, self._at - 1))

    def action_newer(self) -> None:
        self._go(min(len(self._history), self._at + 1))

    def _go(self, at: int) -> None:
        if at == self._at:
            return
        self._at = at
        self.value = self._history[at] if at < len(self._history) else self._unfinished
        self.cursor_position = len(self.value)

    async def action_submit(self) -> None:
        self._submit()

    def _submit(self) -> None:
        text = self.value.strip()
        if text and (not self._history or self._history[-1] != text):
            self._history.append(text)
        self._at = len(self._history)
        self._unfinished = self.value = ""
        self.post_message(Said(text, self._began_s))
