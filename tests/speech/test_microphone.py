"""The real sounddevice stream on a virtual microphone, and the loudspeaker beside it."""

from __future__ import annotations

import time

import numpy as np
import pytest
from virtual_microphone import VirtualMicrophone, spoken
from waiting import until

from coach.speech.audio import CHUNK, RATE, SILENT_DB, level_db
from coach.speech.microphone import Microphone
from coach.speech.player import Player
from coach.speech.sound import SoundError, SoundSystem

pytestmark = [pytest.mark.microphone, pytest.mark.timeout(120)]


class Room:
    """A microphone that is open, and what it gave."""

    def __init__(self, name: str = "") -> None:
        self.sound = SoundSystem()
        self.blocks: list[tuple[int, np.ndarray, float]] = []
        self.told: list[str] = []
        self.microphone = Microphone(self.sound, name, self._take, self.told.append)

    def _take(self, first: int, samples: np.ndarray) -> None:
        self.blocks.append((first, samples, time.monotonic()))

    def heard(self) -> np.ndarray:
        return np.concatenate([samples for _, samples, _ in self.blocks])


@pytest.fixture
def room(microphone: VirtualMicrophone):
    room = Room()
    until(lambda: len(room.blocks) > 5)
    yield room
    room.microphone.close()
    room.sound.refresh()


def test_speech_arrives_whole_and_in_order(microphone: VirtualMicrophone, room: Room):
    words = spoken("put the red cup in the drying rack")
    before = len(room.blocks)
    microphone.play(words)
    time.sleep(0.4)
    blocks = room.blocks[before:]
    assert {len(samples) for _, samples, _ in blocks} == {CHUNK}
    assert np.all(np.diff([first for first, _, _ in blocks]) == CHUNK)
    heard = np.concatenate([samples for _, samples, _ in blocks])
    size = 1 << 18
    match = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(words, size)))
    at = int(np.argmax(match[: len(heard)]))
    same = heard[at : at + len(words)]
    assert np.corrcoef(same, words[: len(same)])[0, 1] > 0.98


def test_the_meter_follows_the_sound(microphone: VirtualMicrophone, room: Room):
    playing = microphone.play(np.full(RATE, 0.1, np.float32) * np.sign(np.sin(np.arange(RATE) / 8)), wait=False)
    until(lambda: -22 < room.microphone.level_db < -18)
    playing.wait()
    until(lambda: room.microphone.level_db < -60)


def test_a_microphone_that_goes_is_told_and_taken_up_again_when_it_is_back(microphone: VirtualMicrophone, room: Room):
    microphone.pull_out()
    until(lambda: any("has gone" in words for words in room.told))
    assert room.microphone.device == "" and room.microphone.level_db == SILENT_DB
    last = room.blocks[-1][0]
    microphone.plug_in()
    until(lambda: len(room.blocks) > 0 and room.blocks[-1][0] > last + 4 * RATE // 4, 20)
    until(lambda: room.told[-1] == "")
    assert len([words for words in room.told if words]) == 1


def test_one_sentence_names_the_choice_when_the_device_is_unknown(microphone: VirtualMicrophone):
    sound = SoundSystem()
    with pytest.raises(SoundError, match=r"no microphone called .Kinect..*default"):
        sound.find("input", "Kinect")
    assert sound.find("input", "DEFAULT").name == "default"


def test_one_sentence_is_told_when_there_is_no_device(monkeypatch: pytest.MonkeyPatch, tmp_path):
    monkeypatch.setenv("PULSE_SERVER", f"unix:{tmp_path}/nobody")
    room = Room()
    try:
        room.sound.refresh()
        until(lambda: len(room.told) == 1)
        assert "typing works without" in room.told[0] and "\n" not in room.told[0]
    finally:
        room.microphone.close()


def test_the_voice_falls_silent_within_200_ms(microphone: VirtualMicrophone, room: Room):
    player = Player(room.sound, "", lambda: room.microphone.position)
    player.play(np.sin(np.arange(4 * RATE) / 5).astype(np.float32) * 0.3)
    until(lambda: level_db(room.blocks[-1][1]) > -30)
    time.sleep(0.5)
    hushed_s = time.monotonic()
    player.hush()
    time.sleep(0.6)
    loud = [at for _, samples, at in room.blocks if at > hushed_s and level_db(samples) > -30]
    player.close()
    assert not loud or loud[-1] - hushed_s < 0.2


def test_what_was_played_is_known_when_it_comes_back(microphone: VirtualMicrophone, room: Room):
    player = Player(room.sound, "", lambda: room.microphone.position)
    player.play(np.zeros(RATE // 2, np.float32))
    time.sleep(0.4)
    player.play(spoken("All right, I will put the red cup in the sink."))
    until(lambda: level_db(room.blocks[-1][1]) > -30)
    time.sleep(1.0)
    recent = room.blocks[-40:]
    heard = np.concatenate([samples for _, samples, _ in recent])
    played = np.concatenate([np.pad(part := player.played_at(first, CHUNK), (0, CHUNK - len(part)))
                             for first, _, _ in recent])  # fmt: skip
    player.close()
    match = np.fft.irfft(np.fft.rfft(heard, 1 << 16) * np.conj(np.fft.rfft(played, 1 << 16)))
    delay = int(np.argmax(match))
    assert 0 <= delay < 0.35 * RATE  # before the echo, and within the filter's reach
