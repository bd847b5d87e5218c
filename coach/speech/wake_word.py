"""The wake word, found in the transcript: no model of its own, and it may be any word."""

from __future__ import annotations

import difflib
import re
import time
from collections.abc import Callable

ALIKE = 0.78  # "robots", "robert" for "robot"
AWAKE_S = 8.0  # after an answer one need not call again
FIRST_WORDS = 3  # "hey robot, …"
_WORD = re.compile(r"[\w']+")


class WakeWord:
    """Args: clock: seconds that only go forward."""

    def __init__(self, word: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._words = _WORD.findall(word.lower())
        self._clock = clock
        self._awake_until = float("-inf")

    def stay_awake(self) -> None:
        self._awake_until = self._clock() + AWAKE_S

    def meant_for_me(self, text: str) -> str | None:
        """What was said without the call; empty for the call alone, None where somebody else was meant."""
        found = list(_WORD.finditer(text))
        count = len(self._words)
        for first in range(min(FIRST_WORDS, len(found) - count + 1)):
            called = " ".join(match.group().lower() for match in found[first : first + count])
            if difflib.SequenceMatcher(None, called, " ".join(self._words)).ratio() >= ALIKE:
                self.stay_awake()
                return text[found[first + count - 1].end() :].lstrip(" ,.!?:;-")
        if self._clock() < self._awake_until:
            self.stay_awake()
            return text
        return None
