"""The app: the way between the session and the screen. What its keys do stands in the parts mixed into it.

First paint comes first: memory, sockets and the picture library are loaded in threads after it, and the UI is
alive while the bridge and the policy are not there yet. The protocol's messages bring numpy with them, so they too
are imported where they are first needed.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from textual.app import App
from textual.binding import Binding

from coach.app.arm_actions import ArmActions
from coach.app.commands import CoachCommands
from coach.app.conversation import Conversation
from coach.app.keymap import make_bindings, resolve_keys
from coach.app.main_screen import CHECK_S, MainScreen
from coach.app.messages import Answered, Connected, ConnectFailed, Pointed, Said
from coach.app.page_actions import PageActions
from coach.app.say_line import SayLine
from coach.app.speech_actions import SpeechActions
from coach.app.status_line import StatusLine
from coach.app.themes import DARK, LIGHT, THEMES
from coach.app.thought_panel import ThoughtPanel
from robot_bridge.protocol.errors import CoachError

if TYPE_CHECKING:
    from textual.notifications import SeverityLevel

    from coach.app.pictures import Renderable
    from coach.config import Config
    from coach.processes.notices import Restart
    from coach.session.replies import Reply
    from coach.session.system import System
    from robot_bridge.protocol.messages import Message as WireMessage
    from robot_bridge.protocol.messages import Observation
    from robot_bridge.protocol.thought import Where

log = logging.getLogger(__name__)

PICTURES_HZ = 5.0
INBOX_HZ = 20.0
MEMORY_HZ = 2.0
MAX_INBOX = 4000
RESTORED_LINES = 200
NEW_LINES = 20
POINT_S = 60.0  # how long a click waits for its words

Connect = Callable[["Config", Callable[["WireMessage"], None], Callable[["Reply"], None]], "System"]


class CoachApp(ArmActions, PageActions, SpeechActions, App[None]):
    """Args: connect: opens the running system; left out, the real one of `coach.session`."""

    CSS_PATH = "coach.tcss"
    TITLE = "robot-coach"
    COMMANDS = {CoachCommands}  # noqa: RUF012 - Textual's own declaration
    ENABLE_COMMAND_PALETTE = True
    BINDINGS = [Binding("ctrl+q", "noop", show=False)]  # noqa: RUF012 - the real one comes from the keymap

    def __init__(self, config: Config, connect: Connect | None = None) -> None:
        """Raises: ConfigError: the configured keys contradict each other."""
        self.keys = resolve_keys(config.keys)
        super().__init__()
        self.config = config
        self._connect_system = connect
        self.system: System | None = None
        self._inbox: deque[WireMessage] = deque(maxlen=MAX_INBOX)
        self._picture: Observation | None = None
        self._renderable: Renderable | None = None
        self._can_draw = False
        self._early: list[str] = []
        self._failure, self._left = "", False
        self._point: Where | None = None
        self.main = MainScreen(self.keys)
        for binding in make_bindings(self.keys):
            self._bindings.key_to_bindings.pop(binding.key, None)
        for binding in make_bindings(self.keys):
            self._bindings.key_to_bindings.setdefault(binding.key, []).append(binding)

    def get_default_screen(self) -> MainScreen:
        return self.main

    def on_mount(self) -> None:
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = THEMES[self.config.theme].name
        self.set_interval(1 / INBOX_HZ, self._drain_inbox)
        self.set_interval(1 / PICTURES_HZ, self._draw_pictures)
        self.call_after_refresh(self._begin_loading)
        with suppress(NotImplementedError, RuntimeError, ValueError):  # no such signals here, or not the main thread
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.exit)

    def _begin_loading(self) -> None:
        self.run_worker(self._connect, thread=True, group="connect", exit_on_error=False)
        self.run_worker(self._load_pictures, thread=True, group="pictures", exit_on_error=False)

    def _connect(self) -> None:
        try:
            connect = self._connect_system
            if connect is None:
                from coach.session.system import System

                connect = System.open
            system = connect(self.config, self._deliver, self._answer)
        except CoachError as error:
            self.post_message(ConnectFailed(str(error)))
        except Exception as error:  # the screen stays, and says so
            log.exception("the session cannot be opened")
            self.post_message(ConnectFailed(f"the session cannot be opened: {type(error).__name__}: {error}"))
        else:
            if not self.post_message(Connected(system)):
                system.close()

    def _load_pictures(self) -> None:
        from coach.app.pictures import load_renderable

        self._renderable = load_renderable()
        self._can_draw = True

    def _deliver(self, message: WireMessage) -> None:
        """Called by the thread that listens to the bridge."""
        from robot_bridge.protocol.messages import Observation

        if isinstance(message, Observation):
            self._picture = message
        else:
            self._inbox.append(message)

    def _answer(self, reply: Reply) -> None:
        """Called by the session's threads."""
        self.post_message(Answered(reply))

    def on_connected(self, event: Connected) -> None:
        from coach.lines import own_name

        self.system = event.system
        self.main.query_one(StatusLine).coach = own_name(self.config)
        conversation = self.main.query_one(Conversation)
        remembered = self.system.conversation(RESTORED_LINES)
        conversation.show(remembered, earlier=True)
        if not conversation.lines:
            conversation.welcome()
        self.main.query_one(SayLine).remember([u.text for u in remembered if u.role == "person"])
        theme = self.system.recall("theme")
        if theme in THEMES:
            self.theme = THEMES[theme].name
        self._show_new_lines()
        self.show_pad()
        self.set_interval(1 / MEMORY_HZ, self._show_new_lines)
        self.set_interval(1 / MEMORY_HZ, self.show_pad)
        self.set_interval(CHECK_S, self.main.check_silence)
        self.begin_speech(event.system)
        for text in self._early:
            self.system.submit(text)
        self._early.clear()

    def on_connect_failed(self, event: ConnectFailed) -> None:
        self._failure = event.reason
        self.main.query_one(StatusLine).waking(event.reason)
        self.main.query_one(Conversation).expect("robot", event.reason)
        self.notify(event.reason, title="cannot start", severity="error", timeout=30)

    def on_said(self, event: Said) -> None:
        if not self.mended(event.text, self.system):
            self.say(event.text, event.began_s)

    def say(self, text: str, began_s: float = 0.0) -> None:
        """An utterance from the line or from a command; shown at once, answered when the session has dealt with it."""
        if text.strip():
            self.main.query_one(Conversation).expect("person", text.strip(), self.config.person, time.time())
        if self._failure:
            self.main.query_one(Conversation).expect("robot", self._failure)
        elif self.system is None:
            self._early.append(text)
        else:
            self.hush()
            where = self.point_shown()
            self.system.submit(text, where=where, began_s=began_s)
            self.point_used(where)

    def on_pointed(self, event: Pointed) -> None:
        """A click on a picture shows what the next words are about; a second one there takes it back."""
        from robot_bridge.protocol.thought import Where

        where, before = Where(event.camera, event.x, event.y), self._point
        again = before is not None and (before.camera, before.x, before.y) == (event.camera, event.x, event.y)
        self._point = None if again else where
        self.main.point_at(self._point)
        self.set_timer(POINT_S, partial(self.point_used, where))

    def point_shown(self) -> Where | None:
        """The point that goes with what is said now; from any thread. It counts once, and not for long."""
        return self._point

    def point_used(self, where: Where | None) -> None:
        """Some words had the point, or it is old; one that was clicked on since stays."""
        if where is not None and where is self._point:
            self._point = None
            self.main.point_at(None)

    def on_answered(self, event: Answered) -> None:
        reply = event.reply
        self._show_new_lines()
        if reply.said:
            self.main.query_one(Conversation).answered(reply.said, time.time(), reply.announced)
        if reply.due:
            self.notify(reply.said, title="due", timeout=20)
        self.speak(reply)
        if reply.forced:
            self.main.query_one(ThoughtPanel).begin(reply.forced)

    def action_switch_theme(self) -> None:
        name = "light" if self.current_theme.dark else "dark"
        self.theme = THEMES[name].name
        if self.system is not None:
            self.system.remember("theme", name)

    async def action_quit(self) -> None:
        self._left = True
        self.exit()

    def on_unmount(self) -> None:
        self.end_speech()
        if self.system is not None:
            self.system.close(self._left)

    def _drain_inbox(self) -> None:
        if not self.main.query(StatusLine):
            return  # the screen is being taken down
        for _ in range(len(self._inbox)):
            self.main.take(self._inbox.popleft())

    def _draw_pictures(self) -> None:
        picture, self._picture = self._picture, None
        if picture is not None and self._can_draw and self.screen is self.main:
            self.main.take(picture)
            self.main.draw_pictures(self._renderable)

    def _show_new_lines(self) -> None:
        if self.system is None or not self.main.query(Conversation):  # none while the screen closes
            return
        try:
            self.main.query_one(Conversation).show(self.system.conversation(NEW_LINES))
            self.main.queued = self.system.queued
            for restart in self.system.restarts():
                self._tell_restart(restart)
        except CoachError as error:  # a failing disk must not take the stop key away
            log.warning("the memory cannot be read: %s", error)

    def _tell_restart(self, restart: Restart) -> None:
        from prompts import say

        if restart.process == "ui":
            self.notify(say("ui_restarted"), title="started again", timeout=8)
        else:
            severity: SeverityLevel = "error" if restart.gave_up else "warning"
            title = f"{restart.process} {'does not run' if restart.gave_up else 'started again'}"
            words = restart.text or restart.reason
            self.notify(words, title=title, severity=severity, timeout=60 if restart.gave_up else 10)
