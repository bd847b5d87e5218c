"""PortAudio: its devices, and the troubles that they make, each as one sentence.

PortAudio looks for devices once, when it is initialised; a device that comes later is seen after `refresh`, which would
end every open stream. Hence one `SoundSystem` a process: it knows what is open, and asks for it back.
"""

from __future__ import annotations

import ctypes
import sys
import threading
from dataclasses import dataclass
from typing import Any, Literal, Protocol
from weakref import WeakSet

from coach.speech.audio import RATE
from robot_bridge.protocol.errors import CoachError

Direction = Literal["input", "output"]
WORDS = {"input": "microphone", "output": "loudspeaker"}
RAW_NAMES = ("hw:", "dmix", "surround", "sysdefault")


class SoundError(CoachError):
    """No PortAudio, no device, or one that cannot be opened."""


@dataclass(frozen=True)
class Device:
    """Args: rate: its own, in Hz; channels: as many as it has in this direction."""

    index: int
    name: str
    rate: float
    channels: int
    default: bool


@dataclass(frozen=True)
class Form:
    """How a device is to be opened."""

    device: Device
    rate: float
    channels: int


class Lender(Protocol):
    """Keeps a stream that can be opened again at any time."""

    def give_back(self) -> bool:
        """Close it, at once; False: it is in use."""
        ...


_quiet = ctypes.CFUNCTYPE(None)(lambda: None)  # C callers may hand it any arguments


def _silence() -> None:
    """What ALSA and JACK have to say would be written across the screen; the sentences here say it."""
    if not sys.platform.startswith("linux"):
        return
    for name, functions in (("libasound.so.2", ("snd_lib_error_set_handler",)),
                            ("libjack.so.0", ("jack_set_error_function", "jack_set_info_function"))):  # fmt: skip
        try:
            library = ctypes.CDLL(name)
        except OSError:
            continue
        for function in functions:
            getattr(library, function)(_quiet)


class SoundSystem:
    """PortAudio, loaded when it is first needed."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._library: Any = None
        self._open = 0
        self._lenders: WeakSet[Lender] = WeakSet()

    @property
    def library(self) -> Any:
        """Raises: SoundError: PortAudio is not installed."""
        with self._lock:
            if self._library is None:
                _silence()
                try:
                    import sounddevice
                except OSError:
                    raise SoundError("the PortAudio library is missing, so nothing can be heard",
                                     next_step="sudo apt-get install -y libportaudio2; typing works without") \
                        from None  # fmt: skip
                self._library = sounddevice
            return self._library

    def may_ask_back(self, lender: Lender) -> None:
        """Whoever keeps a stream open without using it all the time."""
        self._lenders.add(lender)

    def refresh(self) -> bool:
        """Look for devices again; False: a stream is in use, and the list stays as it is."""
        with self._lock:
            given_back = all([lender.give_back() for lender in self._lenders])
            if self._open or not given_back:
                return False
            sd = self.library
            sd._terminate()
            sd._initialize()
            return True

    def devices(self, direction: Direction) -> list[Device]:
        """Raises: SoundError: there is no PortAudio."""
        with self._lock:
            sd = self.library
            key = f"max_{direction}_channels"
            try:
                chosen = sd.query_devices(kind=direction)["index"]
            except (sd.PortAudioError, ValueError):
                chosen = -1
            return [Device(row["index"], row["name"], float(row["default_samplerate"]), int(row[key]),
                           row["index"] == chosen) for row in sd.query_devices() if row[key] > 0]  # fmt: skip

    def find(self, direction: Direction, name: str) -> Device:
        """By name or a part of it, as a person writes it; empty is the system's default.

        Raises: SoundError: there is none.
        """
        found = self.devices(direction)
        word = WORDS[direction]
        if not found:
            raise SoundError(f"there is no {word}", next_step="plug one in; typing works without")
        if not name:
            return next((device for device in found if device.default), found[0])
        for fits in (lambda d: d.name == name, lambda d: name.lower() in d.name.lower()):
            match = next((device for device in found if fits(device)), None)
            if match is not None:
                return match
        shown = [device.name for device in found if not device.name.startswith(RAW_NAMES)]
        raise SoundError(f"there is no {word} called '{name}'", ", ".join(shown or [d.name for d in found]),
                         "plug it in, or choose another in the command palette")  # fmt: skip

    def form(self, direction: Direction, device: Device) -> Form:
        """Our own rate and one channel if the device takes them, else its own.

        Raises:
            SoundError: it takes neither, as while another program holds it.
        """
        sd = self.library
        check = sd.check_input_settings if direction == "input" else sd.check_output_settings
        for rate in (float(RATE), device.rate):
            for channels in (1, min(2, device.channels), device.channels):
                try:
                    check(device=device.index, channels=channels, samplerate=rate, dtype="float32")
                except (sd.PortAudioError, ValueError):
                    continue
                return Form(device, rate, channels)
        raise SoundError(
            f"the {WORDS[direction]} '{device.name}' cannot be opened: another program holds it, or it"
            " takes no usual sample rate",
            next_step="close that program; typing works without",
        )

    def open(self, make: Any, name: str, word: str) -> Any:
        """Start the stream that `make` opens. Raises: SoundError: it does not open."""
        with self._lock:
            sd = self.library
            try:
                stream = make()
                stream.start()
            except sd.PortAudioError as error:
                reason = str(error.args[0]).split(" [")[0] if error.args else str(error)
                raise SoundError(f"the {word} '{name}' cannot be opened ({reason})",
                                 next_step="close what uses it; typing works without") from None  # fmt: skip
            self._open += 1
            return stream

    def close(self, stream: Any) -> None:
        with self._lock:
            self._open -= 1
            try:
                stream.abort(ignore_errors=True)
                stream.close(ignore_errors=True)
            except self.library.PortAudioError:
                return  # it is gone already
