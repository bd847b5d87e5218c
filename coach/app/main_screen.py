"""The one screen that is always there: pictures and status from the bridge, the conversation, the line to type on."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.geometry import Size
from textual.screen import Screen

from coach.app.cameras import Cameras
from coach.app.conversation import Conversation
from coach.app.key_hints import KeyHints
from coach.app.say_line import SayLine
from coach.app.speech_bar import SpeechBar
from coach.app.status_line import StatusLine
from coach.app.subtask_list import SubtaskList
from coach.app.takeover_pad import TakeoverPad
from coach.app.task_line import TaskLine
from coach.app.thought_panel import ThoughtPanel

if TYPE_CHECKING:
    from textual.notifications import SeverityLevel

    from coach.app.pictures import Renderable
    from robot_bridge.protocol.messages import Event, Observation, Status
    from robot_bridge.protocol.messages import Message as WireMessage
    from robot_bridge.protocol.thought import Where

SILENT_AFTER_S = 1.5
CHECK_S = 0.5  # between two looks at whether the bridge is silent
FIXED_ROWS = 3  # task line, status line, key hints
COLUMN_GAP = 1
RIGHT_COLUMN_MIN = 40
THOUGHT_MIN_ROWS, SUBTASKS_MIN_ROWS, HINTS_MIN_ROWS = 15, 19, 8


class MainScreen(Screen[None]):
    """Lays the panels out for the size at hand and shows what the bridge publishes."""

    AUTO_FOCUS = "#say"

    def __init__(self, keys: Mapping[str, str]) -> None:
        super().__init__()
        self._keys = dict(keys)
        self.status: Status | None = None
        self._status_at = self._checked_at = 0.0
        self._ever_seen = False
        self._observation: Observation | None = None
        self._shown: Where | None = None
        self._last: Observation | None = None
        self._done: tuple[str, ...] = ()  # of the task that ended last
        self.queued: tuple[str, ...] = ()

    def compose(self) -> ComposeResult:
        yield TaskLine(id="task")
        with Horizontal(id="columns"):
            yield Cameras(id="cameras")
            with Vertical(id="words"):
                yield ThoughtPanel(id="thought")
                yield SubtaskList(id="subtasks")
                yield TakeoverPad(self._keys, id="pad")
                yield Conversation(id="conversation")
                yield SpeechBar(self._keys, id="speech")
                yield SayLine(id="say")
        yield StatusLine(id="status")
        yield KeyHints(self._keys, id="hints")

    def on_mount(self) -> None:
        self.fit(self.app.size)

    def on_resize(self, event: events.Resize) -> None:
        self.fit(event.size)

    def fit(self, size: Size) -> None:
        """Give the cameras what the words can spare; in a small terminal the words win."""
        rows = size.height - FIXED_ROWS
        room = Size(max(0, min(size.width * 45 // 100, size.width - RIGHT_COLUMN_MIN - COLUMN_GAP)), rows)
        self.query_one(Cameras).fit(room)
        self.query_one(ThoughtPanel).display = size.height >= THOUGHT_MIN_ROWS
        self.query_one(SubtaskList).display = size.height >= SUBTASKS_MIN_ROWS
        for name in ("#task", "#hints"):
            self.query_one(name).display = size.height >= HINTS_MIN_ROWS
        self.set_class(size.height < THOUGHT_MIN_ROWS or size.width < RIGHT_COLUMN_MIN, "-tiny")
        self.set_class(size.height < 30, "-short")
        self.set_class(size.height >= 40, "-tall")

    def take(self, message: WireMessage) -> None:
        """One message from the bridge; pictures are only kept here and drawn by `draw_pictures`."""
        from robot_bridge.protocol.messages import Event, Observation, Status, ThoughtEvent, ThoughtToken

        match message:
            case Observation():
                self._observation = message
            case Status():
                self._take_status(message)
            case ThoughtToken():
                self.query_one(ThoughtPanel).write(message.request_id, message.index, message.text)
            case ThoughtEvent():
                self.query_one(ThoughtPanel).settle(message.thought, taught=message.cause not in ("", message.task_id))
            case Event():
                self._take_event(message)

    def draw_pictures(self, renderable: Renderable | None) -> None:
        """Draw the newest pictures, if there are newer ones than those shown."""
        observation, self._observation = self._observation, None
        if observation is not None:
            self._last = observation
            thought = self.status.thought if self.status else None
            where = thought.where if thought else None
            self.query_one(Cameras).show(observation, renderable, where, self._shown)

    def point_at(self, where: Where | None) -> None:
        """The person shows a point, or no longer does; the line says so, and the next words are about it."""
        self._shown = where
        self._observation = self._observation or self._last
        line = self.query_one(SayLine)
        camera = where.camera.replace("_", " ") if where else ""
        line.border_title = f"say · you point at the {camera} picture" if camera else "say"
        if where is not None:
            line.focus()

    def check_silence(self) -> None:
        """Say so when the bridge has not been heard for a while. Called every `CHECK_S`."""
        before, self._checked_at = self._checked_at, time.monotonic()
        if self._checked_at - before > 2 * CHECK_S:
            return  # this screen was held up itself: what has come meanwhile is not read yet
        if self._status_at and self._checked_at - self._status_at > SILENT_AFTER_S:
            self._status_at = 0.0
            self.status = None
            self.query_one(StatusLine).waking("the arms' bridge is silent; it is being started again…")
            self.query_one(SubtaskList).waiting = True
            self.notify("The arms' bridge does not answer. The arms hold still by themselves.",
                        title="bridge lost", severity="error", timeout=8)  # fmt: skip

    def _take_status(self, status: Status) -> None:
        now, before = time.monotonic(), self.status
        if self._ever_seen and before is None:
            self.notify("The arms' bridge answers again.", title="bridge back", timeout=5)
        if before is not None and before.policy_ok and not status.policy_ok:
            self.notify("The policy does not answer; the arms hold still until it is back.",
                        title="policy lost", severity="error", timeout=8)  # fmt: skip
        if before is not None and status.policy_ok and not before.policy_ok:
            self.notify("The policy answers.", title="policy ready", timeout=4)
        self.status, self._status_at, self._ever_seen = status, now, True
        self.query_one(StatusLine).show(status)
        self.query_one(TaskLine).show(status.instruction, status.state, status.detail)
        self.query_one(SayLine).suggest(status.state, status.thought.subtask if status.thought else "")
        taken_over = status.state == "takeover"
        self.query_one(KeyHints).show(paused=status.state in ("holding", "stopped"), taken_over=taken_over)
        self._show_subtasks(status)
        self._show_pad(taken_over)
        if status.thought is None and status.state == "idle":
            return
        panel = self.query_one(ThoughtPanel)
        if status.thought is not None and not panel.text:
            panel.settle(status.thought, taught=False)

    def _show_pad(self, taken_over: bool) -> None:
        """The keys go to the pad as soon as the arms are taken over, unless a person is in the middle of a line."""
        pad, line = self.query_one(TakeoverPad), self.query_one(SayLine)
        if pad.display == taken_over:
            return
        pad.display = taken_over
        if taken_over and not line.value:
            pad.focus()
        elif not taken_over and pad.has_focus:
            line.focus()

    def _show_subtasks(self, status: Status) -> None:
        thought = status.thought
        now = thought.subtask if thought and not thought.is_done and status.instruction else ""
        if status.instruction:
            self._done = ()
        done = status.done or self._done
        upcoming = _expected_next(status.instruction, now)
        self.query_one(SubtaskList).show(done, now, (*upcoming, *self.queued), waiting=status.state != "running")

    def _take_event(self, event: Event) -> None:
        if event.code == "reset":
            self._done = ()
            self.query_one(ThoughtPanel).clear()
        if event.level == "fault":
            self.notify(event.text, title="fault", severity="error", timeout=12)
        elif event.code in ("task_done", "done"):
            self._done = tuple(event.data.get("subtasks", ()))
            self._tell(event, "done", "information", 5)
        elif event.level == "warning" and not self._is_waking(event):
            self._tell(event, event.code.replace("_", " "), "warning", 6)

    def _tell(self, event: Event, title: str, severity: SeverityLevel, timeout_s: float) -> None:
        """On this screen the conversation tells it already."""
        if self.app.screen is not self:
            self.notify(event.text, title=title, severity=severity, timeout=timeout_s)

    def _is_waking(self, event: Event) -> bool:
        """A policy that has not been there yet is loading, as the status line says."""
        return event.code == "policy_silent" and not (self.status and self.status.checkpoint)


def _expected_next(instruction: str, now: str) -> tuple[str, ...]:
    """After picking up comes putting, as the task says it; nothing else is known ahead."""
    if now.startswith("pick up") and instruction.startswith("put "):
        return (instruction,)
    return ()
