"""silero's weights on NumPy give what silero's own model gives."""

from __future__ import annotations

import shutil
import subprocess
import sys

import numpy as np
import pytest
from virtual_microphone import spoken

from coach.speech.audio import CHUNK, RATE
from coach.speech.vad import VoiceActivity


def probabilities(sound: np.ndarray) -> np.ndarray:
    voice = VoiceActivity.load()
    return np.array([voice.probability(sound[i : i + CHUNK]) for i in range(0, len(sound) - CHUNK + 1, CHUNK)])


NAMES = {
    "stft_conv.weight": "stft.forward_basis_buffer", "final_conv.weight": "decoder.decoder.2.weight",
    "final_conv.bias": "decoder.decoder.2.bias",
    **{f"conv{n + 1}.{part}": f"encoder.{n}.reparam_conv.{part}" for n in range(4) for part in ("weight", "bias")},
    **{f"lstm_cell.{part}": f"decoder.rnn.{part}" for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")},
}  # fmt: skip


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
def test_probabilities_are_those_of_silero():
    """To the last digits on the same weights; the two files of the wheel were trained apart, and agree on speech."""
    import torch
    from silero_vad import load_silero_vad

    rng = np.random.default_rng(0)
    sound = np.concatenate((rng.normal(size=RATE) * 0.01, spoken("put the red cup in the sink")))
    sound = (sound + rng.normal(size=len(sound)) * 0.002).astype(np.float32)
    model = load_silero_vad()
    chunks = [sound[i : i + CHUNK] for i in range(0, len(sound) - CHUNK + 1, CHUNK)]
    theirs = np.array([float(model(torch.from_numpy(chunk), RATE).item()) for chunk in chunks])
    weights = model.state_dict()
    same = VoiceActivity({ours: weights[f"_model.{name}"].numpy() for ours, name in NAMES.items()})
    assert np.abs([same.probability(chunk) for chunk in chunks] - theirs).max() < 1e-4
    packaged = probabilities(sound)
    assert packaged[:25].max() < 0.3 and packaged[35:60].max() > 0.9
    assert np.mean((packaged > 0.5) == (theirs > 0.5)) > 0.9


def test_silence_is_no_voice():
    assert not probabilities(np.zeros(RATE, np.float32)).any()


def test_the_listening_process_loads_no_torch():
    code = "import sys, coach.speech.listener, coach.speech.vad as v; v.VoiceActivity.load(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert not {"torch", "whisper", "textual", "zmq"} & set(done.stdout.split())
