"""The loudspeaker's clock and the microphone's, with a device made of numbers."""

from types import SimpleNamespace
from typing import Any

import numpy as np

from coach.speech.audio import CHUNK, RATE
from coach.speech.player import Player
from coach.speech.sound import Form

SAID = np.sin(np.arange(4 * RATE) / 5).astype(np.float32)


class Device:
    """Takes a chunk of 512 samples when told to; the microphone's clock is a number."""

    def __init__(self) -> None:
        self.position = 0.0
        self.heard: list[np.ndarray] = []
        self.library = SimpleNamespace(OutputStream=lambda callback, **kwargs: self._opened(callback))
        self.player = Player(self, "", lambda: self.position)  # type: ignore[arg-type]

    def may_ask_back(self, lender: Any) -> None:
        return

    def find(self, kind: str, name: str) -> Any:
        return SimpleNamespace(name="loudspeaker", index=0)

    def form(self, kind: str, device: Any) -> Form:
        return Form(device=device, rate=RATE, channels=1)

    def open(self, make: Any, name: str, kind: str) -> Any:
        return make()

    def close(self, stream: Any) -> None:
        stream.active = False

    def _opened(self, callback: Any) -> Any:
        self._give = callback
        return SimpleNamespace(active=True)

    def take(self, chunks: int, samples: float = CHUNK) -> None:
        """So many chunks; the microphone's clock goes on by `samples` with each."""
        for _ in range(chunks):
            out = np.zeros((CHUNK, 1), np.float32)
            self._give(out, CHUNK, None, None)
            self.heard.append(out[:, 0])
            self.position += samples

    @property
    def sound(self) -> np.ndarray:
        return np.concatenate(self.heard)


def test_nothing_is_said_while_the_microphone_stands_still():
    device = Device()
    device.player.play(SAID)
    device.take(20, samples=0)
    assert not device.sound.any()
    device.position += 7000  # what came in meanwhile, at once
    device.take(40)
    assert device.sound.any()


def test_what_was_played_is_found_where_the_microphone_hears_it():
    device = Device()
    device.player.play(SAID)
    device.take(8, samples=0)
    device.position += 5000
    device.take(60)
    first = int(np.flatnonzero(device.sound)[0])
    at = 5000 + first - 8 * CHUNK  # by the microphone's clock
    found = device.player.played_at(at, 4 * CHUNK)
    lag = int(np.argmax(np.correlate(np.pad(SAID[: 4 * CHUNK], CHUNK), found, "valid"))) - CHUNK
    assert -0.03 * RATE <= lag <= 0.03 * RATE and np.abs(found).max() > 0.9


def test_it_speaks_all_the_same_when_the_clocks_never_agree():
    device = Device()
    device.player.play(SAID)
    device.take(80, samples=0)
    assert device.sound.any()


def test_what_is_about_to_be_played_is_known_when_the_device_is_ahead():
    device = Device()
    device.player.play(SAID)
    device.take(30)
    ahead = device.player.played_at(int(device.position), 2 * CHUNK)
    assert len(ahead) == 2 * CHUNK and ahead.any()


def test_silence_is_nothing_when_all_is_said():
    device = Device()
    device.player.play(SAID[:CHUNK])
    device.take(60)
    assert len(device.player.played_at(int(device.position) - 4 * CHUNK, CHUNK)) == 0
