"""The microphone: blocks of 32 ms, whatever the device gives, and a device that goes and comes back."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from coach.speech.audio import CHUNK, RATE, SILENT_DB, level_db
from coach.speech.resample import Resampler
from coach.speech.sound import Form, SoundError, SoundSystem

log = logging.getLogger(__name__)

WATCH_S = 0.1
SILENT_S = 1.5  # a device that has given nothing for so long has gone
FIRST_S = 4.0  # some take their time over the first block
RETRY_S = 1.0
LOOK_S = 2.0  # a device that does not let go is not waited for
GAP = RATE  # samples that are skipped when it comes back: what was open is cut off there
FALL_DB = 1.5  # a block: the level meter falls slowly


class Microphone:
    """Open from the start until `close`.

    Args:
        name: of the device or a part of it; empty is the default.
        first: the number of its first sample, less the gap that follows every opening.
        heard: gets (number of the first sample, float32[512]) in PortAudio's thread; must return at once.
        told: gets one sentence when the microphone goes, and an empty one when it is there.
    """

    def __init__(self, sound: SoundSystem, name: str, heard: Callable[[int, np.ndarray], None],
                 told: Callable[[str], None], first: int = 0) -> None:  # fmt: skip
        self._sound, self.name, self._heard, self._told = sound, name, heard, told
        self._held = np.zeros(0, np.float32)
        self._resampler = Resampler(RATE)
        self._count = first
        self._counted_at = time.monotonic()
        self._closed = threading.Event()
        self._reopen = threading.Event()
        self._looked = threading.Event()
        self._lost = False  # and it has been told
        self.level_db = SILENT_DB
        self.device = ""
        self._thread = threading.Thread(target=self._run, name="microphone", daemon=True)
        self._thread.start()

    @property
    def position(self) -> float:
        """The sample number of this moment."""
        return self._count + min(0.2, time.monotonic() - self._counted_at) * RATE

    def choose(self, name: str) -> None:
        """Take another device, now."""
        self.name, self._lost = name, False
        self._reopen.set()

    def look_again(self) -> None:
        """Let go of the device for a moment, so that PortAudio finds those that have been plugged in since."""
        self._looked.clear()
        self._reopen.set()
        self._looked.wait(LOOK_S)

    def close(self) -> None:
        self._closed.set()
        self._thread.join(timeout=3.0)

    def _run(self) -> None:
        while not self._closed.is_set():
            try:
                self._listen()
                reason = f"The microphone '{self.device}' has gone; I go on as soon as it is back, and typing works " \
                         "without."  # fmt: skip
            except SoundError as error:
                reason = f"{str(error)[:1].upper()}{str(error)[1:]}"
            self.device, self.level_db = "", SILENT_DB
            if self._closed.is_set():
                return
            if not self._reopen.is_set():
                if not self._lost:
                    self._told(reason)
                self._lost = True
                self._reopen.wait(RETRY_S)
            self._reopen.clear()
            self._refresh()

    def _refresh(self) -> None:
        try:
            self._sound.refresh()
        except Exception as error:  # PortAudio is at a loss: try again later
            log.warning("the devices cannot be looked for: %s", error)
        self._looked.set()

    def _listen(self) -> None:
        """While the device gives sound. Raises: SoundError: it cannot be opened."""
        form = self._sound.form("input", self._sound.find("input", self.name))
        self._resampler, self._held = Resampler(form.rate), np.zeros(0, np.float32)
        self._count += GAP
        self._counted_at = opened = time.monotonic()
        stream = self._sound.open(lambda: self._stream(form), form.device.name, "microphone")
        self.device = form.device.name
        heard_of = False
        try:
            while not self._closed.is_set() and not self._reopen.is_set():
                time.sleep(WATCH_S)
                if not heard_of and self._counted_at > opened:
                    heard_of, self._lost = True, False
                    self._told("")
                patience_s = SILENT_S if heard_of else FIRST_S
                if time.monotonic() - self._counted_at > patience_s or not stream.active:
                    return
        finally:
            self._sound.close(stream)

    def _stream(self, form: Form) -> Any:
        return self._sound.library.InputStream(
            device=form.device.index, channels=form.channels, samplerate=form.rate, dtype="float32",
            blocksize=round(CHUNK * form.rate / RATE), latency="low", callback=self._take,
        )  # fmt: skip

    def _take(self, samples: np.ndarray, frames: int, when: Any, status: Any) -> None:
        if self._closed.is_set():
            return
        mono = samples[:, 0].copy() if samples.shape[1] == 1 else samples.mean(axis=1, dtype=np.float32)
        held = np.concatenate((self._held, self._resampler.feed(mono)))
        while len(held) >= CHUNK:
            chunk, held = held[:CHUNK], held[CHUNK:]
            first = self._count
            self._count, self._counted_at = first + CHUNK, time.monotonic()
            self.level_db = max(level_db(chunk), self.level_db - FALL_DB)
            self._heard(first, chunk)
        self._held = held
