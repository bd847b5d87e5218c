"""Two people at once, and another language, through the real listening and writing processes: the next sentence is
heard all the same."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from virtual_microphone import spoken
from waiting import until

from coach.speech.audio import CHUNK, RATE
from coach.speech.ears.paths import TINY_WHISPER
from coach.speech.heard import Ears, Heard
from coach.speech.hearing import Hearing
from coach.speech.messages import Listen, SpeechMessage, Write
from coach.speech.models import EMBEDDED_NOTE
from coach.speech.settings import SpeechSettings

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(200),
    pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed"),
    pytest.mark.skipif(not TINY_WHISPER.exists(), reason="coach ears train makes the ears that this needs"),
]


class Room:
    """Hears hands free what `hear` plays in real time."""

    def __init__(self, home: Path, language: str) -> None:
        self.heard: list[Heard] = []
        self.told: list[str] = []
        self.settled = 0
        self.at = 0
        settings = SpeechSettings(model="embedded", device="cpu", language=language, ask_below=0.0)
        ears = Ears(self.heard.append, lambda: None, told=self.told.append, settled=self._settled)
        self.hearing = Hearing(settings, home, home, ears)
        self.asked: list[Write] = []
        send = self.hearing.writer.send

        def spy(message: SpeechMessage) -> bool:
            if isinstance(message, Write):
                self.asked.append(message)
            return send(message)

        self.hearing.writer.send = spy  # type: ignore[method-assign]
        self.hearing.listen_to(Listen(to="all"))
        until(lambda: self.hearing.view.ready and self.hearing.listening, 90.0)
        self.settled = 0

    def _settled(self) -> None:
        self.settled += 1

    def hear(self, sound: np.ndarray) -> None:
        whole = np.concatenate((np.zeros(RATE // 2), sound, np.zeros(2 * RATE))).astype(np.float32)
        for start in range(0, len(whole) - CHUNK, CHUNK):
            self.hearing.take(self.at, whole[start : start + CHUNK])
            self.at += CHUNK
            time.sleep(CHUNK / RATE)


@pytest.mark.parametrize(("language", "voice"), [("en", "en-us+m3"), ("de", "de")])
def test_the_next_sentence_is_heard_when_two_people_spoke_at_once(tmp_path: Path, language: str, voice: str):
    room = Room(tmp_path, language)
    try:
        one, other = spoken("put the red cup in the sink", "en-us+f2"), spoken("no, the towel goes in the bin", voice)
        both = np.zeros(max(len(one), len(other) + RATE // 3), np.float32)
        both[: len(one)] += one / 2
        both[RATE // 3 : RATE // 3 + len(other)] += other / 2
        room.hear(both)
        until(lambda: room.settled >= 1, 60.0)
        before = room.settled
        room.hear(spoken("put the red cup in the sink", "en-us" if language == "en" else voice))
        until(lambda: room.settled > before, 60.0)
        assert room.heard and room.heard[-1].text
        assert {write.language for write in room.asked} == {language}
        assert room.told in ([], [EMBEDDED_NOTE]) and room.hearing.view.trouble == ""
        assert room.hearing.listener.starts == room.hearing.writer.starts == 1  # nothing crashed
    finally:
        room.hearing.close()
