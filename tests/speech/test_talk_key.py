"""The talk key with the real listening and writing processes; the microphone alone is a stub."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from waiting import until

from coach.config import Config
from coach.speech import speech as speech_module
from coach.speech.audio import CHUNK, RATE
from coach.speech.heard import Heard
from coach.speech.microphone import GAP
from coach.speech.settings import SpeechSettings
from coach.speech.speech import Person, Speech

pytestmark = pytest.mark.timeout(120)


class StubMicrophone:
    """The interface of `Microphone`: a soft hiss in real time, from a moment after it was opened."""

    opened = 0
    device, level_db = "stub", -60.0

    def __init__(self, sound: object, name: str, heard: Callable[[int, np.ndarray], None],
                 told: Callable[[str], None], first: int = 0) -> None:  # fmt: skip
        StubMicrophone.opened += 1
        self.position, self._heard, self._closed = first + GAP, heard, threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def close(self) -> None:
        self._closed.set()

    def _run(self) -> None:
        hiss = np.random.default_rng(0).normal(0, 0.001, CHUNK).astype(np.float32)
        time.sleep(0.2)
        while not self._closed.wait(CHUNK / RATE):
            self._heard(self.position, hiss)
            self.position += CHUNK


@pytest.fixture(params=[True, False], ids=["stop always", "talk key alone"])
def speech(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Speech]:
    monkeypatch.setattr(speech_module, "Microphone", StubMicrophone)
    monkeypatch.setattr(speech_module.SoundSystem, "library", None)
    StubMicrophone.opened = 0
    heard: list[Heard] = []
    settings = SpeechSettings(model="embedded", voice="off", stop_always=request.param)
    speech = Speech(Config(home=tmp_path, speech=settings), Person(heard.append, lambda: None, print, str))
    yield speech
    speech.close()


def test_every_press_opens_a_sentence_when_the_processes_have_only_just_been_started(speech: Speech):
    for _ in range(2):
        speech.talk()
        assert speech.glance.talking
        until(lambda: speech.glance.speaking, 60.0)  # the listening process has begun a sentence
        time.sleep(0.3)
        assert speech.glance.talking and speech.glance.speaking, "the sentence was lost while the key was held"
        speech.talk()
        assert not speech.glance.talking
        until(lambda: not speech.glance.speaking)
    if not speech._settings.stop_always:
        until(lambda: speech._microphone is None, 60.0)  # between two talks nobody listens
        assert StubMicrophone.opened >= 1
