"""silero-vad: the probability that a chunk holds a voice. Its weights ship in its wheel; here they run on NumPy.

Importing the package would bring torch, which takes seconds and 200 MB; the listening process starts without.

Source: snakers4/silero-vad, `src/silero_vad/tinygrad_model.py`.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from coach.speech.audio import CHUNK, level_db
from robot_bridge.protocol.errors import CoachError

NEVER_VOICE_DB = -70.0  # quieter than any voice that reaches a microphone: not worth asking
WEIGHTS = "data/silero_vad_16k.safetensors"
CONTEXT = 64  # samples of the chunk before
PAD, HOP, WINDOW, BINS = 64, 128, 256, 129
STATE = 128
_STRIDES = {"conv1": 1, "conv2": 2, "conv3": 2, "conv4": 1}


class VoiceActivity:
    """Keeps the state of one stream."""

    def __init__(self, weights: Mapping[str, np.ndarray]) -> None:
        self._stft = weights["stft_conv.weight"][:, 0, :].T  # [window, 2 bins]
        self._convolutions = [
            (np.concatenate(list(weights[f"{name}.weight"].transpose(2, 1, 0))), weights[f"{name}.bias"], stride)
            for name, stride in _STRIDES.items()
        ]
        self._cell = np.concatenate((weights["lstm_cell.weight_ih"], weights["lstm_cell.weight_hh"]), axis=1).T.copy()
        self._cell_bias = weights["lstm_cell.bias_ih"] + weights["lstm_cell.bias_hh"]
        self._last, self._last_bias = weights["final_conv.weight"][0, :, 0], float(weights["final_conv.bias"][0])
        self.reset()

    @classmethod
    def load(cls) -> VoiceActivity:
        """Raises: CoachError: silero-vad is not installed."""
        from safetensors.numpy import load_file

        found = importlib.util.find_spec("silero_vad")
        places = found.submodule_search_locations if found is not None else None
        path = Path(places[0]) / WEIGHTS if places else None
        if path is None or not path.is_file():
            raise CoachError("silero-vad is not installed, so nobody can be heard",
                             next_step="pip install 'silero-vad>=6.2'")  # fmt: skip
        return cls(load_file(path))

    def reset(self) -> None:
        self._context = np.zeros(CONTEXT, np.float32)
        self._h, self._c = np.zeros(STATE, np.float32), np.zeros(STATE, np.float32)

    def probability(self, chunk: np.ndarray) -> float:
        """Args: chunk: float32[512] at 16 kHz."""
        assert len(chunk) == CHUNK
        samples = np.concatenate((self._context, chunk))
        self._context = samples[-CONTEXT:]
        if level_db(chunk) < NEVER_VOICE_DB:
            return 0.0
        padded = np.concatenate((samples, samples[-2 : -2 - PAD : -1]))
        windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
        spectrum = windows @ self._stft
        x = np.sqrt(spectrum[:, :BINS] ** 2 + spectrum[:, BINS:] ** 2)  # [frames, bins]
        for kernel, bias, stride in self._convolutions:
            framed = np.concatenate((np.zeros_like(x[:1]), x, np.zeros_like(x[:1])))
            taps = np.concatenate((framed[:-2], framed[1:-1], framed[2:]), axis=1)[::stride]
            x = np.maximum(taps @ kernel + bias, 0)
        gates = np.concatenate((x[0], self._h)) @ self._cell + self._cell_bias
        write, forget, fresh, show = np.split(gates, 4)
        self._c = _sigmoid(forget) * self._c + _sigmoid(write) * np.tanh(fresh)
        self._h = _sigmoid(show) * np.tanh(self._c)
        return float(_sigmoid(np.maximum(self._h, 0) @ self._last + self._last_bias))


def _sigmoid(x: np.ndarray) -> np.ndarray:
    sigmoid: np.ndarray = 0.5 + 0.5 * np.tanh(0.5 * x)  # which cannot overflow
    return sigmoid
