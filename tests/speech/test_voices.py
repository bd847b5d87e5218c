"""The robot's voice: the one that is there, what it says aloud of an answer, and silence at once."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
from waiting import until

from coach.speech import voices
from coach.speech.audio import RATE, level_db
from coach.speech.speaker import Speaker, spoken_part
from coach.speech.voices import EspeakVoice, PiperVoice, VoiceError, make_voice
from robot_bridge.protocol.errors import ConfigError

PIPER = """
import numpy as np
class Chunk:
    sample_rate = 22050
    def __init__(self, text):
        self.audio_int16_bytes = (np.full(220 * len(text), 8000)).astype("<i2").tobytes()
class PiperVoice:
    @classmethod
    def load(cls, path):
        print("loading")  # must not get among the samples
        return cls()
    def synthesize(self, text):
        yield Chunk(text)
        yield Chunk("x")
"""


class ScriptedVoice:
    name = "scripted"

    def __init__(self) -> None:
        self.said: list[str] = []
        self.ready = threading.Event()
        self.broken = False

    def speak(self, text: str) -> np.ndarray:
        self.ready.wait(5)
        self.said.append(text)
        if self.broken:
            raise VoiceError("the voice has a cold")
        return np.ones(100, np.float32)

    def close(self) -> None:
        self.ready.set()


class ScriptedPlayer:
    def __init__(self) -> None:
        self.played: list[int] = []
        self.hushed = 0

    def play(self, samples: np.ndarray) -> None:
        self.played.append(len(samples))

    def hush(self) -> None:
        self.hushed += 1

    def close(self) -> None:
        return


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
def test_espeak_speaks_at_our_rate():
    sound = EspeakVoice("en").speak("All right, I will put the red cup in the sink.")
    assert 1.5 < len(sound) / RATE < 6 and level_db(sound) > -30


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
def test_one_sentence_is_told_when_espeak_knows_no_such_language():
    with pytest.raises(VoiceError, match="espeak-ng cannot speak"):
        EspeakVoice("klingon-xx").speak("hello")


def test_a_piper_voice_stays_loaded_in_a_process_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "piper.py").write_text(PIPER)
    (tmp_path / "anna.onnx").write_bytes(b"x")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    voice = make_voice(str(tmp_path / "anna.onnx"), "en")
    assert isinstance(voice, PiperVoice)
    short, long = voice.speak("hello"), voice.speak("hello, how are you today?")
    assert len(long) > 3 * len(short) > 0 and abs(short[100] - 8000 / 32768) < 0.02
    voice.close()


def test_one_sentence_names_what_is_missing_when_a_piper_voice_cannot_speak(tmp_path: Path):
    voice = PiperVoice(tmp_path / "anna.onnx")  # no piper here, or no such file
    with pytest.raises(VoiceError, match=r"pip install piper-tts.*anna\.onnx\.json"):
        voice.speak("hello")
    voice.close()


def test_there_is_no_voice_where_none_is_wanted_or_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    assert make_voice("off", "en") is None
    monkeypatch.setattr(voices.shutil, "which", lambda name: None)
    assert make_voice("auto", "en") is None
    for setting in ("espeak-ng", str(tmp_path / "nobody.onnx")):
        with pytest.raises(ConfigError):
            make_voice(setting, "en")


def test_what_waits_is_not_said_any_more_when_somebody_cuts_in():
    voice, player = ScriptedVoice(), ScriptedPlayer()
    speaker = Speaker(voice, player, lambda words: None)
    speaker.say("one.")
    speaker.say("two.")
    speaker.hush()
    speaker.say("three.")
    voice.ready.set()
    until(lambda: len(player.played) == 1)
    assert voice.said[-1] == "three." and "two." not in voice.said
    speaker.close()


def test_a_voice_that_fails_is_told_once():
    voice, told = ScriptedVoice(), []
    voice.broken = True
    voice.ready.set()
    speaker = Speaker(voice, ScriptedPlayer(), told.append)
    speaker.say("one.")
    speaker.say("two.")
    until(lambda: len(voice.said) == 2)
    speaker.close()
    assert told == ["I cannot speak aloud: the voice has a cold"]


def test_short_answers_are_said_and_long_ones_begun():
    assert spoken_part('I have stopped. Say "resume".') == "I have stopped. Say resume."
    long = " ".join(f"Sentence number {n} goes on for quite a while." for n in range(20))
    assert 40 < len(spoken_part(long)) < 260 and spoken_part(long).endswith(".")
    assert spoken_part("Keys:\n f1 help") == "Keys:"
