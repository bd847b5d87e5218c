"""What a home can configure about hearing and speaking: the keys under `speech:` in `config.yaml`."""

from __future__ import annotations

import difflib
import typing
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from robot_bridge.protocol.errors import ConfigError

Mode = Literal["off", "push_to_talk", "hands_free", "wake_word"]
MODES: tuple[Mode, ...] = typing.get_args(Mode)
_KINDS = {"str": "a text", "bool": "true or false", "float": "a number", "int": "a whole number"}
_RANGES = {
    "silence_s": (0.3, 3.0), "longest_s": (2.0, 29.0), "preroll_s": (0.3, 2.0), "ask_below": (0.0, 1.0),
    "keep_audio_days": (1, 36500),
}  # fmt: skip


@dataclass(frozen=True)
class SpeechSettings:
    """
    Args:
        mode: how the robot listens once speech is switched on.
        microphone, speaker: a device's name or a part of it; empty is the system's default.
        engine: `faster-whisper` needs the extra of that name.
        model: `embedded` (hears synthetic English only), a name of openai-whisper such as `base.en`, or a file.
        language: as whisper names it, `en`, `de`, …; `auto` lets it find out.
        bias: whisper is told the names of this home's things and places, and its rules.
        wake_word: of the mode `wake_word`.
        stop_always: the stop word is heard even while nothing else is listened to.
        silence_s: so much silence ends what was said, whatever the words are.
        longest_s: a sentence is cut off after this.
        preroll_s: so much before the first sound belongs to it.
        ask_below: with less confidence (0 to 1) the robot asks back before it acts.
        keep_audio, keep_audio_days: the sound of a correction is kept with it, for so long.
        voice: `auto`, `off`, `espeak-ng`, or the path of a piper voice (`.onnx`).
    """

    mode: Mode = "push_to_talk"
    microphone: str = ""
    speaker: str = ""
    engine: Literal["whisper", "faster-whisper"] = "whisper"
    model: str = "base.en"
    device: Literal["auto", "cpu", "cuda"] = "auto"
    language: str = "en"
    bias: bool = True
    wake_word: str = "robot"
    stop_always: bool = True
    silence_s: float = 0.8
    longest_s: float = 8.0
    preroll_s: float = 0.6
    ask_below: float = 0.55
    keep_audio: bool = True
    keep_audio_days: int = 90
    voice: str = "auto"


def read_speech(values: Any, path: Path) -> SpeechSettings:
    """The mapping under `speech:`.

    Raises: ConfigError: it is none, a key is unknown, a value does not fit.
    """
    if not isinstance(values, dict):
        raise ConfigError(f"{path}: 'speech' is {values!r}", "keys and values, such as {mode: hands_free}")
    return SpeechSettings(**{key: _checked(key, value, path) for key, value in values.items()})


def _checked(key: Any, value: Any, path: Path) -> Any:
    known = [field.name for field in fields(SpeechSettings)]
    if key not in known:
        near = difflib.get_close_matches(str(key), known, n=1, cutoff=0.5)
        hint = f"did you mean '{near[0]}'?" if near else "remove the line"
        raise ConfigError(f"{path}: 'speech' has an unknown key '{key}'", ", ".join(known), hint)
    wanted = typing.get_type_hints(SpeechSettings)[key]
    if key == "mode" and value is False:
        value = "off"  # YAML reads a bare off as false
    if key == "voice" and value is False:
        value = "off"
    if typing.get_origin(wanted) is Literal:
        choices = typing.get_args(wanted)
        if value not in choices:
            raise _unfit(key, value, path, " or ".join(choices))
        return value
    if wanted is float and type(value) is int:
        value = float(value)
    if type(value) is not wanted:  # not isinstance: true is no whole number
        raise _unfit(key, value, path, _KINDS[wanted.__name__])
    if key in _RANGES and not _RANGES[key][0] <= value <= _RANGES[key][1]:
        raise _unfit(key, value, path, f"{_RANGES[key][0]:g} to {_RANGES[key][1]:g}")
    if key in ("language", "model", "voice", "wake_word") and not value.strip():
        raise _unfit(key, value, path, "a text that is not empty")
    return value


def _unfit(key: str, value: Any, path: Path, allowed: str) -> ConfigError:
    return ConfigError(f"{path}: speech: '{key}' is {value!r}", allowed)
