"""What turns sound into words, behind one interface: openai-whisper, or faster-whisper as an extra."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from coach.speech.audio import RATE
from coach.speech.models import EMBEDDED, SpeechModelError, fetch_model, find_model, is_file_name, missing_file
from robot_bridge.protocol.errors import CoachError, ConfigError

LONGEST_S = 28.0  # of one reading; whisper's window is 30 s
PROMPT_TOKENS = 200
WARM_S = 1.0


@dataclass(frozen=True)
class Reading:
    """One reading of one piece of sound.

    Args:
        log_probability: the mean of its tokens, natural logarithm.
        no_speech: probability that nobody spoke.
        compression: gzip ratio of the text.
    """

    text: str
    log_probability: float
    no_speech: float
    compression: float
    language: str

    @property
    def confidence(self) -> float:
        return math.exp(min(0.0, self.log_probability))


class Engine(Protocol):
    """A loaded model."""

    model: str
    device: str

    def read(self, audio: np.ndarray, language: str, prompt: str, temperature: float = 0.0) -> Reading:
        """What is said in a stretch of sound.

        Args:
            audio: float32[n] at 16 kHz, at most 28 s.
            language: as whisper names it, or `auto`.
            prompt: names that may be said.
            temperature: 0 for the likeliest words.

        Raises:
            ConfigError: the model does not know the language.
        """
        ...


class WhisperEngine:
    """openai-whisper, without the padding to 30 s."""

    def __init__(self, model: Any, name: str) -> None:
        self.whisper = model
        self.model, self.device = name, model.device.type

    @classmethod
    def load(cls, name: str, folder: Path, device: str, progress: Callable[[float], None]) -> WhisperEngine:
        """Raises: CoachError: there is no such model, it cannot be fetched, or it is damaged."""
        import torch
        import whisper

        torch.set_grad_enabled(False)
        path = find_model(name, folder) or _fetched(name, folder, progress)
        place = _device(device)
        try:
            model = whisper.load_model(str(path), device=place)
        except Exception as error:  # what torch makes of a damaged file has many names
            raise SpeechModelError(f"{path} is no whisper model ({' '.join(str(error).split())[:120]})",
                                   next_step="remove the file and start again") from None  # fmt: skip
        engine = cls(model, name)
        engine.read(np.zeros(int(WARM_S * RATE), np.float32), "en", "")
        return engine

    def read(self, audio: np.ndarray, language: str, prompt: str, temperature: float = 0.0) -> Reading:
        from whisper import DecodingOptions

        from coach.speech.ears.short_context import transcribe_short

        spoken = None if language == "auto" and self.whisper.is_multilingual else language
        if not self.whisper.is_multilingual:
            spoken = "en"
        known = prompt if self.model != EMBEDDED else ""  # it was trained without
        options = DecodingOptions(language=spoken, prompt=known or None, temperature=temperature,
                                  without_timestamps=True, fp16=self.device == "cuda")  # fmt: skip
        try:
            result = transcribe_short(self.whisper, audio, options)
        except ValueError as error:
            if "language" in str(error).lower():
                raise ConfigError(f"whisper knows no language '{language}'", "en, de, fr, …, or auto") from None
            raise
        return Reading(result.text.strip(), float(result.avg_logprob), float(result.no_speech_prob),
                       float(result.compression_ratio), result.language)  # fmt: skip


class FasterWhisperEngine:
    """faster-whisper (CTranslate2), the extra of that name."""

    def __init__(self, model: Any, name: str, device: str) -> None:
        self._whisper, self.model, self.device = model, name, device

    @classmethod
    def load(cls, name: str, folder: Path, device: str, progress: Callable[[float], None]) -> FasterWhisperEngine:
        """Raises: CoachError: the extra is not installed, or there is no such model for it."""
        try:
            from faster_whisper import WhisperModel
        except ImportError:
            raise CoachError("the engine faster-whisper is not installed",
                             next_step="pip install 'robot-coach[faster-whisper]', or set speech: {engine: whisper}") \
                from None  # fmt: skip
        if name == EMBEDDED:
            raise ConfigError("the embedded ears are for the engine whisper alone", "a model of faster-whisper")
        wanted = _device(device)
        try:
            model = WhisperModel(name, device=wanted, compute_type="float16" if wanted == "cuda" else "int8",
                                 download_root=str(folder))  # fmt: skip
        except Exception as error:  # it has no tree of errors: network, hub and file troubles all differ
            raise SpeechModelError(f"the speech model '{name}' cannot be loaded by faster-whisper ({error})"[:300],
                                   next_step=f"put its folder into {folder}") from None  # fmt: skip
        return cls(model, name, wanted)

    def read(self, audio: np.ndarray, language: str, prompt: str, temperature: float = 0.0) -> Reading:
        spoken = None if language == "auto" else language
        found, info = self._whisper.transcribe(
            audio, language=spoken, initial_prompt=prompt or None, temperature=temperature, beam_size=1,
            without_timestamps=True, condition_on_previous_text=False,
        )  # fmt: skip
        parts = list(found)
        if not parts:
            return Reading("", 0.0, 1.0, 0.0, info.language)
        weights = [max(1, len(part.tokens)) for part in parts]
        mean = sum(w * part.avg_logprob for w, part in zip(weights, parts, strict=True)) / sum(weights)
        return Reading(" ".join(part.text.strip() for part in parts), mean, max(p.no_speech_prob for p in parts),
                       max(p.compression_ratio for p in parts), info.language)  # fmt: skip


ENGINES: dict[str, Any] = {"whisper": WhisperEngine, "faster-whisper": FasterWhisperEngine}


def load_engine(engine: str, name: str, folder: Path, device: str, progress: Callable[[float], None]) -> Engine:
    """Raises: CoachError: the model or the engine is not to be had here."""
    loaded: Engine = ENGINES[engine].load(name, folder, device, progress)
    return loaded


def _fetched(name: str, folder: Path, progress: Callable[[float], None]) -> Path:
    if is_file_name(name):
        raise missing_file(name)
    if name == EMBEDDED:
        raise SpeechModelError("the embedded ears are not part of this installation",
                               next_step="install robot-coach again, or set speech: {model: base.en}")  # fmt: skip
    from whisper import _MODELS

    if name not in _MODELS:
        raise ConfigError(f"there is no speech model '{name}'", ", ".join([EMBEDDED, *_MODELS, "the path of a file"]))
    return fetch_model(name, folder, _MODELS[name], progress)


def _device(wanted: str) -> str:
    import torch

    if wanted == "cuda" and not torch.cuda.is_available():
        raise ConfigError("speech: 'device' is cuda, and there is none here", "auto or cpu")
    return ("cuda" if torch.cuda.is_available() else "cpu") if wanted == "auto" else wanted
