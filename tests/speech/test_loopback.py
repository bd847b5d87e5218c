"""The robot's loudspeaker is right beside its microphone: it does not hear itself, and hears a person who cuts in."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from virtual_microphone import VirtualMicrophone, spoken
from waiting import until

from coach.config import Config
from coach.speech.audio import RATE
from coach.speech.heard import Heard
from coach.speech.messages import BargedIn, Onset
from coach.speech.settings import SpeechSettings
from coach.speech.speech import Person, Speech

pytestmark = [pytest.mark.microphone, pytest.mark.timeout(200)]
CUTS_IN = (("wait a moment", "en-us"), ("no, the other one", "en-us+f3"), ("put the cup in the bin", "en-gb+f2"))
ANSWERS = ("All right, I will put the red cup in the sink.", 'I have stopped. Say "resume" when I may go on.')


class Room:
    def __init__(self, home: Path) -> None:
        self.events: list[tuple[float, Any]] = []
        self.heard: list[Heard] = []
        self.stops = 0
        self._sound: list[np.ndarray] = []
        settings = SpeechSettings(model="embedded", voice="espeak-ng", ask_below=0.0)
        self.speech = Speech(Config(home=home, speech=settings), Person(self.heard.append, self._stop, print, str))
        self.speech.listen("hands_free")
        hearing = self.speech._hearing
        assert hearing is not None
        listen = hearing._from_listener

        def spy(message: Any) -> None:
            self.events.append((time.monotonic(), message))
            listen(message)

        hearing.listener._told = spy
        until(lambda: hearing.listening and bool(self.speech.glance.microphone), 60.0)

    def _stop(self) -> None:
        self.stops += 1

    def speak_softly(self) -> None:
        """As a loudspeaker does at arm's length, beside a person who speaks into the microphone."""
        assert self.speech._speaker is not None
        voice = self.speech._speaker.voice
        speak = voice.speak
        voice.speak = lambda text: 0.3 * speak(text)  # type: ignore[method-assign]

    def begin(self) -> None:
        """Remember what the microphone hears from now on."""
        self.events, self._sound = [], []
        microphone, hearing = self.speech._microphone, self.speech._hearing
        assert microphone is not None and hearing is not None

        def take(first: int, samples: np.ndarray) -> None:
            self._sound.append(samples)
            hearing.take(first, samples)

        microphone._heard = take

    def sound(self) -> np.ndarray:
        return np.concatenate(self._sound)

    def kinds(self) -> list[type]:
        return [type(message) for _, message in self.events]

    @property
    def robot_speaks(self) -> bool:
        assert self.speech._speaker is not None
        return self.speech._speaker.player.audible


@pytest.fixture
def room(tmp_path: Path, microphone: VirtualMicrophone) -> Iterator[Room]:
    room = Room(tmp_path)
    yield room
    room.speech.close()


def test_the_robot_does_not_hear_itself(room: Room):
    for text in ANSWERS * 2:
        room.speech.say(text)
        until(lambda: room.robot_speaks)
        until(lambda: not room.robot_speaks)
        time.sleep(0.5)
    assert Onset not in room.kinds() and room.stops == 0 and not room.heard


def test_a_person_who_cuts_in_is_heard_and_the_robot_is_silent_within_200_ms(room: Room, microphone: VirtualMicrophone):
    room.speak_softly()
    room.speech.say(ANSWERS[0])  # how the loudspeaker sounds here
    until(lambda: room.robot_speaks)
    until(lambda: not room.robot_speaks)
    delays = []
    for text, voice in CUTS_IN:
        time.sleep(1.5)
        room.begin()
        room.speech.say(" ".join(ANSWERS))
        until(lambda: room.robot_speaks)
        time.sleep(1.5)
        person = spoken(text, voice)
        microphone.play(person, wait=False)
        until(lambda: BargedIn in room.kinds())
        until(lambda: not room.robot_speaks, 3.0)
        until(lambda: Onset in room.kinds())
        time.sleep(len(person) / RATE)
        delays.append(silent_after_s(room.sound(), person))
    assert sorted(delays)[1] < 0.2 and max(delays) < 0.5, delays


def silent_after_s(heard: np.ndarray, person: np.ndarray) -> float:
    """From the person's first sound to the robot's last, the person taken out of what the microphone heard."""
    size = 1 << 19
    alike = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(person, size))
    at = int(np.argmax(np.fft.irfft(alike / (np.abs(alike) + 1e-3))[: len(heard)]))  # sharper than a correlation
    robot = heard[at : at + len(person)] - person[: len(heard) - at]
    loud = np.flatnonzero(np.abs(robot) > 0.005)
    assert len(robot) - len(loud) > len(robot) / 4, "the two voices cannot be told apart"
    return float((loud[-1] if len(loud) else 0) - np.flatnonzero(np.abs(person) > 0.01)[0]) / RATE
