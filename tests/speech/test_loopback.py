"""The robot's loudspeaker is right beside its microphone: it does not hear itself, and hears a person who cuts in."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from virtual_microphone import VirtualMicrophone, spoken
from waiting import until

from coach.config import Config
from coach.speech.heard import Heard
from coach.speech.messages import BargedIn, Onset
from coach.speech.settings import SpeechSettings
from coach.speech.speech import Person, Speech

pytestmark = [pytest.mark.microphone, pytest.mark.timeout(200)]
ANSWERS = ("All right, I will put the red cup in the sink.", 'I have stopped. Say "resume" when I may go on.')


class Room:
    def __init__(self, home: Path) -> None:
        self.events: list[tuple[float, Any]] = []
        self.heard: list[Heard] = []
        self.stops = 0
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


def test_a_person_who_cuts_in_is_heard_and_the_robot_falls_silent(room: Room, microphone: VirtualMicrophone):
    room.speech.say(" ".join(ANSWERS))
    until(lambda: room.robot_speaks)
    time.sleep(1.5)
    microphone.play(spoken("no, put it in the drying rack", "en-gb"), wait=False)
    until(lambda: BargedIn in room.kinds())
    until(lambda: not room.robot_speaks, 3.0)  # how soon, `test_microphone.py` and `coach bench speech` measure
    until(lambda: Onset in room.kinds())
