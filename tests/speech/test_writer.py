"""The engines and the writing process's answers, on a Whisper of random weights: nothing that comes in ends it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from coach.speech import engine as engine_module
from coach.speech import writer
from coach.speech.audio import RATE, to_pcm
from coach.speech.engine import FasterWhisperEngine, Reading, WhisperEngine, load_engine
from coach.speech.messages import Ready, Trouble, Write, Written
from coach.speech.models import SpeechModelError
from coach.speech.reading import loudest_db, write_down
from robot_bridge.protocol.errors import CoachError, ConfigError

DICE = np.random.default_rng(0)


@pytest.fixture(scope="module")
def random_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch
    from whisper.model import ModelDimensions, Whisper

    torch.manual_seed(0)
    model = Whisper(ModelDimensions(80, 1500, 16, 2, 1, 51865, 448, 16, 2, 1))
    for parameter in model.parameters():  # whisper leaves some of them as the memory happened to be
        torch.nn.init.normal_(parameter, std=0.2)
    path = tmp_path_factory.mktemp("models") / "random.pt"
    torch.save({"dims": vars(model.dims), "model_state_dict": model.state_dict()}, path)
    return path


@pytest.fixture(scope="module")
def random_engine(random_model: Path) -> WhisperEngine:
    return WhisperEngine.load(str(random_model), random_model.parent, "cpu", lambda share: None)


@pytest.mark.parametrize("language", ["en", "de", "auto"])
def test_the_language_goes_through_to_whisper(random_engine: WhisperEngine, language: str):
    reading = random_engine.read(DICE.normal(size=RATE).astype(np.float32) * 0.1, language, "red cup")
    assert reading.language == language or (language == "auto" and len(reading.language) >= 2)
    assert 0.0 <= reading.confidence <= 1.0


def test_an_unknown_language_is_one_sentence(random_engine: WhisperEngine):
    with pytest.raises(ConfigError, match="no language 'klingon'"):
        random_engine.read(np.zeros(RATE, np.float32), "klingon", "")
    answer = writer.answer(random_engine, Write(request=7, pcm=bytes(2 * RATE), language="klingon"))
    assert isinstance(answer, Trouble) and answer.request == 7


@pytest.mark.parametrize("kind", ["silence", "noise", "clipped", "tone", "two voices", "long"])
def test_any_sound_is_answered(random_engine: WhisperEngine, kind: str):
    time = np.arange(2 * RATE) / RATE
    sounds = {
        "silence": np.zeros(RATE), "noise": DICE.normal(size=RATE) * 0.3, "clipped": np.sign(np.sin(900 * time)),
        "tone": np.sin(3000 * time), "two voices": np.sin(900 * time) + np.sin(1410 * time * (1 + time)),
        "long": DICE.normal(size=40 * RATE) * 0.1,
    }  # fmt: skip
    answer = writer.answer(random_engine, Write(request=1, pcm=to_pcm(sounds[kind]), alternatives=1))
    assert isinstance(answer, Written) and answer.request == 1
    assert answer.text == "" or kind != "silence"


def test_a_file_that_is_no_model_is_one_sentence(tmp_path: Path):
    path = tmp_path / "cake.pt"
    path.write_bytes(b"flour, sugar, eggs")
    with pytest.raises(SpeechModelError, match="is no whisper model"):
        load_engine("whisper", str(path), tmp_path, "cpu", lambda share: None)
    with pytest.raises(ConfigError, match="no speech model file"):
        load_engine("whisper", str(tmp_path / "gone.pt"), tmp_path, "cpu", lambda share: None)
    with pytest.raises(ConfigError, match="no speech model 'huge'"):
        load_engine("whisper", "huge", tmp_path, "cpu", lambda share: None)


def test_the_ears_of_the_package_stand_in_and_it_is_said_why(random_model: Path, monkeypatch: pytest.MonkeyPatch):
    def load(engine: str, name: str, *rest: Any) -> Any:
        if name == "base.en":
            raise SpeechModelError("the speech model 'base.en' is not on this machine", next_step="put it there")
        return load_engine(engine, str(random_model), *rest)

    monkeypatch.setattr(writer, "load_engine", load)
    told: list[Any] = []
    assert writer.load_or_embedded("whisper", "base.en", random_model.parent, "auto", told.append) is not None
    (ready,) = told
    assert isinstance(ready, Ready) and ready.model == "embedded"
    assert "base.en" in ready.note and "put it there" in ready.note and "synthetic English only" in ready.note


def test_without_any_model_every_request_gets_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    def load(*arguments: Any) -> Any:
        raise CoachError("there is none")

    monkeypatch.setattr(writer, "load_engine", load)
    told: list[Any] = []
    assert writer.load_or_embedded("whisper", "base.en", tmp_path, "auto", told.append) is None
    assert [message.text for message in told] == ["there is none"]
    answer = writer.answer(None, Write(request=3, pcm=b""))
    assert isinstance(answer, Trouble) and answer.request == 3


def test_faster_whisper_is_told_how_to_install_where_it_is_chosen_and_missing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(__import__("sys").modules, "faster_whisper", None)
    with pytest.raises(CoachError, match=r"robot-coach\[faster-whisper\]"):
        load_engine("faster-whisper", "base.en", Path(), "cpu", lambda share: None)


def test_faster_whisper_answers_through_the_same_interface():
    class Part:
        text, avg_logprob, no_speech_prob, compression_ratio, tokens = " put it down", -0.2, 0.01, 1.1, (1, 2, 3)

    class Model:
        def transcribe(self, audio: Any, **options: Any) -> Any:
            assert options["language"] is None and options["initial_prompt"] == "red cup"
            return iter([Part()]), type("Info", (), {"language": "en"})()

    engine = FasterWhisperEngine(Model(), "base.en", "cpu")
    written = write_down(engine, DICE.normal(size=RATE).astype(np.float32) * 0.1, language="auto", prompt="red cup")
    assert written.text == "put it down" and written.confidence == pytest.approx(0.8187, abs=1e-3)


def test_other_readings_are_the_different_ones():
    class Engine:
        model, device = "scripted", "cpu"
        readings = iter(["in the pin", "In the pin.", "in the bin", "in the bin"])

        def read(self, audio: Any, language: str, prompt: str, temperature: float = 0.0) -> Reading:
            return Reading(next(self.readings), -1.0, 0.0, 1.0, language)

    written = write_down(Engine(), np.full(RATE, 0.1, np.float32), alternatives=3)
    assert written.alternatives == ("in the bin",)


def test_a_device_that_is_not_there_is_one_sentence(random_model: Path, monkeypatch: pytest.MonkeyPatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ConfigError, match="cuda, and there is none"):
        load_engine("whisper", str(random_model), random_model.parent, "cuda", lambda share: None)


def test_the_loudest_moment_decides_whether_somebody_spoke():
    sound = np.zeros(5 * RATE, np.float32)
    sound[RATE : RATE + RATE // 4] = 0.1
    assert -24 < loudest_db(sound) < -19
    assert engine_module.ENGINES.keys() == {"whisper", "faster-whisper"}
