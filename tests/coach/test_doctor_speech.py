"""What `coach doctor` finds about hearing and speaking."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from coach.config import Config
from coach.doctor import speech
from coach.speech import voices
from coach.speech.ears import paths
from coach.speech.settings import SpeechSettings


def home_with(home: Path, **settings: object) -> Config:
    return Config(home=home, speech=dataclasses.replace(SpeechSettings(), **settings))


@pytest.fixture(autouse=True)
def no_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_the_file_and_its_place_are_named_when_the_model_is_missing(tmp_path: Path):
    check = speech.check_ears(home_with(tmp_path))
    assert not check.ok and not check.needed
    assert f"put base.en.pt into {tmp_path}/models" in check.mend


def test_the_model_is_found_where_it_was_put(tmp_path: Path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "base.en.pt").write_bytes(b"x" * 2**20)
    check = speech.check_ears(home_with(tmp_path))
    assert check.ok and "1 MB" in check.detail


def test_the_extra_is_named_when_its_engine_is_chosen_and_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    check = speech.check_ears(home_with(tmp_path, engine="faster-whisper"))
    assert not check.ok and "faster-whisper" in check.mend


def test_a_stop_that_must_wait_for_words_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(paths, "SPOTTER", tmp_path / "nothing")
    assert "waits for its transcript" in speech.check_stop_word(home_with(tmp_path)).detail


@pytest.mark.parametrize(
    ("setting", "installed", "ok"), [("auto", True, True), ("auto", False, False), ("off", False, True)]
)
def test_the_voice_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str, installed: bool, ok: bool):
    monkeypatch.setattr(voices.shutil, "which", lambda name: "/usr/bin/espeak-ng" if installed else None)
    check = speech.check_voice(home_with(tmp_path, voice=setting))
    assert check.ok is ok and not check.needed


def test_a_piper_voice_that_is_not_there_is_named(tmp_path: Path):
    check = speech.check_voice(home_with(tmp_path, voice=str(tmp_path / "anna.onnx")))
    assert not check.ok and "anna.onnx" in check.detail
