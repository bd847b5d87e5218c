"""What the app does about hearing and speaking: its keys, and the way between the speech's threads and the screen."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from textual.message import Message

from coach.app.app_part import AppPart
from coach.app.conversation import Conversation
from coach.app.say_line import SayLine
from coach.app.speech_bar import SpeechBar
from robot_bridge.protocol.errors import CoachError

if TYPE_CHECKING:
    from coach.session.replies import Reply
    from coach.session.system import System
    from coach.speech.heard import Heard
    from coach.speech.settings import Mode
    from coach.speech.speech import Speech
    from robot_bridge.protocol.thought import Where

MICROPHONE_KEY = "microphone"  # the one that was chosen last
MODE_WORDS = {
    "off": "I do not listen any more.", "push_to_talk": "Press the talk key to speak, and again when you are done.",
    "hands_free": "I listen: just speak.", "wake_word": 'I listen for "{word}".',
}  # fmt: skip


class SpokenTo(Message):
    """Somebody said something aloud. Args: where: the point in a picture that went with it."""

    def __init__(self, heard: Heard, where: Where | None = None) -> None:
        super().__init__()
        self.heard, self.where = heard, where


class SpeechTold(Message):
    """One sentence about the speech itself."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class SpeechActions(AppPart):
    """A part of the app, mixed into it; nothing is opened before the first key."""

    speech: Speech | None = None
    _to_mend = False
    _remember: Callable[[str], None] = staticmethod(lambda name: None)

    def begin_speech(self, system: System) -> None:
        """The session is there; a home that listens by itself begins to."""
        from coach.speech.speech import Person, Speech

        app = self._app

        def said(heard: Heard) -> None:
            where = app.point_shown() if heard.text else None
            system.submit_spoken(heard, where)
            app.post_message(SpokenTo(heard, where))

        def told(words: str) -> None:
            app.post_message(SpeechTold(words))

        person = Person(said=said, stop=system.spoken.stop, told=told, prompt=system.spoken.prompt)
        self.speech = Speech(app.config, person)
        self._remember = partial(system.remember, MICROPHONE_KEY)
        chosen = system.recall(MICROPHONE_KEY)
        if isinstance(chosen, str) and not app.config.speech.microphone:
            self.speech.choose(chosen)
        if app.config.speech.mode in ("hands_free", "wake_word"):
            self.listen(app.config.speech.mode)

    def action_talk(self) -> None:
        """The talk key: a toggle, since a terminal does not tell when a key is let go."""
        if self.speech is not None:
            self._in_thread(self.speech.talk)

    def action_listen(self) -> None:
        if self.speech is not None:
            self.listen(self.speech.next_mode())

    def listen(self, mode: Mode) -> None:
        speech, app = self.speech, self._app
        if speech is None:
            self._tell_starting()
            return

        def change() -> None:
            speech.listen(mode)
            words = MODE_WORDS[mode].format(word=app.config.speech.wake_word)
            app.call_from_thread(app.notify, words, title="listening", timeout=4)

        self._in_thread(change)

    def action_microphone(self) -> None:
        from coach.app.microphone_screen import MicrophoneScreen

        if self.speech is None:
            return
        speech, app = self.speech, self._app

        def look() -> None:
            now, devices = speech.glance.microphone, speech.devices()
            app.call_from_thread(app.push_screen, MicrophoneScreen(devices, now), self._chosen)

        self._in_thread(look)

    def _chosen(self, name: str | None) -> None:
        if name is not None and self.speech is not None:
            self.speech.choose(name)
            self._remember(name)

    def action_undo_heard(self) -> None:
        """The robot misheard: what it made of it is taken back."""
        if self._bar.heard:
            self._bar.forget()
            self._app.say("undo")

    def action_edit_heard(self) -> None:
        """The robot misheard: its text goes onto the line, to be put right."""
        text = self._bar.heard
        if not text:
            return
        self._bar.forget()
        self._to_mend = True
        line = self._app.main.query_one(SayLine)
        line.value, line.cursor_position = text, len(text)
        line.focus()

    def mended(self, text: str, system: System | None) -> bool:
        """The line held what was misheard: the text takes its place. False: it is a line like any other."""
        mending, self._to_mend = self._to_mend, False
        if not mending or system is None or not text.strip():
            return False
        app = self._app
        app.main.query_one(Conversation).expect("person", text.strip(), app.config.person, time.time())
        system.submit_instead(text)
        return True

    def on_spoken_to(self, event: SpokenTo) -> None:
        text = event.heard.text
        if text:
            app = self._app
            app.main.query_one(Conversation).expect("person", text, app.config.person, time.time())
            self._bar.show_heard(text)
        self._app.point_used(event.where)

    def on_speech_told(self, event: SpeechTold) -> None:
        self._app.notify(event.text, title="speech", timeout=12)

    def speak(self, reply: Reply) -> None:
        if self.speech is not None and reply.said:
            self.speech.say(reply.said)

    def hush(self) -> None:
        """Somebody acts: the robot falls silent."""
        if self.speech is not None:
            self.speech.hush()

    def end_speech(self) -> None:
        if self.speech is not None:
            self.speech.close()

    @property
    def _bar(self) -> SpeechBar:
        return self._app.main.query_one(SpeechBar)

    def _in_thread(self, act: Callable[[], None]) -> None:
        """Devices and processes may take their time."""
        self._app.run_worker(partial(self._guarded, act), thread=True, group="speech", exit_on_error=False)

    def _guarded(self, act: Callable[[], None]) -> None:
        try:
            act()
        except CoachError as error:
            self._app.post_message(SpeechTold(f"{str(error)[:1].upper()}{str(error)[1:]}"))
