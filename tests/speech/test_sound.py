"""Devices as PortAudio describes them: which is meant, the form that it takes, what is said of its troubles."""

from __future__ import annotations

from typing import Any

import pytest

from coach.speech.sound import SoundError, SoundSystem


class Library:
    """The part of sounddevice that is used. Args: takes: (rate, channels) that the device can be opened with."""

    class PortAudioError(Exception):
        pass

    def __init__(self, takes: set[tuple[float, int]], names: tuple[str, ...] = ("Desk Mic", "USB Headset")) -> None:
        self.takes, self.names = takes, names
        self.refreshed = 0

    def query_devices(self, device: Any = None, kind: str | None = None) -> Any:
        rows = [{"index": n, "name": name, "default_samplerate": 48000.0, "max_input_channels": 2,
                 "max_output_channels": 0} for n, name in enumerate(self.names)]  # fmt: skip
        if kind is None:
            return rows
        if not rows:
            raise self.PortAudioError("Error querying device -1")
        return rows[0]

    def check_input_settings(self, device: int, channels: int, samplerate: float, dtype: str) -> None:
        if (samplerate, channels) not in self.takes:
            raise self.PortAudioError("Invalid sample rate [PaErrorCode -9997]")

    def _terminate(self) -> None:
        self.refreshed += 1

    def _initialize(self) -> None:
        return


class Stream:
    def __init__(self, error: Exception | None = None) -> None:
        self._error = error

    def start(self) -> None:
        if self._error is not None:
            raise self._error

    def abort(self, ignore_errors: bool) -> None:
        return

    close = abort


def system(library: Library) -> SoundSystem:
    sound = SoundSystem()
    sound._library = library
    return sound


@pytest.mark.parametrize(
    ("takes", "rate", "channels"),
    [({(16000.0, 1), (48000.0, 2)}, 16000.0, 1), ({(48000.0, 1)}, 48000.0, 1), ({(48000.0, 2)}, 48000.0, 2)],
)
def test_a_device_is_opened_at_its_own_rate_when_it_has_not_ours(takes, rate, channels):
    sound = system(Library(takes))
    form = sound.form("input", sound.find("input", ""))
    assert (form.rate, form.channels) == (rate, channels)


def test_one_sentence_is_told_when_the_device_is_busy():
    sound = system(Library(set()))
    with pytest.raises(SoundError, match="'Desk Mic' cannot be opened: another program holds it"):
        sound.form("input", sound.find("input", ""))
    busy = Library.PortAudioError("Error starting stream: Device unavailable [PaErrorCode -9985]")
    with pytest.raises(SoundError, match=r"\(Error starting stream: Device unavailable\)"):
        sound.open(lambda: Stream(busy), "Desk Mic", "microphone")


def test_one_sentence_is_told_when_there_is_no_device_at_all():
    with pytest.raises(SoundError, match="there is no microphone; plug one in; typing works without"):
        system(Library(set(), ())).find("input", "")


def test_a_device_is_meant_by_a_part_of_its_name():
    sound = system(Library({(16000.0, 1)}))
    assert sound.find("input", "headset").name == "USB Headset"
    with pytest.raises(SoundError, match="Desk Mic, USB Headset"):
        sound.find("input", "Kinect")


def test_devices_are_not_looked_for_anew_while_a_stream_is_open():
    library = Library({(16000.0, 1)})
    sound = system(library)
    stream = sound.open(Stream, "Desk Mic", "microphone")
    assert not sound.refresh() and library.refreshed == 0
    sound.close(stream)
    assert sound.refresh() and library.refreshed == 1
