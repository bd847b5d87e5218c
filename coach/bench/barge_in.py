"""A person cuts in: from the first sound of the voice to a loudspeaker that is silent, in a room of numbers.

The real `Player` and the real listening process, in real time. Between them is a loudspeaker that the microphone hears
more softly than the person, and the time that sound devices take.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from coach.speech.audio import CHUNK, RATE
from coach.speech.ears.espeak import Espeak
from coach.speech.player import BLOCK, Player
from coach.speech.sound import Device, Form

ECHO = 0.3  # of the robot's loudness, where it reaches the microphone
DEVICES_S = 0.052  # what PulseAudio adds on the way out (32 ms) and in (20 ms)
BAR_MS = 200.0
ANSWERS = ("All right, I will put the red cup in the sink, and the blue plate in the drying rack.",
           "I have stopped. Say resume when I may go on, or tell me what to do with the cup.")  # fmt: skip
CUTS_IN = ("no, put it in the drying rack", "wait", "put the cup in the bin", "the other one", "hey robot, listen")
AUDIBLE = 1e-4


class Loudspeaker:
    """The interface of `SoundSystem` with one device, which takes samples when the room asks for them."""

    def __init__(self) -> None:
        self.library = SimpleNamespace(OutputStream=self._opened)
        self._give: Callable[..., None] | None = None
        self._on_the_way = np.zeros(int(DEVICES_S * RATE), np.float32)
        self._lock = threading.Lock()

    def may_ask_back(self, lender: object) -> None:
        return

    def find(self, direction: str, name: str) -> Device:
        return Device(0, "room", float(RATE), 1, True)

    def form(self, direction: str, device: Device) -> Form:
        return Form(device, float(RATE), 1)

    def open(self, make: Callable[[], Any], name: str, word: str) -> Any:
        return make()

    def close(self, stream: Any) -> None:
        with self._lock:
            self._give = None

    def take(self) -> None:
        """The device's next block."""
        taken = np.zeros((BLOCK, 1), np.float32)
        with self._lock:
            if self._give is not None:
                self._give(taken, BLOCK, None, None)
        self._on_the_way = np.concatenate((self._on_the_way, taken[:, 0]))

    def heard(self) -> np.ndarray:
        """The robot's part of the next chunk of the microphone, float32[512]."""
        chunk, self._on_the_way = self._on_the_way[:CHUNK], self._on_the_way[CHUNK:]
        return ECHO * chunk

    def _opened(self, callback: Callable[..., None], **form: Any) -> Any:
        self._give = callback
        return SimpleNamespace(active=True)


class Dialogue:
    """Args: take: gets the blocks of the microphone, numbered from `at`."""

    def __init__(self, espeak: Espeak, take: Callable[[int, np.ndarray], None], at: int) -> None:
        self._espeak, self._take = espeak, take
        self.at = at
        self._at_s = time.perf_counter()
        self.loudspeaker = Loudspeaker()
        self.player = Player(self.loudspeaker, "", self._position)  # type: ignore[arg-type]
        self._noise = np.random.default_rng(0)

    def cut_in(self, number: int, person: np.ndarray, after_s: float) -> float | None:
        """The robot speaks, and after a while a person does.

        Args:
            person: float32[n], from the first sound on.

        Returns:
            Milliseconds to silence; None: it had none until its words were at an end.
        """
        answer = self._espeak.say(ANSWERS[number % len(ANSWERS)], "en-us").samples
        self.player.play(answer)
        silence = np.zeros(CHUNK, np.float32)
        while not self._hear(silence):
            pass
        for _ in range(int(after_s * RATE / CHUNK)):
            self._hear(silence)
        onset, last = self.at, self.at
        whole = np.pad(person, (0, RATE))
        for first in range(0, len(whole) - CHUNK + 1, CHUNK):
            last = self._hear(whole[first : first + CHUNK]) or last
        cut_short = last < min(self.at - RATE / 2, onset + len(answer) - after_s * RATE - RATE / 10)
        self.settle(2.5)
        return 1000 * (last - onset) / RATE if cut_short else None

    def settle(self, seconds: float) -> None:
        """Nobody speaks any more."""
        self.player.hush()
        for _ in range(int(seconds * RATE / CHUNK)):
            self._hear(np.zeros(CHUNK, np.float32))

    def learn(self) -> None:
        """One answer to its end: how the loudspeaker sounds in the room."""
        self.player.play(self._espeak.say(ANSWERS[0], "en-us").samples)
        while not self._hear(np.zeros(CHUNK, np.float32)):
            pass
        while self.player.audible:
            self._hear(np.zeros(CHUNK, np.float32))
        self.settle(1.0)

    def _hear(self, person: np.ndarray) -> int:
        """The next 32 ms, at their time. Returns: the number of the robot's last audible sample, 0 for none."""
        for _ in range(CHUNK // BLOCK):
            self.loudspeaker.take()
            self._at_s = max(self._at_s + BLOCK / RATE, time.perf_counter() - 1.0)
            time.sleep(max(0.0, self._at_s - time.perf_counter()))
        robot = self.loudspeaker.heard()
        noise = self._noise.normal(0, 1e-3, CHUNK)
        first, self.at = self.at, self.at + CHUNK
        self._take(first, (person + robot + noise).astype(np.float32))
        loud = np.flatnonzero(np.abs(robot) > AUDIBLE)
        return first + int(loud[-1]) + 1 if len(loud) else 0

    def _position(self) -> float:
        return self.at + min(0.2, time.perf_counter() - self._at_s) * RATE
