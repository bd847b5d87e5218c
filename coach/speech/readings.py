"""What the writing process is asked, one piece of sound at a time: final ones in order, guesses if there is time."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

Purpose = Literal["partial", "pause", "final", "doubt"]
LOST_S = 60.0  # a model that is being loaded or fetched may take its time


@dataclass(frozen=True)
class Asked:
    """Sound from `start` to `end` that is to be written down. Args: request: its number, 0 until it is asked."""

    segment: int
    start: int
    end: int
    purpose: Purpose
    request: int = 0
    asked_s: float = 0.0


class Readings:
    """Args: ask: sends a request; gets what is asked and its number."""

    def __init__(self, ask: Callable[[Asked], None]) -> None:
        self._ask = ask
        self._number = 0
        self._waiting: deque[Asked] = deque()
        self.current: Asked | None = None

    @property
    def idle(self) -> bool:
        return self.current is None and not self._waiting

    def want(self, asked: Asked) -> None:
        """A guess that has not been begun gives way to whatever is newer."""
        self._waiting = deque(waiting for waiting in self._waiting if waiting.purpose in ("final", "doubt"))
        self._waiting.append(asked)
        self._begin()

    def reads(self, segment: int, end: int) -> bool:
        """These very words are being written, or wait."""
        return any((a.segment, a.end) == (segment, end) and a.purpose != "partial"
                   for a in (self.current, *self._waiting) if a is not None)  # fmt: skip

    def answered(self, request: int) -> Asked | None:
        """What an answer is about; None where nobody waits for it any more."""
        asked = self.current
        if asked is None or asked.request != request:
            return None
        self.current = None
        self._begin()
        return asked

    def again(self) -> None:
        """The process has started again: what it was at is asked again."""
        if self.current is not None:
            self._ask(self.current)

    def lost(self) -> Asked | None:
        """What has been asked so long ago that no answer will come."""
        asked = self.current
        if asked is None or time.monotonic() - asked.asked_s < LOST_S:
            return None
        self.current = None
        self._begin()
        return asked

    def _begin(self) -> None:
        if self.current is None and self._waiting:
            self._number += 1
            self.current = replace(self._waiting.popleft(), request=self._number, asked_s=time.monotonic())
            self._ask(self.current)
