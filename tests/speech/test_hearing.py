"""From what the two processes tell to what a person said: the rules between, with scripted processes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from waiting import until

from coach.speech import hearing as hearing_module
from coach.speech.audio import CHUNK, RATE
from coach.speech.heard import Ears, Heard
from coach.speech.hearing import Hearing
from coach.speech.messages import (
    BargedIn,
    Block,
    Ended,
    Finish,
    Hold,
    Listen,
    Onset,
    Paused,
    Ready,
    Resumed,
    SpeechMessage,
    StopHeard,
    Trouble,
    Wait,
    Write,
    Written,
)
from coach.speech.settings import SpeechSettings


class ScriptedWorker:
    """The interface of `Worker`: what it is sent is kept, what it tells is scripted."""

    def __init__(self, name: str, module: str, arguments: Any, log: Any, told: Callable[[Any], None],
                 greeting: Any = tuple) -> None:  # fmt: skip
        self.tell, self.greeting = told, greeting
        self.sent: list[SpeechMessage] = []

    def send(self, message: SpeechMessage) -> bool:
        self.sent.append(message)
        return True

    def close(self) -> None:
        return


class Room:
    def __init__(self, home: Path, **settings: Any) -> None:
        self.heard: list[Heard] = []
        self.told: list[str] = []
        self.stops = self.barged = 0
        ears = Ears(self.heard.append, self._stop, self._barge, self.told.append, lambda: "drying rack")
        self.hearing = Hearing(SpeechSettings(**settings), home, home, ears, ScriptedWorker)  # type: ignore[arg-type]
        self.listener: Any = self.hearing.listener
        self.writer: Any = self.hearing.writer

    def _stop(self) -> None:
        self.stops += 1

    def _barge(self) -> None:
        self.barged += 1

    def asked(self, number: int) -> Write:
        until(lambda: len(self.writes) >= number)
        return self.writes[number - 1]

    @property
    def writes(self) -> list[Write]:
        return [message for message in self.writer.sent if isinstance(message, Write)]

    def answer(self, number: int, text: str, **values: Any) -> None:
        self.writer.tell(Written(request=self.asked(number).request, text=text, **values))


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    room = Room(tmp_path)
    for first in range(0, 4 * RATE, CHUNK):
        room.hearing.take(first, np.full(CHUNK, first / (8 * RATE), np.float32))
    yield room
    room.hearing.close()


def test_a_whole_sentence_is_delivered_at_its_pause(room: Room):
    room.listener.tell(Onset(segment=1, start=1600))
    room.listener.tell(Paused(segment=1, start=1600, end=20_000))
    room.answer(1, "put the red cup in the sink", confidence=0.9)
    until(lambda: Finish(segment=1) in room.listener.sent)
    room.listener.tell(Ended(segment=1, start=1600, end=20_000, why="complete"))
    until(lambda: len(room.heard) == 1)
    assert room.heard[0].text == "put the red cup in the sink"
    assert len(room.heard[0].pcm) == 2 * (20_000 - 1600)
    assert len(room.writes) == 1  # the same sound is not written down twice
    assert room.writes[0].prompt == "drying rack"


def test_half_a_sentence_waits_for_its_end(room: Room):
    room.listener.tell(Onset(segment=1, start=0))
    room.listener.tell(Paused(segment=1, start=0, end=16_000))
    room.answer(1, "put the red cup in the")
    until(lambda: room.hearing.view.partial == "put the red cup in the")
    assert not any(isinstance(message, Finish) for message in room.listener.sent)
    until(lambda: Wait(segment=1) in room.listener.sent)
    room.listener.tell(Resumed(segment=1))
    room.listener.tell(Paused(segment=1, start=0, end=30_000))
    room.answer(2, "put the red cup in the sink")
    room.listener.tell(Ended(segment=1, start=0, end=30_000, why="silence"))
    until(lambda: [heard.text for heard in room.heard] == ["put the red cup in the sink"])


def test_an_end_before_the_answer_waits_for_that_answer(room: Room):
    room.listener.tell(Onset(segment=1, start=0))
    room.listener.tell(Paused(segment=1, start=0, end=16_000))
    room.asked(1)
    room.listener.tell(Ended(segment=1, start=0, end=16_000, why="silence"))
    time.sleep(0.05)
    assert not room.heard
    room.answer(1, "hello")
    until(lambda: len(room.heard) == 1)
    assert len(room.writes) == 1


def test_doubtful_words_are_read_again_for_what_else_they_could_be(room: Room):
    room.listener.tell(Onset(segment=1, start=0))
    room.listener.tell(Ended(segment=1, start=0, end=16_000, why="silence"))
    room.answer(1, "put it in the pin", confidence=0.3)
    assert room.asked(2).alternatives > 0
    room.answer(2, "put it in the pin", confidence=0.3, alternatives=("put it in the bin",))
    until(lambda: len(room.heard) == 1)
    assert room.heard[0].alternatives == ("put it in the bin",)


@pytest.mark.parametrize("word", ["Stop!", "no"])
def test_a_short_word_is_never_asked_about(room: Room, word: str):
    room.listener.tell(Onset(segment=1, start=0))
    room.listener.tell(Ended(segment=1, start=0, end=8000, why="silence"))
    room.answer(1, word, confidence=0.2)
    until(lambda: [heard.text for heard in room.heard] == [word])


def test_a_spotted_stop_acts_at_once_and_belongs_to_its_words(room: Room):
    room.listener.tell(Onset(segment=1, start=0))
    room.listener.tell(StopHeard(at=12_000, score=0.9))
    assert room.stops == 1
    room.listener.tell(Ended(segment=1, start=0, end=16_000, why="silence"))
    room.answer(1, "the shop is closed")
    until(lambda: len(room.heard) == 1)
    assert room.heard[0].stopped and room.heard[0].text == "the shop is closed"


def test_a_spotted_stop_without_words_is_told_after_a_while(room: Room, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(hearing_module, "STOP_WORDS_S", 0.05)
    room.listener.tell(StopHeard(at=12_000, score=0.9))
    until(lambda: room.heard == [Heard("", stopped=True)])


def test_a_stop_that_whisper_takes_for_noise_is_still_told(room: Room):
    room.listener.tell(Onset(segment=1, start=0))
    room.listener.tell(StopHeard(at=12_000, score=0.9))
    room.listener.tell(Ended(segment=1, start=0, end=16_000, why="silence"))
    room.answer(1, "", dropped="no speech")
    until(lambda: len(room.heard) == 1)
    assert room.heard[0].stopped and not room.heard[0].text


def test_noise_is_nothing_that_somebody_said(room: Room):
    room.listener.tell(Onset(segment=1, start=0))
    room.listener.tell(Ended(segment=1, start=0, end=16_000, why="silence"))
    room.answer(1, "", dropped="no speech")
    time.sleep(0.1)
    assert not room.heard


def test_what_the_writer_was_at_is_asked_again_when_it_was_started_again(room: Room):
    room.writer.tell(Ready(model="base.en"))
    room.listener.tell(Onset(segment=1, start=0))
    room.listener.tell(Ended(segment=1, start=0, end=16_000, why="silence"))
    first = room.asked(1)
    room.writer.tell(Ready(model="base.en"))
    assert room.asked(2).request == first.request
    room.answer(2, "hello")
    until(lambda: len(room.heard) == 1)


def test_trouble_with_one_sentence_is_told_and_the_next_is_heard(room: Room):
    room.listener.tell(Onset(segment=1, start=0))
    room.listener.tell(Ended(segment=1, start=0, end=16_000, why="silence"))
    room.writer.tell(Trouble(request=room.asked(1).request, text="there is no speech model"))
    until(lambda: room.told == ["There is no speech model"])
    room.listener.tell(Onset(segment=2, start=20_000))
    room.listener.tell(Ended(segment=2, start=20_000, end=40_000, why="silence"))
    room.answer(2, "hello")
    until(lambda: [heard.text for heard in room.heard] == ["hello"])


def test_the_words_so_far_are_read_while_somebody_speaks(room: Room):
    room.listener.tell(Onset(segment=1, start=RATE))
    until(lambda: room.hearing.view.speaking)
    for first in range(4 * RATE, 6 * RATE, CHUNK):
        room.hearing.take(first, np.zeros(CHUNK, np.float32))
    room.answer(1, "put the")
    until(lambda: room.hearing.view.partial == "put the")
    assert not room.heard


def test_the_robot_falls_silent_when_somebody_cuts_in(room: Room):
    room.listener.tell(BargedIn(at=1))
    assert room.barged == 1


def test_a_listener_that_starts_is_told_all_that_is_wanted(room: Room):
    room.hearing.listen_to(Listen(to="stop"))
    assert list(room.listener.greeting()) == [Listen(to="stop")]
    room.hearing.hold()
    assert list(room.listener.greeting()) == [Listen(to="stop"), Hold()]
    room.hearing.release()
    assert list(room.listener.greeting()) == [Listen(to="stop")]


def test_the_talk_key_stays_pressed_when_an_earlier_sentence_ends(room: Room):
    room.listener.tell(Onset(segment=1, start=0))
    room.hearing.hold()
    room.listener.tell(Ended(segment=1, start=0, end=16_000, why="released", held=True))
    room.asked(1)
    assert room.hearing.view.talking and room.listener.sent[-1] == Hold()
    room.listener.tell(Onset(segment=2, start=16_000))
    room.listener.tell(Ended(segment=2, start=16_000, end=32_000, why="interrupted", held=True))
    until(lambda: not room.hearing.view.talking)


def test_what_the_robot_says_goes_to_the_listener_with_the_sound(tmp_path: Path):
    room = Room(tmp_path)
    room.hearing.take(0, np.zeros(CHUNK, np.float32))
    assert isinstance(room.listener.sent[-1], Block) and room.listener.sent[-1].played == b""
    room.hearing.close()
