"""The tiny Whisper of the package, its training, and decoding with a short context."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
import torch
import whisper
from whisper.decoding import DecodingOptions
from whisper.model import ModelDimensions, Whisper

from coach.speech.ears import data, whisper_batches, whisper_training
from coach.speech.ears.checkpoints import read_checkpoint
from coach.speech.ears.espeak import Espeak, available
from coach.speech.ears.evaluation import load_whisper
from coach.speech.ears.export import export
from coach.speech.ears.features import log_energies, whisper_input
from coach.speech.ears.mixing import Room
from coach.speech.ears.paths import TINY_WHISPER
from coach.speech.ears.short_context import context_of, transcribe_short
from coach.speech.ears.statistics import errors_in, mean_of_words, poisson, share
from coach.speech.ears.tokens import Tokens
from robot_bridge.protocol.errors import CoachError

needs_espeak = pytest.mark.skipif(not available(), reason="espeak-ng is not installed")


@pytest.fixture(scope="module")
def tiny() -> Whisper:
    return whisper.load_model(str(TINY_WHISPER), device="cpu")


@pytest.fixture(scope="module")
def random_model() -> Whisper:
    """An ordinary multilingual model, small, with weights that mean nothing."""
    torch.manual_seed(0)
    model = Whisper(ModelDimensions(80, 1500, 32, 2, 1, 51_865, 448, 32, 2, 1)).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return model


def _said(text: str, voice: str = "en-us+f3", seconds: float = 3.0) -> np.ndarray:
    sound = np.concatenate([np.zeros(4000, np.float32), Espeak().say(text, voice).samples])
    return np.pad(sound, (0, max(0, int(seconds * 16_000) - len(sound))))


@needs_espeak
@pytest.mark.parametrize("text", ["put the red cup in the sink", "stop", "pick up the blue bottle"])
def test_a_spoken_sentence_is_written_down_when_the_voice_is_synthetic(tiny: Whisper, text: str) -> None:
    wrong = sum(errors_in(text, transcribe_short(tiny, _said(text, voice)).text) for voice in ("en-us+f3", "en+m3"))
    assert wrong <= 0.5 * len(text.split())


@needs_espeak
def test_the_text_is_that_of_plain_transcription_when_the_context_is_short(tiny: Whisper) -> None:
    sentences = ("put the red cup in the sink", "stop", "no the blue one", "move a little to the left")
    sounds = [_said(text) for text in sentences]
    plain = [whisper.transcribe(tiny, each, language="en", fp16=False, without_timestamps=True, temperature=0.0)["text"]
             for each in sounds]  # fmt: skip
    short = [transcribe_short(tiny, each).text for each in sounds]
    same = sum(one == str(two).strip() for one, two in zip(short, plain, strict=True))
    assert same >= 3


def test_an_ordinary_model_gives_the_numbers_of_whisper_decode(random_model: Whisper) -> None:
    sound = (np.random.default_rng(1).standard_normal(480_000) * 0.1).astype(np.float32)
    options = DecodingOptions(language="de", without_timestamps=True, fp16=False, prompt="the red cup", sample_len=12)
    wanted = whisper.decode(random_model, whisper.pad_or_trim(whisper.log_mel_spectrogram(sound), 3000), options)
    got = transcribe_short(random_model, sound, options)
    assert got.tokens == wanted.tokens
    assert got.language == "de"
    assert abs(got.avg_logprob - wanted.avg_logprob) < 1e-3
    assert abs(got.no_speech_prob - wanted.no_speech_prob) < 1e-5


def test_the_language_is_found_when_none_is_given(random_model: Whisper) -> None:
    sound = np.zeros(16_000, np.float32)
    found = transcribe_short(random_model, sound, DecodingOptions(language=None, fp16=False)).language
    assert found in whisper.tokenizer.LANGUAGES
    with pytest.raises(ValueError, match="language"):
        transcribe_short(random_model, sound, DecodingOptions(language="klingon", fp16=False))


def test_threads_get_their_own_text_when_they_share_a_model(random_model: Whisper) -> None:
    random = np.random.default_rng(2)
    sounds = [(random.standard_normal(8_000 * n) * 0.1).astype(np.float32) for n in (1, 2, 3, 4)]
    alone = [transcribe_short(random_model, each).tokens for each in sounds]
    together: dict[int, list[int]] = {}

    def read(index: int) -> None:
        together[index] = transcribe_short(random_model, sounds[index]).tokens

    threads = [threading.Thread(target=read, args=(index,)) for index in range(len(sounds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [together[index] for index in range(len(sounds))] == alone


@pytest.mark.parametrize(
    ("sound", "options", "match"),
    [
        (np.zeros(0, np.float32), None, "n > 0"),
        (np.zeros((2, 16_000), np.float32), None, "shape"),
        (np.full(16_000, np.nan, np.float32), None, "finite"),
        (np.zeros(16_000, np.float32), DecodingOptions(language="en", beam_size=3), "greedy"),
    ],
)
def test_a_bad_sound_is_refused(tiny: Whisper, sound: np.ndarray, options: DecodingOptions | None, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        transcribe_short(tiny, sound, options)


def test_silence_is_no_speech(tiny: Whisper) -> None:
    assert transcribe_short(tiny, np.zeros(24_000, np.float32)).no_speech_prob > 0.6


def test_the_file_is_small_and_the_context_grows_with_the_sound() -> None:
    assert TINY_WHISPER.stat().st_size <= 10_000_000
    assert context_of(48_000, 1500) == 150 + 128
    assert context_of(480_000, 1500) == 1500


def test_our_energies_are_those_of_whisper() -> None:
    sound = (np.random.default_rng(3).standard_normal(16_000) * 0.1).astype(np.float32)
    sound = np.pad(sound, (800, 800))  # whisper reflects at the edges, we take silence
    wanted = whisper.log_mel_spectrogram(sound).T.numpy()
    assert np.abs(whisper_input(log_energies(sound)) - wanted).max() < 1e-3


@needs_espeak
def test_training_goes_on_and_its_export_loads_when_it_was_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet = Room((np.ones((600, 80), np.float32),))
    monkeypatch.setattr(Room, "build", lambda seed: quiet)
    monkeypatch.setattr(whisper_batches, "LONG_CONTEXT", 0.0)
    data.make_shard(tmp_path / "sentences-0-0000.npz", "sentences", 0, 0, size=12)
    told: list[str] = []
    whisper_training.train(tmp_path, tmp_path / "out", 1, 0, told.append)
    checkpoint = whisper_training.train(tmp_path, tmp_path / "out", 2, 0, told.append)
    assert "going on from step 1" in told
    model = load_whisper(export(checkpoint, tmp_path / "tiny.pt"))
    result = transcribe_short(model, np.zeros(16_000, np.float32))
    assert np.isfinite(result.avg_logprob)
    plain = whisper.transcribe(model, np.zeros(16_000, np.float32), fp16=False, temperature=0.0)
    assert isinstance(plain["text"], str)


def test_training_goes_on_from_a_torch_file_when_an_earlier_release_wrote_it(tmp_path: Path) -> None:
    now, before = tmp_path / "whisper.safetensors", tmp_path / "whisper.pt"
    run = whisper_training._Run(len(Tokens.household()), now)
    run.step = 7
    run.save()
    kept = read_checkpoint(now)
    now.unlink()
    torch.save(kept, before)
    resumed = whisper_training._Run(len(Tokens.household()), now)
    resumed.save()
    assert resumed.step == 7
    for name, tensor in read_checkpoint(now)["average"].items():
        torch.testing.assert_close(tensor, kept["average"][name], rtol=0, atol=0)


def test_both_numbers_are_told_when_the_export_meets_another_vocabulary(tmp_path: Path) -> None:
    run = whisper_training._Run(50, tmp_path / "whisper.safetensors")
    run.save()
    with pytest.raises(data.DataError, match=f"has learnt 50 tokens, this release has {len(Tokens.household())}"):
        export(run.path, tmp_path / "tiny.pt")


@pytest.mark.parametrize("name", ["whisper.safetensors", "whisper.pt"])
def test_a_checkpoint_that_is_none_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"nothing")
    with pytest.raises(data.DataError, match=f"{name}' is no checkpoint"):
        whisper_training.train(tmp_path, tmp_path, 1, 0, print)
    with pytest.raises(data.DataError, match="no checkpoint"):
        export(tmp_path / name, tmp_path / "tiny.pt")
    with pytest.raises(CoachError, match="no Whisper model"):
        load_whisper(tmp_path / name)


def test_wrong_words_are_counted_and_bounded() -> None:
    assert errors_in("put it in the sink", "Put it in the sink.") == 0
    assert errors_in("put it in the sink", "put in a sink now") == 3
    assert errors_in("stop", "") == 1
    value, low, high = mean_of_words([(1, 10), (0, 10), (2, 10)], 0)
    assert low < value < high
    assert abs(value - 10) < 1e-9
    assert share(98, 100)[0] == 98
    assert poisson(0)[0] == 0 < poisson(0)[1] < 4
