"""Hearing and speaking of one terminal, opened when a person first asks for it: microphone, processes, voice."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from coach.speech.audio import RATE, SILENT_DB
from coach.speech.heard import Ears, Heard, View
from coach.speech.hearing import Hearing
from coach.speech.messages import Listen
from coach.speech.microphone import Microphone
from coach.speech.player import Player
from coach.speech.settings import Mode
from coach.speech.sound import Device, SoundSystem
from coach.speech.speaker import Speaker
from coach.speech.voices import make_voice
from coach.speech.wake_word import WakeWord
from prompts import say
from robot_bridge.protocol.errors import CoachError

if TYPE_CHECKING:
    from coach.config import Config


@dataclass(frozen=True)
class Person:
    """Who is told what a person says. All are called in threads of the speech and must return at once.

    Args:
        said: words, or only a stop that was spotted.
        stop: at once, before there are words.
        told: one sentence about the speech itself.
        prompt: names of this home.
    """

    said: Callable[[Heard], None]
    stop: Callable[[], None]
    told: Callable[[str], None]
    prompt: Callable[[], str]


@dataclass(frozen=True)
class Glance:
    """What a screen shows. Args: microphone: the device that is open; level_db: of what it hears."""

    mode: Mode
    on: bool
    microphone: str
    level_db: float
    speaking: bool
    talking: bool
    partial: str
    model: str
    fetching: float | None


class Speech:
    """Off until `listen` or `talk`; nothing is opened before."""

    def __init__(self, config: Config, person: Person) -> None:
        self._config, self._settings, self._person = config, config.speech, person
        self.mode: Mode = "off"
        self._sound = SoundSystem()
        self._lock = threading.RLock()
        self._hearing: Hearing | None = None
        self._microphone: Microphone | None = None
        self._speaker: Speaker | None = None
        self._device = config.speech.microphone
        self._wake = WakeWord(config.speech.wake_word)

    def listen(self, mode: Mode) -> None:
        """Change the mode. Raises: CoachError: nothing can be heard here."""
        with self._lock:
            if mode == "off":
                self.close()
                return
            self._open()
            self.mode = mode
            self._settle()

    def next_mode(self) -> Mode:
        """The mode after this one, in a circle; the talk key alone stays out of it."""
        circle: tuple[Mode, ...] = ("off", "hands_free", "wake_word")
        at = circle.index(self.mode) if self.mode in circle else 0
        return circle[(at + 1) % len(circle)]

    def talk(self) -> None:
        """The talk key: from now on, or no longer. Raises: CoachError: nothing can be heard here."""
        with self._lock:
            if self.mode == "off":
                self.listen("push_to_talk")
            hearing = self._hearing
            assert hearing is not None
            if hearing.view.talking:
                hearing.release()
                return
            self.hush()
            hearing.hold()
            self._open_microphone()

    def devices(self) -> list[Device]:
        """Microphones. Raises: CoachError: there is no PortAudio."""
        microphone = self._microphone
        if microphone is not None:
            microphone.look_again()
        else:
            self._sound.refresh()
        return self._sound.devices("input")

    def choose(self, name: str) -> None:
        """Hear through another microphone from now on."""
        self._device = name
        if self._microphone is not None:
            self._microphone.choose(name)

    def say(self, text: str) -> None:
        """The robot speaks, if it has a voice and somebody listens to it."""
        if self._speaker is not None:
            self._speaker.say(text)
        if self.mode == "wake_word":
            self._wake.stay_awake()

    def hush(self) -> None:
        if self._speaker is not None:
            self._speaker.hush()

    @property
    def glance(self) -> Glance:
        view = self._hearing.view if self._hearing is not None else View()
        microphone = self._microphone
        return Glance(
            self.mode, self.mode != "off", microphone.device if microphone else "",
            microphone.level_db if microphone else SILENT_DB, view.speaking, view.talking, view.partial, view.model,
            view.fetching,
        )  # fmt: skip

    def close(self) -> None:
        """End it all; it can be opened again."""
        with self._lock:
            self.mode = "off"
            microphone, hearing, speaker = self._microphone, self._hearing, self._speaker
            self._microphone = self._hearing = self._speaker = None
        for part in (microphone, speaker, hearing):
            if part is not None:
                part.close()

    def _open(self) -> None:
        if self._hearing is not None:
            return
        self._sound.library  # noqa: B018 - raises where there is no PortAudio
        folder = self._config.home / "models"
        ears = Ears(self._heard, self._stop, self.hush, self._person.told, self._person.prompt, self._played,
                    self._settled)  # fmt: skip
        self._hearing = Hearing(self._settings, folder, self._config.logs, ears)
        self._open_speaker()

    def _open_speaker(self) -> None:
        try:
            voice = make_voice(self._settings.voice, self._settings.language)
        except CoachError as error:
            self._person.told(f"I answer on the screen alone: {error}")
            return
        if voice is not None:
            player = Player(self._sound, self._settings.speaker, self._position)
            self._speaker = Speaker(voice, player, self._person.told)

    def _open_microphone(self) -> None:
        if self._microphone is None and self._hearing is not None:
            self._microphone = Microphone(self._sound, self._device, self._hearing.take, self._microphone_told,
                                          self._hearing.end)  # fmt: skip

    def _settle(self) -> None:
        """Open what the mode needs, and no more: a microphone that nobody wants stays shut."""
        hearing = self._hearing
        assert hearing is not None
        if self.mode == "push_to_talk":
            hearing.listen_to(Listen(to="stop" if self._settings.stop_always else "nothing"))
            if self._settings.stop_always:
                self._open_microphone()
        else:
            hearing.listen_to(Listen(to="all"))
            self._open_microphone()

    def _microphone_told(self, words: str) -> None:
        if words:
            self._person.told(words)

    def _heard(self, heard: Heard) -> None:
        if self.mode == "wake_word" and not heard.stopped:
            meant = self._wake.meant_for_me(heard.text)
            if not meant:
                if meant is not None:
                    self.say(say("called"))
                return
            heard = replace(heard, text=meant)
        self._person.said(heard)

    def _settled(self) -> None:
        """Between two talks the microphone is shut, unless it waits for the stop word."""
        if self.mode != "push_to_talk" or self._settings.stop_always or not self._lock.acquire(blocking=False):
            return  # the key is being pressed again
        try:
            if self._hearing is None or self._hearing.view.talking:
                return
            microphone, self._microphone = self._microphone, None
        finally:
            self._lock.release()
        if microphone is not None:
            threading.Thread(target=microphone.close, daemon=True).start()

    def _stop(self) -> None:
        self._person.stop()
        self.hush()

    def _played(self, first: int, count: int) -> tuple[np.ndarray, bool]:
        speaker = self._speaker
        if speaker is None:
            return np.zeros(0, np.float32), False
        return speaker.player.played_at(first, count), speaker.player.audible

    def _position(self) -> float:
        return self._microphone.position if self._microphone is not None else time.monotonic() * RATE
