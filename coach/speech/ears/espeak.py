"""`espeak-ng` as a library: a sentence in, samples and the time of every phoneme and word out."""

from __future__ import annotations

import ctypes
import ctypes.util
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from robot_bridge.protocol.errors import CoachError

SAMPLE_RATE_HZ = 16_000
_RETRIEVAL, _PHONEME_EVENTS, _DONT_EXIT, _UTF8 = 1, 1 << 0, 1 << 15, 1
_RATE, _PITCH, _RANGE = 1, 3, 4
_LIST_END, _WORD, _PHONEME = 0, 1, 7


class EspeakError(CoachError):
    """`espeak-ng` is not installed or does not know what was asked of it."""


class _Id(ctypes.Union):
    _fields_: ClassVar = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    # espeak-ng 1.51, src/include/espeak-ng/speak_lib.h: espeak_EVENT
    _fields_: ClassVar = [("type", ctypes.c_int), ("unique", ctypes.c_uint), ("text_position", ctypes.c_int),
                ("length", ctypes.c_int), ("audio_ms", ctypes.c_int), ("sample", ctypes.c_int),
                ("user", ctypes.c_void_p), ("id", _Id)]  # fmt: skip


_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)  # fmt: skip


@dataclass(frozen=True)
class Spoken:
    """One sentence as it sounds.

    Args:
        samples: float32[n], 16 kHz, -1…1.
        phonemes: (start_s, name) in order; "" is a pause.
        words: (start_s, position of its first letter in the text, length in letters).
    """

    samples: np.ndarray
    phonemes: tuple[tuple[float, str], ...]
    words: tuple[tuple[float, int, int], ...]

    @property
    def duration_s(self) -> float:
        return len(self.samples) / SAMPLE_RATE_HZ


class Espeak:
    """The synthesiser of this process (the library keeps its state in globals: one at a time, one thread).

    Raises:
        EspeakError: the library is not installed.
    """

    def __init__(self) -> None:
        self._library, self._rate_hz = _started()
        self._audio: list[np.ndarray] = []
        self._events: list[tuple[int, int, int, int, str]] = []
        self._callback = _CALLBACK(self._receive)  # kept, or the library would call freed memory

    def say(self, text: str, voice: str = "en-us", *, words_per_minute: int = 170, pitch: int = 50,
            pitch_range: int = 50) -> Spoken:  # fmt: skip
        """Synthesise a sentence.

        Args:
            voice: a language, or language+variant, for example `en-gb+f3`.
            words_per_minute: 80…450.
            pitch, pitch_range: 0…100.

        Raises:
            EspeakError: no such voice, or nothing in the text can be said.
        """
        self._library.espeak_SetSynthCallback(self._callback)
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise EspeakError(f"espeak-ng has no voice '{voice[:40]}'", next_step="see espeak-ng --voices=en")
        for parameter, value in ((_RATE, words_per_minute), (_PITCH, pitch), (_RANGE, pitch_range)):
            self._library.espeak_SetParameter(parameter, int(value), 0)
        self._audio.clear()
        self._events.clear()
        data = text.encode()
        self._library.espeak_Synth(data, len(data) + 1, 0, 1, 0, _UTF8, None, None)
        self._library.espeak_Synchronize()
        if not any(kind == _PHONEME and not name.startswith("_") for kind, *_, name in self._events):
            raise EspeakError(f"nothing in '{text[:60]}' can be spoken")
        samples = _resampled(np.concatenate(self._audio).astype(np.float32) / 32768, self._rate_hz)
        phonemes = tuple((at / 1000, "" if name.startswith("_") else name)
                         for kind, at, _, _, name in self._events if kind == _PHONEME)  # fmt: skip
        words = tuple((at / 1000, start - 1, length) for kind, at, start, length, _ in self._events if kind == _WORD)
        return Spoken(samples, phonemes, words)

    def data_folder(self) -> Path:
        """The `espeak-ng-data` in use."""
        path = ctypes.c_char_p()
        self._library.espeak_Info.restype = ctypes.c_char_p
        self._library.espeak_Info(ctypes.byref(path))
        return Path((path.value or b"").decode())

    def _receive(self, wave: Any, count: int, events: Any) -> int:
        if count > 0 and wave:
            self._audio.append(np.ctypeslib.as_array(wave, (count,)).copy())
        index = 0
        while events and events[index].type != _LIST_END:
            event = events[index]
            name = event.id.string.decode("utf-8", "replace") if event.type == _PHONEME else ""
            self._events.append((event.type, event.audio_ms, event.text_position, event.length, name))
            index += 1
        return 0


def available() -> bool:
    """Whether the library is installed."""
    return ctypes.util.find_library("espeak-ng") is not None


@cache
def _started() -> tuple[ctypes.CDLL, int]:
    """The library and its rate in Hz; started once a process: it hangs when it is initialised again."""
    name = ctypes.util.find_library("espeak-ng")
    if name is None:
        raise EspeakError(
            "espeak-ng is not installed",
            next_step="install it, for example `apt-get install espeak-ng` or `brew install espeak-ng`",
        )
    library = ctypes.CDLL(name)
    rate_hz = library.espeak_Initialize(_RETRIEVAL, 0, None, _PHONEME_EVENTS | _DONT_EXIT)
    if rate_hz <= 0:
        raise EspeakError("espeak-ng does not start", next_step="reinstall it, for example apt-get install espeak-ng")
    return library, int(rate_hz)


def _resampled(samples: np.ndarray, rate_hz: int) -> np.ndarray:
    """float32[n] at `rate_hz` → float32[m] at 16 kHz."""
    from scipy.signal import resample_poly

    divisor = int(np.gcd(rate_hz, SAMPLE_RATE_HZ))
    return resample_poly(samples, SAMPLE_RATE_HZ // divisor, rate_hz // divisor).astype(np.float32)
