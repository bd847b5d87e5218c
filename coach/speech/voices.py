"""The robot's voice: piper where one is configured, else espeak-ng where it is installed, else none."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path
from typing import Protocol

import numpy as np

from coach.processes.child import interpreter
from coach.speech.audio import from_pcm
from coach.speech.resample import Resampler
from robot_bridge.protocol.errors import CoachError, ConfigError

SPEAK_S = 20.0
ESPEAK = "espeak-ng"
WORDS_A_MINUTE = 165
LENGTH = struct.Struct("<I")


class VoiceError(CoachError):
    """The voice cannot speak."""


class Voice(Protocol):
    """What speaks aloud."""

    name: str

    def speak(self, text: str) -> np.ndarray:
        """A sentence or two as float32[n] at 16 kHz.

        Raises:
            VoiceError: the voice is missing, broken or does not answer.
        """
        ...

    def close(self) -> None: ...


class EspeakVoice:
    """Args: language: as whisper names it; `auto` is English."""

    def __init__(self, language: str) -> None:
        self.name = ESPEAK
        self._language = {"en": "en-us", "auto": "en-us"}.get(language, language)

    def speak(self, text: str) -> np.ndarray:
        command = [ESPEAK, "-v", self._language, "-s", str(WORDS_A_MINUTE), "--stdin", "--stdout"]
        try:
            done = subprocess.run(command, input=text.encode(), capture_output=True, timeout=SPEAK_S, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise VoiceError(f"espeak-ng does not answer: {error}", next_step="what I say is on the screen") from None
        raw = done.stdout
        if done.returncode or len(raw) < 44:
            raise VoiceError(f"espeak-ng cannot speak ({done.stderr.decode(errors='replace').strip()[:120]})",
                             next_step="what I say is on the screen")  # fmt: skip
        resampler = Resampler(struct.unpack("<I", raw[24:28])[0])
        samples = raw[44:]  # its header cannot know the length
        return np.concatenate((resampler.feed(from_pcm(samples[: len(samples) // 2 * 2])), resampler.finish()))

    def close(self) -> None:
        return


class PiperVoice:
    """A piper voice in a process of its own, which keeps it loaded."""

    def __init__(self, path: Path) -> None:
        self.name = f"piper {path.stem}"
        self._path = path
        self._process: subprocess.Popen[bytes] | None = None

    def speak(self, text: str) -> np.ndarray:
        process = self._process
        if process is None or process.poll() is not None:
            command = [*interpreter(), "-m", "coach.speech.piper_process", str(self._path)]
            process = self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                                       stderr=subprocess.DEVNULL, start_new_session=True)  # fmt: skip
        assert process.stdin is not None and process.stdout is not None
        words = text.encode()
        try:
            process.stdin.write(LENGTH.pack(len(words)) + words)
            process.stdin.flush()
            head = process.stdout.read(LENGTH.size)
            samples = process.stdout.read(LENGTH.unpack(head)[0]) if len(head) == LENGTH.size else b""
        except OSError:
            samples = b""
        if not samples:
            raise VoiceError(
                f"the voice {self._path.name} cannot speak",
                next_step=f"pip install piper-tts, and put {self._path.name}.json beside it",
            )
        return from_pcm(samples)

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def make_voice(setting: str, language: str) -> Voice | None:
    """None: the robot's words are text only.

    Raises: ConfigError: a voice is named and not there.
    """
    if setting == "off":
        return None
    if setting in ("auto", ESPEAK):
        if shutil.which(ESPEAK) is not None:
            return EspeakVoice(language)
        if setting == "auto":
            return None
        raise ConfigError("speech: 'voice' is espeak-ng, which is not installed", "auto, off or a piper voice",
                          "sudo apt-get install -y espeak-ng")  # fmt: skip
    path = Path(setting).expanduser()
    if not path.is_file():
        raise ConfigError(f"speech: there is no piper voice {path}", "auto, off, espeak-ng or the path of a .onnx file",
                          "voices are listed at https://huggingface.co/rhasspy/piper-voices")  # fmt: skip
    return PiperVoice(path)
