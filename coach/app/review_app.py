"""`coach review`: an episode frame by frame, pictures on the left, thought and action on the right."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Static, TextArea

from coach.app.messages import Pointed
from coach.app.recording_app import STEPPING, RecordingApp
from coach.app.review_keys import ReviewKeys
from coach.review.second_look import is_outdated
from coach.review.suggestion import Suggestion
from coach.review.suggestions import decide, undecide, undecided
from robot_bridge.protocol.errors import CoachError
from robot_bridge.protocol.thought import Where

if TYPE_CHECKING:
    from coach.config import Config
    from coach.review.recording import Instant, Recording
    from coach.review.suggestions import Decision
    from memory.records import Correction
    from memory.store import Store

WATCHING = ("quit", "step", "thought", "wrong", "edit", "suggestion", "take_back", "keys")  # not while writing


class ReviewApp(RecordingApp):
    """Steps through one recording and writes down what the thought should have been."""

    CSS = RecordingApp.CSS + """
    #told { height: auto; }
    #editor { height: 8; display: none; }
    #editor.open { display: block; }
    """  # fmt: skip
    AUTO_FOCUS = None  # else the hidden editor takes the keys
    BINDINGS = [  # noqa: RUF012 - Textual's own declaration
        Binding("q", "quit", "close"), *STEPPING,
        Binding("w", "wrong", "wrong"), Binding("e", "edit", "write"),
        Binding("ctrl+s", "save", "keep it as a lesson"), Binding("escape", "leave", "discard it"),
        Binding("s", "suggestion", "suggest"), Binding("y", "decide('accepted')", "accept", show=False),
        Binding("x", "decide('rejected')", "reject", show=False), Binding("u", "take_back", "undo"),
        Binding("question_mark,f1", "keys", "help", key_display="?"),
    ]  # fmt: skip

    def __init__(self, config: Config, store: Store, recording: Recording) -> None:
        super().__init__(config, recording)
        self._store = store
        self.wrong_from: int | None = None
        self.suggestion: Suggestion | None = None
        self._written: list[tuple[str, str]] = []  # lessons of this review, newest last, and of which suggestion

    def on_mount(self) -> None:  # Textual calls the one of RecordingApp as well
        if is_outdated(self._store, self.recording):
            self.notify("what an earlier second look suggested was kept by another release and is left out; look again "
                        f"with: coach review {self.recording.episode.id} --look-again", timeout=10)  # fmt: skip

    def compose_side(self) -> ComposeResult:
        yield Static(id="told")
        yield TextArea(id="editor", soft_wrap=True)

    def action_wrong(self) -> None:
        """Here it went wrong: a label written later in the episode reaches back to this frame."""
        self.wrong_from = None if self.wrong_from == self.number else self.number
        self._draw()

    def action_edit(self) -> None:
        """Write the thought; a suggestion in view is what it begins from."""
        now = self.instant()
        written = now.thought.text if now and now.thought else "subtask: "
        self._open(self.suggestion.thought if self.suggestion else written)

    def on_pointed(self, event: Pointed) -> None:
        """A click on the picture while writing says where."""
        editor = self.query_one(TextArea)
        if not editor.has_class("open"):
            return
        lines = [line for line in editor.text.strip().splitlines() if not line.startswith("where:")]
        editor.load_text("\n".join([*lines, f"where: {Where(event.camera, event.x, event.y)}"]))
        editor.focus()

    def action_save(self) -> None:
        editor = self.query_one(TextArea)
        if not editor.has_class("open"):
            return
        if self.suggestion is not None:
            self.suggestion = msgspec.structs.replace(self.suggestion, thought=editor.text)
            self.action_decide("accepted")
            if self.suggestion is None:
                self.action_leave()
            return
        first = self.number if self.wrong_from is None else self.wrong_from
        if first <= self.number and self.recording.thought_so(first, self.number, editor.text):
            self.notify("nothing is changed, so nothing is kept: it thought this already; escape discards it",
                        severity="warning")  # fmt: skip
            return
        if self._kept(lambda: self.recording.label(first, self.number, editor.text, self._config.person)):
            self.notify("kept as a lesson; u takes it back")
            self.wrong_from = None
            self.action_leave()

    def action_leave(self) -> None:
        self.query_one(TextArea).remove_class("open")
        self.set_focus(None)
        self.refresh_bindings()
        self._draw()

    def action_take_back(self) -> None:
        """The last lesson written in this review is none after all; an accepted suggestion waits again."""
        if not self._written:
            self.notify("no lesson was written in this review; others are taken back with: coach corrections retract",
                        severity="warning")  # fmt: skip
            return
        lesson_id, suggestion_id = self._written[-1]
        if not self._done(lambda: self.recording.take_back(lesson_id, self._config.person)):
            return
        self._written.pop()
        if suggestion_id:
            undecide(self._store, self.recording, suggestion_id)
        self.notify("taken back: it is no lesson any more")
        self._draw()

    def action_keys(self) -> None:
        self.push_screen(ReviewKeys())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a thought is written the footer names what ends that, and else all but that."""
        opened = any(editor.has_class("open") for editor in self.query(TextArea))
        if action in ("save", "leave"):
            return opened
        return not opened if action in WATCHING else True

    def action_suggestion(self) -> None:
        """Go to the next suggestion that waits for a person."""
        waiting = undecided(self._store, self.recording)
        if not waiting:
            self.suggestion = None
            self.notify("there is no suggestion for this episode")
            return
        index = waiting.index(self.suggestion) + 1 if self.suggestion in waiting else 0
        self.suggestion = waiting[index % len(waiting)]
        self.action_go(self.recording.number_at(self.suggestion.start_s))

    def action_decide(self, decision: Decision) -> None:
        suggestion = self.suggestion
        if suggestion is None:
            self.notify("press s to see a suggestion first", severity="warning")
            return
        by = self._config.person
        if self._kept(lambda: decide(self._store, self.recording, suggestion, decision, by), suggestion.id):
            self.notify(f"{decision}: {suggestion.why}")
            self.suggestion = None
            self._draw()

    def _open(self, text: str) -> None:
        editor = self.query_one(TextArea)
        editor.load_text(text)
        editor.add_class("open")
        editor.focus()
        self.refresh_bindings()

    def _kept(self, write: Callable[[], Correction | None], suggestion_id: str = "") -> bool:
        """Whether it is in the memory, from where `u` takes a lesson back; if not, the person is told why."""

        def kept() -> None:
            if (lesson := write()) is not None:
                self._written.append((lesson.id, suggestion_id))

        return self._done(kept)

    def _done(self, write: Callable[[], object]) -> bool:
        """Whether it is done; if not, the person is told why."""
        try:
            write()
        except CoachError as error:
            self.notify(str(error), severity="error", timeout=10)
            return False
        return True

    def draw_words(self, now: Instant) -> None:
        self.query_one("#told", Static).update(self._told(now))

    def _told(self, now: Instant) -> Table:
        colours, table = self.theme_variables, self._table()
        table.add_row("frame", f"{now.number + 1} of {len(self.recording)}, {now.at_s:.1f} s")
        table.add_row("it thought", Text(now.thought.text if now.thought else "–", style=colours["primary"]))
        table.add_row("it did", now.action or "–")
        for lesson in now.taught:
            right = Text((lesson.thought_final or lesson.thought_should).strip(), style=colours["accent"])
            table.add_row("was taught", right)
        if self.wrong_from is not None:
            at_s = self.recording.times[self.wrong_from] - self.recording.times[0]
            table.add_row("wrong from", Text(f"frame {self.wrong_from + 1}, {at_s:.1f} s", style=colours["warning"]))
        if self.suggestion is not None:
            table.add_row("suggested", Text(self.suggestion.thought.strip(), style=colours["warning"]))
            table.add_row("because", f"{self.suggestion.why} (y accepts, e changes it, x rejects)")
        return table
