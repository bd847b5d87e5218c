"""Whole recordings to words: real voices, the real voice activity, a scripted engine; and files that hold no words."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from virtual_microphone import spoken

from coach.__main__ import main
from coach.commands import transcribe as command
from coach.speech.audio import RATE
from coach.speech.engine import Reading
from coach.speech.transcribe import transcribe
from coach.speech.vad import VoiceActivity
from coach.speech.wav_file import wav_bytes
from memory.recordings import Recording
from memory.records import CorrectionDraft
from memory.store import Store

needs_voices = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")


class ScriptedEngine:
    """Says how long the sound was that it was given."""

    model, device = "scripted", "cpu"

    def __init__(self, text: str = "") -> None:
        self.lengths_s: list[float] = []
        self._text = text

    def read(self, audio: np.ndarray, language: str, prompt: str, temperature: float = 0.0) -> Reading:
        self.lengths_s.append(len(audio) / RATE)
        return Reading(self._text or f"words {len(self.lengths_s)}", -0.1, 0.01, 1.0, language)


def silence(seconds: float) -> np.ndarray:
    return np.zeros(int(seconds * RATE), np.float32)


def blocks(sound: np.ndarray) -> list[np.ndarray]:
    return [sound[i : i + 7000] for i in range(0, len(sound), 7000)]


@needs_voices
def test_each_stretch_of_speech_is_a_segment_with_its_times():
    first, second = spoken("put the red cup in the sink"), spoken("stop")
    sound = np.concatenate((silence(1.5), first, silence(2.0), second, silence(0.1)))
    made = transcribe(blocks(sound), ScriptedEngine(), VoiceActivity.load(), "en")
    assert [segment.text for segment in made.segments] == ["words 1", "words 2"]
    assert made.text == "words 1 words 2" and made.model == "scripted"
    one, two = made.segments
    assert 0.8 < one.start_s < 1.6 < one.end_s < 1.5 + len(first) / RATE + 0.5
    assert one.end_s < two.start_s < 1.5 + len(first) / RATE + 2.0
    assert abs(made.length_s - len(sound) / RATE) < 0.01


@needs_voices
def test_a_long_speech_is_read_in_pieces_that_whisper_can_hold():
    sound = np.concatenate([spoken("and then I put the red cup in the sink and the towel on the counter")] * 14)
    engine = ScriptedEngine()
    transcribe(blocks(sound), engine, VoiceActivity.load(), "en")
    assert len(engine.lengths_s) > 1 and max(engine.lengths_s) < 28
    assert sum(engine.lengths_s) > 0.9 * len(sound) / RATE


@pytest.mark.parametrize("kind", ["silence", "hiss", "music", "clicks"])
def test_what_is_no_speech_gives_no_words(kind):
    time = np.arange(6 * RATE) / RATE
    rng = np.random.default_rng(0)
    sounds = {
        "silence": silence(6.0), "hiss": rng.normal(size=6 * RATE) * 0.02,
        "music": sum(0.1 * np.sin(2 * np.pi * f * time) for f in (220.0, 277.2, 329.6)),
        "clicks": (rng.random(6 * RATE) > 0.9999) * 0.8,
    }  # fmt: skip
    engine = ScriptedEngine("the the the the")
    made = transcribe(blocks(np.asarray(sounds[kind], np.float32)), engine, VoiceActivity.load(), "en")
    assert made.text == ""


def test_clipped_sound_is_noticed():
    made = transcribe([np.full(RATE, 1.0, np.float32)], ScriptedEngine(), VoiceActivity.load(), "en")
    assert made.clipped > 0.9


@pytest.mark.parametrize("arguments", [[], ["a.wav", "--lessons"], ["a.wav", "--keep"]])
def test_wrong_use_is_told_in_one_sentence(arguments, tmp_path, capsys):
    assert main(["transcribe", *arguments, "--home", str(tmp_path)]) == 2
    assert "one WAV file, or --lessons" in capsys.readouterr().err


def test_an_empty_file_is_told_before_a_model_is_loaded(tmp_path, capsys):
    path = tmp_path / "a.wav"
    path.write_bytes(wav_bytes(np.zeros(0, np.float32)))
    assert main(["transcribe", str(path), "--home", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert "0 s long" in error and error.count("\n") == 1


@needs_voices
def test_json_is_the_object_that_scripts_rely_on(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(command, "_engine", lambda config, may_fall_back: ScriptedEngine())
    path = tmp_path / "a.wav"
    path.write_bytes(wav_bytes(np.concatenate((silence(0.5), spoken("hello robot"), silence(0.5)))))
    assert main(["transcribe", str(path), "--json", "--home", str(tmp_path)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told) == {"text", "segments", "model", "seconds"}
    assert [set(segment) for segment in told["segments"]] == [{"start_s", "end_s", "text"}]


def test_kept_sound_is_written_down_again_and_the_words_put_right(tmp_path: Path, capsys, monkeypatch):
    monkeypatch.setattr(command, "_engine", lambda config, may_fall_back: ScriptedEngine("no, put it in the bin"))
    with Store.open(tmp_path / "memory.db") as store:
        store.add_correction(CorrectionDraft(id="a", words="no, put it in the pin"))
        wav = wav_bytes(np.full(RATE, 0.1, np.float32))
        store.add_recording(Recording(correction_id="a", wall_s=1e12, wav=wav, heard="no, put it in the pin",
                                      model="embedded", confidence=0.4))  # fmt: skip
    assert main(["transcribe", "--lessons", "--json", "--home", str(tmp_path)]) == 0
    (row,) = json.loads(capsys.readouterr().out)["lessons"]
    assert (row["was"], row["text"], row["differs"]) == ("no, put it in the pin", "no, put it in the bin", True)
    assert main(["transcribe", "--lessons", "--keep", "--home", str(tmp_path)]) == 0
    with Store.open(tmp_path / "memory.db") as store:
        assert store.correction("a").words == "no, put it in the bin"
        assert "scripted" in store.correction_changes("a")[-1].reason
