"""The spotter of the word "stop": the shipped one on synthetic voices, its training, and what it refuses."""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch

from coach.speech.ears import data, spotter_training
from coach.speech.ears.espeak import Espeak, available
from coach.speech.ears.features import frame_energies
from coach.speech.ears.mixing import Room
from coach.speech.ears.paths import SPOTTER
from coach.speech.ears.spotter import SpotterError, StopSpotter, bands

needs_espeak = pytest.mark.skipif(not available(), reason="espeak-ng is not installed")
VOICES = ("en-us+f3", "en+m3", "en-us+david", "en+linda")


def _hits(spotter: StopSpotter, text: str, voice: str, block: int = 512) -> list[float]:
    spoken = Espeak().say(text, voice).samples
    sound = np.concatenate([np.zeros(8000, np.float32), spoken, np.zeros(8000, np.float32)])
    spotter.reset()
    return [hit.time_s for start in range(0, len(sound), block) for hit in spotter.feed(sound[start : start + block])]


@needs_espeak
@pytest.mark.parametrize("voice", VOICES)
def test_a_stop_is_heard_within_300_ms_of_its_end(voice: str) -> None:
    (end_s,) = data.stop_ends_s("please stop", Espeak().say("please stop", voice))
    hits = _hits(StopSpotter.load(), "please stop", voice)
    assert len(hits) == 1
    assert -0.1 <= hits[0] - 0.5 - end_s <= 0.3


@needs_espeak
@pytest.mark.parametrize(
    "text", ["put the top plate in the shop", "take the pot and step back", "drop the spot on the tap"]
)
def test_nothing_is_heard_when_the_words_only_resemble_stop(text: str) -> None:
    spotter = StopSpotter.load()
    assert not [hit for voice in VOICES for hit in _hits(spotter, text, voice)]


@needs_espeak
def test_the_hits_are_the_same_however_the_samples_are_cut() -> None:
    spotter = StopSpotter.load()
    whole = _hits(spotter, "stop and then stop again", "en-us+f3", block=10**6)
    assert whole
    assert _hits(spotter, "stop and then stop again", "en-us+f3", block=37) == whole


def test_silence_and_odd_samples_make_no_hit_and_no_failure() -> None:
    spotter = StopSpotter.load()
    assert spotter.feed(np.zeros(0, np.float32)) == []
    assert spotter.feed(np.zeros(16_000 * 25, np.float32)) == []
    assert spotter.feed(np.full(16_000, np.nan, np.float32)) == []
    assert spotter.feed(np.full(16_000, np.inf, np.float32)) == []
    assert spotter.feed((np.random.default_rng(0).standard_normal(32_000) * 50).astype(np.float32)) == []
    with pytest.raises(SpotterError, match="shape"):
        spotter.feed(np.zeros((2, 512), np.float32))


def test_the_file_is_small_and_a_damaged_one_is_named(tmp_path: Path) -> None:
    assert SPOTTER.stat().st_size <= 1_000_000
    broken = tmp_path / "stop.safetensors"
    for content in (b"", b"not weights", SPOTTER.read_bytes()[:5000]):
        broken.write_bytes(content)
        with pytest.raises(SpotterError, match="no model of the stop word"):
            StopSpotter.load(broken)
    with pytest.raises(SpotterError, match="no model of the stop word"):
        StopSpotter.load(tmp_path / "absent")


@needs_espeak
def test_training_writes_what_the_spotter_runs_when_it_is_a_few_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet = Room((np.ones((600, 80), np.float32),))
    monkeypatch.setattr(Room, "build", lambda seed: quiet)
    monkeypatch.setattr(spotter_training, "_PROVING_STRIPS", 32)
    for collection in ("stops", "confusables", "sentences"):
        data.make_shard(tmp_path / f"{collection}-0-0000.npz", collection, 0, 0, size=12)
    told: list[str] = []
    spotter_training.train(tmp_path, tmp_path / "out", 2, 0, told.append)
    path = spotter_training.train(tmp_path, tmp_path / "out", 2, 0, told.append)
    assert "going on from spotter.safetensors" in told
    assert any("step 2 of 2" in line for line in told)
    assert StopSpotter.load(path).feed(np.zeros(16_000, np.float32)) == []
    (tmp_path / "out" / "spotter.safetensors").write_bytes(b"nothing")
    with pytest.raises(data.DataError, match="no checkpoint"):
        spotter_training.train(tmp_path, tmp_path / "out", 2, 0, told.append)


def test_numpy_and_torch_agree_on_the_same_weights() -> None:
    network = spotter_training.Spotter()
    weights = {name: value.detach().numpy() for name, value in network.state_dict().items()}
    spotter = StopSpotter(weights | {"threshold": np.array([2.0], np.float32)})
    sound = (np.random.default_rng(Random(1).randint(0, 9)).standard_normal(16_000 * 2) * 0.1).astype(np.float32)
    energies = bands(frame_energies(sound[: 400 + 160 * 195]))
    first, second = spotter._probabilities(energies[:101][:100]), spotter._probabilities(energies[100:])
    with torch.no_grad():
        wanted = torch.sigmoid(network(torch.from_numpy(energies)[None])[0])[0].numpy()
    assert np.abs(np.concatenate([first, second])[50:] - wanted[50:]).max() < 1e-5
