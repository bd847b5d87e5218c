"""silero-vad: the probability that a chunk holds a voice. Its model ships in its wheel."""

from __future__ import annotations

from typing import Any

import numpy as np

from coach.speech.audio import CHUNK, RATE, level_db

NEVER_VOICE_DB = -70.0  # quieter than any voice that reaches a microphone: not worth asking


class VoiceActivity:
    """Keeps the state of one stream. `load` takes seconds: it brings torch."""

    def __init__(self, model: Any) -> None:
        self._model = model

    @classmethod
    def load(cls) -> VoiceActivity:
        import torch
        from silero_vad import load_silero_vad

        torch.set_num_threads(1)
        torch.set_grad_enabled(False)
        return cls(load_silero_vad())

    def probability(self, chunk: np.ndarray) -> float:
        """Args: chunk: float32[512] at 16 kHz."""
        assert len(chunk) == CHUNK
        if level_db(chunk) < NEVER_VOICE_DB:
            return 0.0
        import torch

        return float(self._model(torch.from_numpy(chunk.copy()), RATE).item())

    def reset(self) -> None:
        self._model.reset_states()
