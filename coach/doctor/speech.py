"""Hearing and speaking: the speech model, the stop word, the voice. Nothing of it is needed: typing works without."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coach.doctor.check import Check
from robot_bridge.protocol.errors import CoachError

if TYPE_CHECKING:
    from coach.config import Config

FASTER = "pip install 'robot-coach[faster-whisper]'"


def check_ears(config: Config) -> Check:
    """The speech model is on this machine, so that nothing must be fetched when somebody speaks."""
    import importlib.util

    from coach.speech.models import EMBEDDED, EMBEDDED_NOTE, find_model

    settings = config.speech
    if settings.engine == "faster-whisper":
        there = importlib.util.find_spec("faster_whisper") is not None
        detail = f"faster-whisper, model {settings.model}" if there else "faster-whisper is not installed"
        return Check("ears", there, detail, "" if there else FASTER, needed=False)
    folder = config.home / "models"
    path = find_model(settings.model, folder)
    if path is not None:
        size = f"{path.stat().st_size / 2**20:.0f} MB"
        note = f" {EMBEDDED_NOTE}" if settings.model == EMBEDDED else ""
        return Check("ears", True, f"{settings.model}, {size}, {path}.{note}", needed=False)
    spare = "the ears in the package stand in, which hear synthetic English only" if find_model(EMBEDDED, folder) \
        else "nothing can be heard"  # fmt: skip
    detail = f"the speech model {settings.model} is not on this machine; until it is, {spare}"
    mend = f"speak once with a network at hand and it is fetched, or put {settings.model}.pt into {folder}"
    return Check("ears", False, detail, mend, needed=False)


def check_stop_word(config: Config) -> Check:
    from coach.speech.ears.paths import SPOTTER

    if SPOTTER.exists():
        return Check("stop word", True, f"spotted in the sound itself ({SPOTTER.stat().st_size / 1024:.0f} KB)",
                     needed=False)  # fmt: skip
    return Check("stop word", False, "its model is missing: a spoken stop waits for its transcript",
                 "install robot-coach again", needed=False)  # fmt: skip


def check_voice(config: Config) -> Check:
    from coach.speech.voices import make_voice

    try:
        voice = make_voice(config.speech.voice, config.speech.language)
    except CoachError as error:
        return Check("voice", False, error.what, error.next_step or error.allowed, needed=False)
    if voice is not None:
        return Check("voice", True, voice.name, needed=False)
    if config.speech.voice == "off":
        return Check("voice", True, "off: the robot answers on the screen", needed=False)
    return Check("voice", False, "none: the robot answers on the screen alone", "sudo apt-get install -y espeak-ng",
                 needed=False)  # fmt: skip
