"""What was said, by the person on the right and by the robot on the left."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Static

if TYPE_CHECKING:
    from memory.records import Utterance

MAX_BUBBLES = 300
UNKNOWN_TIME = 0.0
WELCOME = """\
Tell the robot what to do, such as "put the red cup in the sink".
While it moves, correct it in your own words: "no, put it in the drying rack".
It changes its mind at once and keeps the lesson. "stop" or escape stops the arms at any time."""


class Bubble(Horizontal):
    """One utterance. A bubble with id 0 is shown but not yet known to be stored; one that `is_answer` stands for an
    answer that was handed to `Conversation.answered`, or is older than this terminal."""

    def __init__(self, role: str, by: str, text: str, wall_s: float, utterance_id: int = 0) -> None:
        super().__init__(classes=f"-{role}" + ("" if utterance_id else " -unsaved"))
        self.role, self.by, self.text, self.wall_s, self.utterance_id = role, by, text, wall_s, utterance_id
        self.is_answer = False

    def compose(self) -> ComposeResult:
        yield Static(Text.assemble(self.text, (self._note(), "dim")))

    def _note(self) -> str:
        """When, and who if it is not the person at this terminal."""
        at = time.strftime("%H:%M", time.localtime(self.wall_s)) if self.wall_s else ""
        name = self.by if self.role == "person" and self.by not in ("", self.app.config.person) else ""  # type: ignore[attr-defined]
        return "".join(f"  {part}" for part in (name, at) if part)


class Conversation(VerticalScroll):
    """Shows what the memory holds, and for a moment what is on its way there."""

    can_focus = True

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.border_title = "conversation"
        self._unsaved: list[Bubble] = []
        self.last_id = 0

    def on_resize(self) -> None:
        """The newest line stays in view."""
        self.call_after_refresh(self.scroll_end, animate=False)

    @property
    def lines(self) -> list[tuple[str, str]]:
        """(role, text) of every bubble, oldest first."""
        return [(bubble.role, bubble.text) for bubble in self.query(Bubble)]

    def show(self, utterances: Sequence[Utterance], earlier: bool = False) -> None:
        """Stored utterances, oldest first; those already shown are left out.

        Args:
            earlier: they were said before this terminal was opened.
        """
        fresh = []
        for utterance in utterances:
            if utterance.id <= self.last_id:
                continue
            self.last_id = utterance.id
            known = next((b for b in self._unsaved if (b.role, b.text) == (utterance.role, utterance.text)), None)
            if known is not None:
                self._unsaved.remove(known)
                known.utterance_id = utterance.id
                known.remove_class("-unsaved")
            else:
                fresh.append(Bubble(utterance.role, utterance.by, utterance.text, utterance.wall_s, utterance.id))
        for bubble in fresh:
            bubble.is_answer = earlier
        self._add(fresh)

    def expect(self, role: str, text: str, by: str = "", wall_s: float = UNKNOWN_TIME) -> None:
        """Show a line at once; it is matched when the memory holds it."""
        bubble = Bubble(role, by, text, wall_s)
        bubble.is_answer = True
        self._unsaved.append(bubble)
        self._add([bubble])

    def welcome(self) -> None:
        """What one can do here, until something is said; where nobody has ever said anything."""
        self.mount(Static(Text(WELCOME, style="dim"), id="welcome"))

    def answered(self, text: str, wall_s: float = UNKNOWN_TIME, announced: bool = False) -> None:
        """The robot's line, unless the memory has shown it already.

        Args:
            announced: it is no answer to anybody, and is not shown again where it was just said.
        """
        alike = [bubble for bubble in list(self.query(Bubble))[-3:] if (bubble.role, bubble.text) == ("robot", text)]
        shown = next((bubble for bubble in alike if announced or not bubble.is_answer), None)
        if shown is not None:
            shown.is_answer = True
        else:
            self.expect("robot", text, wall_s=wall_s)

    def _add(self, bubbles: list[Bubble]) -> None:
        if not bubbles:
            return
        self.query("#welcome").remove()
        self.mount_all(bubbles)
        old = list(self.query(Bubble))[:-MAX_BUBBLES]
        for bubble in old:
            bubble.remove()
        self.call_after_refresh(self.scroll_end, animate=False)
