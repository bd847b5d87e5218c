"""The microphone of `coach run --headless --microphone`: what is heard and told comes out as lines like the rest."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from robot_bridge.protocol.errors import CoachError

if TYPE_CHECKING:
    from coach.config import Config
    from coach.session.system import System
    from coach.speech.heard import Heard
    from coach.speech.speech import Speech


@contextmanager
def listening(config: Config, system: System, line: Callable[[str, str], None]) -> Iterator[Speech]:
    """Hands free, unless the home listens for the wake word. Nothing to hear with is one line, and typing works."""
    from coach.speech.speech import Person, Speech

    def said(heard: Heard) -> None:
        if heard.text:
            line("heard", heard.text)
        system.submit_spoken(heard)

    def told(words: str) -> None:
        line("speech", words)

    speech = Speech(config, Person(said=said, stop=system.spoken.stop, told=told, prompt=system.spoken.prompt))
    try:
        speech.listen("wake_word" if config.speech.mode == "wake_word" else "hands_free")
    except CoachError as error:
        told(f"{str(error)[:1].upper()}{str(error)[1:]}")
    try:
        yield speech
    finally:
        speech.close()


def wait_for_the_end() -> None:
    """Standard input has ended, and the microphone goes on: until SIGINT or SIGTERM."""
    ended = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: ended.set())
    try:
        while not ended.wait(0.5):  # in slices: a signal is seen between them
            pass
    finally:
        signal.signal(signal.SIGTERM, before)
