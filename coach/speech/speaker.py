"""The robot speaks: short answers, one after the other, silent at once when somebody cuts in."""

from __future__ import annotations

import logging
import queue
import re
import threading
from collections.abc import Callable

import numpy as np

from coach.speech.player import Player
from coach.speech.voices import Voice
from robot_bridge.protocol.errors import CoachError

log = logging.getLogger(__name__)

LONGEST = 240  # characters that are worth listening to; the rest is on the screen
MAX_WAITING = 3
PAUSE = np.zeros(3200, np.float32)  # 0.2 s between two answers
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


class Speaker:
    """Args: told: gets one sentence when the voice fails; said once."""

    def __init__(self, voice: Voice, player: Player, told: Callable[[str], None]) -> None:
        self.voice, self.player, self._told = voice, player, told
        self._texts: queue.Queue[tuple[int, str] | None] = queue.Queue()
        self._turn = 0
        self._failed = False
        self._thread = threading.Thread(target=self._run, name="speaker", daemon=True)
        self._thread.start()

    def say(self, text: str) -> None:
        """Returns at once."""
        short = spoken_part(text)
        if short and self._texts.qsize() < MAX_WAITING:
            self._texts.put((self._turn, short))

    def hush(self) -> None:
        """Silence, and nothing of what waits."""
        self._turn += 1
        self.player.hush()

    def close(self) -> None:
        self.hush()
        self._texts.put(None)
        self.voice.close()
        self._thread.join(timeout=2.0)
        self.player.close()

    def _run(self) -> None:
        while (waiting := self._texts.get()) is not None:
            turn, text = waiting
            if turn != self._turn:
                continue
            try:
                samples = self.voice.speak(text)
                if turn == self._turn:
                    self.player.play(np.concatenate((samples, PAUSE)))
            except CoachError as error:
                if not self._failed:
                    self._told(f"I cannot speak aloud: {error}")
                self._failed = True
            except Exception:
                log.exception("the voice failed")


def spoken_part(text: str) -> str:
    """The first sentences, as far as one wants to hear them; a list or a page of help is for the eyes."""
    said = ""
    for sentence in _SENTENCE_END.split(text.split("\n")[0].strip()):
        if said and len(said) + len(sentence) > LONGEST:
            break
        said = f"{said} {sentence}".strip()
    return said[: 2 * LONGEST].replace('"', "")
