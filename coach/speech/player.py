"""The loudspeaker: plays what it is given, falls silent at once, and remembers what it played and when."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np

from coach.speech.audio import CHUNK, RATE
from coach.speech.resample import Resampler
from coach.speech.sound import Form, SoundSystem

REMEMBERED = 4 * RATE  # samples
LOOKS = 96
AGREEING = 10  # looks at the microphone's clock that must say the same, before anything is played
AGREED = int(0.02 * RATE)  # between the second and the eighth of them in size: one look may come late
PATIENCE = 64  # looks, 2 s of silence, after which it plays whatever the clocks say
FADING_S = 0.4  # from the last sample handed out to the last that is heard
BLOCK = 256  # samples at 16 kHz that the device takes at a time: what is in it cannot be taken back
LATE = int(0.02 * RATE)  # less than any device takes: what is asked for has then been handed out, whatever the jitter
OPENS_S = 2.0  # that it may take before it takes anything
STALLED_S = 1.0  # a device that has taken nothing for so long has gone
REALIGN = int(0.02 * RATE)  # clocks that have drifted apart so far are matched again


class Player:
    """The stream stays open between sentences, so that the echo keeps coming back after the same time.

    Args:
        position: the microphone's sample number of this moment.
    """

    def __init__(self, sound: SoundSystem, name: str, position: Callable[[], float]) -> None:
        self._sound, self._name, self._position = sound, name, position
        self._lock = threading.Lock()
        self._opening = threading.Lock()
        self._waiting = np.zeros(0, np.float32)
        self._played = np.zeros(REMEMBERED, np.float32)  # a ring of what went to the device, at 16 kHz
        self._count = 0
        self._offset: float | None = None  # microphone's sample number less ours, once the clocks are matched
        self._offsets: deque[float] = deque(maxlen=LOOKS)
        self._silent_s = self._taken_s = 0.0
        self._stream: Any = None
        self._resampler = Resampler(RATE)
        self._left = np.zeros(0, np.float32)
        sound.may_ask_back(self)

    @property
    def audible(self) -> bool:
        """Something is being played, or has been until a moment ago."""
        return (len(self._waiting) > 0 and not self._stalled) or time.monotonic() < self._silent_s

    def play(self, samples: np.ndarray) -> None:
        """Add to what is to be played, float32[n] at 16 kHz. Raises: SoundError: no loudspeaker."""
        with self._opening:
            if self._stream is not None and (not self._stream.active or self._stalled):
                self._close()
            if self._stream is None:
                self._open()
            with self._lock:
                self._waiting = np.concatenate((self._waiting, samples))

    def hush(self) -> None:
        """Silence, with the next block of the device."""
        with self._lock:
            self._waiting = np.zeros(0, np.float32)

    def played_at(self, first: int, count: int) -> np.ndarray:
        """What was played while the microphone's samples from `first` on came in.

        Returns:
            float32[≤ count] at 16 kHz; empty where that was silence.
        """
        with self._lock:
            if self._offset is None:
                return np.zeros(0, np.float32)
            start = int(first - self._offset)
            given = min(count, self._count - start)
            if given <= 0 or start < self._count - REMEMBERED:
                return np.zeros(0, np.float32)
            found: np.ndarray = self._played[np.arange(start, start + given) % REMEMBERED]
            found = np.concatenate((found, self._waiting[: count - given]))  # a device that skipped is a little ahead
            return found if np.any(found) else found[:0]

    def close(self) -> None:
        with self._opening:
            self._close()

    @property
    def _stalled(self) -> bool:
        return self._stream is not None and time.monotonic() - self._taken_s > STALLED_S

    def give_back(self) -> bool:
        """Somebody looks for devices: between two sentences the loudspeaker can be closed. False: it speaks."""
        if not self._opening.acquire(blocking=False):  # whoever opens it may be waiting for who looks
            return False
        try:
            if self.audible:
                return False
            self._close()
            return True
        finally:
            self._opening.release()

    def _close(self) -> None:
        stream, self._stream = self._stream, None
        self.hush()
        if stream is not None:
            self._sound.close(stream)

    def _open(self) -> None:
        device = self._sound.find("output", self._name)
        form = self._sound.form("output", device)
        self._resampler, self._left = Resampler(RATE, form.rate), np.zeros(0, np.float32)
        with self._lock:
            self._offsets.clear()
            self._offset = None
        self._taken_s = time.monotonic() + OPENS_S
        self._stream = self._sound.open(lambda: self._make(form), device.name, "loudspeaker")

    def _make(self, form: Form) -> Any:
        return self._sound.library.OutputStream(
            device=form.device.index, channels=form.channels, samplerate=form.rate, dtype="float32",
            blocksize=round(BLOCK * form.rate / RATE), latency="low", callback=self._give,
        )  # fmt: skip

    def _give(self, out: np.ndarray, frames: int, when: Any, status: Any) -> None:
        self._taken_s = max(self._taken_s, time.monotonic())
        ready = self._left
        while len(ready) < frames:
            ready = np.concatenate((ready, self._resampler.feed(self._next())))
        out[:] = ready[:frames, None]
        self._left = ready[frames:]

    def _match(self, offset: float) -> None:
        """Silence comes first: a device that opens stops the microphone's for up to a second."""
        self._offsets.append(offset)
        latest = sorted(list(self._offsets)[-AGREEING:])
        agree = len(latest) == AGREEING and latest[-3] - latest[1] <= AGREED
        if agree or len(self._offsets) >= PATIENCE:
            self._offset = float(np.median(latest))
            self._offsets = deque(latest, maxlen=LOOKS)

    def _align(self, matched: float, offset: float) -> None:
        """Match the clocks again: one look jitters as a thread waits for its turn, the median of many does not."""
        self._offsets.append(offset)
        median = float(np.median(self._offsets))
        if not self._waiting.size and abs(median - matched) > REALIGN:
            self._offset = median

    def _next(self) -> np.ndarray:
        """The next chunk at 16 kHz, remembered as played."""
        with self._lock:
            chunk = np.zeros(CHUNK, np.float32)
            taken = chunk[:0]
            offset = self._position() - self._count + LATE
            if self._offset is None:
                self._match(offset)
            else:
                self._align(self._offset, offset)
                taken, self._waiting = self._waiting[:CHUNK], self._waiting[CHUNK:]
                chunk[: len(taken)] = taken
            self._played[np.arange(self._count, self._count + CHUNK) % REMEMBERED] = chunk
            self._count += CHUNK
            if len(taken):
                self._silent_s = time.monotonic() + FADING_S
            return chunk
