"""One line about the hearing: how it listens, how loud it is, the words so far, and what was understood last."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import RenderResult
from textual.widget import Widget

from coach.app.keymap import pretty_key

if TYPE_CHECKING:
    from coach.speech.speech import Glance

LOOKS_HZ = 8.0
SHOWN_S = 20.0  # how long what was heard can be undone with a key
QUIET_DB, LOUD_DB = -60.0, -6.0
CELLS = 8
MODE_NAMES = {"push_to_talk": "talk key", "hands_free": "hands free", "wake_word": "wake word"}


class SpeechBar(Widget):
    """Hidden while nobody listens."""

    def __init__(self, keys: Mapping[str, str], id: str | None = None) -> None:
        super().__init__(id=id)
        self._keys = dict(keys)
        self.heard = ""
        self._heard_s = 0.0
        self.glance: Glance | None = None
        self.display = False

    def on_mount(self) -> None:
        self.set_interval(1 / LOOKS_HZ, self._look)

    def show_heard(self, text: str) -> None:
        """The text can be undone or edited for a while."""
        self.heard, self._heard_s = text, time.monotonic()
        self.refresh()

    def forget(self) -> None:
        self.heard = ""
        self.refresh()

    def _look(self) -> None:
        speech = getattr(self.app, "speech", None)
        glance = speech.glance if speech is not None else None
        if self.heard and time.monotonic() - self._heard_s > SHOWN_S:
            self.heard = ""
        if glance != self.glance:
            self.glance = glance
            self.display = glance is not None and glance.on
            self.refresh()

    def render(self) -> RenderResult:
        glance = self.glance
        if glance is None:
            return Text("")
        colours = self.app.theme_variables
        line = Text(no_wrap=True, overflow="ellipsis")
        busy = (glance.talking or glance.speaking) and bool(glance.microphone)
        line.append(" ● " if busy else " ○ ", colours["error"] if busy else colours["success"])
        line.append(f"{MODE_NAMES.get(glance.mode, '')} ", "bold")
        line.append_text(meter(glance.level_db, colours))
        line.append_text(self._words(glance, colours))
        return line

    def _words(self, glance: Glance, colours: dict[str, str]) -> Text:
        if not glance.microphone and glance.mode != "push_to_talk":
            return Text("  no microphone", colours["warning"])
        if not glance.microphone and glance.talking:
            return Text("  waiting for the microphone…", colours["warning"])
        if glance.fetching is not None:
            return Text(f"  fetching the speech model, {glance.fetching:.0%}", colours["warning"])
        if not glance.model:
            return Text("  the ears are still waking up…", "italic")
        if glance.speaking or glance.talking:
            return Text(f"  {glance.partial or '…'}", "italic")
        if self.heard:
            undo, edit = (pretty_key(self._keys[name]) for name in ("undo_heard", "edit_heard"))
            return Text.assemble('  "', (self.heard, "bold"), '"  ', (undo, colours["primary"]), " undo  ",
                                 (edit, colours["primary"]), " edit")  # fmt: skip
        return Text("")


def meter(level_db: float, colours: Mapping[str, str]) -> Text:
    """Green as far as it is well heard, yellow near the top, red where it clips."""
    share = (level_db - QUIET_DB) / (LOUD_DB - QUIET_DB)
    lit = max(0, min(CELLS, round(share * CELLS)))
    colour = colours["error"] if level_db > -1.0 else colours["warning"] if lit >= CELLS - 1 else colours["success"]
    return Text.assemble(("▮" * lit, colour), ("▯" * (CELLS - lit), "dim"))
