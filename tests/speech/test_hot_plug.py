"""Devices that are pulled out and plugged in again, with a PortAudio made of threads: it knows of them as PortAudio
does, that is, as they were when it was initialised last."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from waiting import until

from coach.config import Config
from coach.speech import microphone as microphone_module
from coach.speech import player as player_module
from coach.speech import speech as speech_module
from coach.speech.audio import CHUNK, RATE
from coach.speech.microphone import Microphone
from coach.speech.player import Player
from coach.speech.settings import SpeechSettings
from coach.speech.sound import SoundSystem
from coach.speech.speech import Person, Speech

MICROPHONE, LOUDSPEAKER, HEADSET = "Desk Mic", "Speaker", "USB Headset"


class PortAudio:
    """The part of sounddevice that is used."""

    class PortAudioError(Exception):
        pass

    def __init__(self) -> None:
        self.plugged = [MICROPHONE, LOUDSPEAKER]
        self.open: set[Stream] = set()
        self._initialize()

    def _initialize(self) -> None:
        self.known = list(self.plugged)

    def _terminate(self) -> None:
        assert not self.open, "a stream that is open would be ended"

    def query_devices(self, device: Any = None, kind: str | None = None) -> Any:
        rows = [{"index": number, "name": name, "default_samplerate": float(RATE),
                 "max_input_channels": int(name != LOUDSPEAKER), "max_output_channels": int(name == LOUDSPEAKER)}
                for number, name in enumerate(self.known)]  # fmt: skip
        if kind is None:
            return rows
        found = [row for row in rows if row[f"max_{kind}_channels"]]
        if not found:
            raise self.PortAudioError("Error querying device -1")
        return found[0]

    def check_input_settings(self, device: int, **form: Any) -> None:
        if self.known[device] not in self.plugged:
            raise self.PortAudioError("Device unavailable")

    check_output_settings = check_input_settings

    def InputStream(self, device: int, callback: Callable[..., None], **form: Any) -> Stream:
        return Stream(self, self.known[device], callback)

    OutputStream = InputStream


class Stream:
    """Silence in, or anything out, in real time, for as long as the device is plugged in."""

    def __init__(self, library: PortAudio, name: str, callback: Callable[..., None]) -> None:
        self._library, self._name, self._callback, self.active = library, name, callback, False

    def start(self) -> None:
        self.active = True
        self._library.open.add(self)
        threading.Thread(target=self._run, daemon=True).start()

    def abort(self, ignore_errors: bool) -> None:
        self.active = False
        self._library.open.discard(self)

    close = abort

    def _run(self) -> None:
        while self.active:
            time.sleep(CHUNK / RATE)
            if self._name in self._library.plugged:  # else it hangs, and says nothing
                self._callback(np.zeros((CHUNK, 1), np.float32), CHUNK, None, None)


class Desk:
    def __init__(self) -> None:
        self.library, self.told = PortAudio(), list[str]()
        self.sound = SoundSystem()
        self.sound._library = self.library
        self.blocks = 0
        self.microphone = Microphone(self.sound, "", self._heard, self.told.append)
        self.player = Player(self.sound, "", lambda: self.microphone.position)

    def _heard(self, first: int, samples: np.ndarray) -> None:
        self.blocks += 1

    def hears(self) -> None:
        before = self.blocks
        until(lambda: self.blocks > before + 3)

    @property
    def sentences(self) -> list[str]:
        return [words for words in self.told if words]


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr(microphone_module, "SILENT_S", 0.2)
    monkeypatch.setattr(microphone_module, "RETRY_S", 0.1)
    monkeypatch.setattr(microphone_module, "WATCH_S", 0.02)
    desk = Desk()
    desk.hears()
    yield desk
    desk.microphone.close()
    desk.player.close()


def test_every_unplugging_is_told_once(desk: Desk):
    for time_out in (1, 2, 3):
        desk.library.plugged.remove(MICROPHONE)
        until(lambda: desk.microphone.device == "")
        until(lambda count=time_out: len(desk.sentences) == count)
        time.sleep(0.3)  # it is looked for a few times, and not told again
        desk.library.plugged.append(MICROPHONE)
        desk.hears()
        assert len(desk.sentences) == time_out and "has gone" in desk.sentences[-1]


def test_the_microphone_is_taken_up_again_when_the_robot_has_spoken(desk: Desk):
    desk.player.play(np.full(RATE // 4, 0.1, np.float32))
    until(lambda: desk.player.audible)
    until(lambda: not desk.player.audible)
    desk.library.plugged.remove(MICROPHONE)
    until(lambda: len(desk.sentences) == 1)
    desk.library.plugged.append(MICROPHONE)
    desk.library.known = []  # it comes back under another number
    desk.hears()
    desk.player.play(np.full(RATE // 4, 0.1, np.float32))  # and so does the voice
    until(lambda: desk.player.audible)
    until(lambda: not desk.player.audible)


def test_the_robot_finishes_its_sentence_before_devices_are_looked_for(desk: Desk):
    desk.microphone.close()
    desk.player.play(np.full(RATE, 0.1, np.float32))
    until(lambda: desk.player.audible)
    assert not desk.sound.refresh() and desk.player.audible
    until(lambda: not desk.player.audible)
    assert desk.sound.refresh()


def test_a_loudspeaker_that_is_pulled_out_does_not_leave_the_robot_speaking_for_ever(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(player_module, "OPENS_S", 0.0)
    monkeypatch.setattr(player_module, "STALLED_S", 0.2)
    desk.player.play(np.full(10 * RATE, 0.1, np.float32))
    until(lambda: desk.player.audible)
    desk.library.plugged.remove(LOUDSPEAKER)
    until(lambda: not desk.player.audible, 5.0)  # else nobody would be heard any more: it might be the echo


def test_the_picker_shows_what_was_plugged_in_while_the_robot_listened(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(speech_module, "SoundSystem", lambda: desk.sound)
    speech = Speech(Config(home=tmp_path, speech=SpeechSettings()), Person(print, print, print, str))
    speech._microphone = desk.microphone
    desk.library.plugged.append(HEADSET)
    assert HEADSET in [device.name for device in speech.devices()]
    speech.choose(HEADSET)
    until(lambda: desk.microphone.device == HEADSET)
    desk.hears()
    assert not desk.sentences
