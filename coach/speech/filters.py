"""Words that a speech model wrote although nobody said them.

Whisper fills silence and noise with what it read most often; a clear short "stop" or "no" is never taken for that.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

QUIET_DB = -62.0  # below it nobody has spoken into the microphone
NO_SPEECH, SURELY_NO_SPEECH = 0.6, 0.9
UNSURE, VERY_UNSURE = -0.6, -1.0  # mean log probability of a token
REPETITIVE = 2.4  # gzip ratio; Whisper's own bound
SHORT_WORDS = frozenset(("stop", "no", "wait", "halt", "yes", "pause", "stop it", "no stop", "stop stop", "stop now"))
_INVENTED = re.compile(
    r"(thanks?( you)?( so much| very much)? for (watching|listening)|(please )?(like and )?subscribe.*|.*amara\.org.*|"
    r"subtitles? (by|from).*|transcri(bed|ption) by.*|see you (in the )?next (time|video)|you|bye( bye)?|so|the|hmm+|"
    r"uh|um|oh|mm+|music|applause|laughter|silence|blank audio|foreign|the end)"
)
_BRACKETED = re.compile(r"\[[^\]]*\]|\([^)]*\)|[♪♫]+")
_WORD = re.compile(r"[\w']+")


@dataclass(frozen=True)
class Evidence:
    """What speaks for the words.

    Args:
        no_speech: probability that there was none, 0 to 1.
        log_probability: the mean of a token, natural logarithm.
        compression: gzip ratio of the text.
        level_db: of the loudest part of the sound.
        prompt: what the model was told beforehand.
    """

    no_speech: float
    log_probability: float
    compression: float
    level_db: float
    prompt: str = ""


def cleaned(text: str) -> str:
    """Without remarks such as [music], and in one line."""
    return " ".join(_BRACKETED.sub(" ", text).split())


def plain(text: str) -> str:
    """Its words alone, in lower case."""
    return " ".join(_WORD.findall(text.lower()))


def why_dropped(text: str, evidence: Evidence) -> str:
    """A few words why nobody said this; empty where somebody did."""
    words = plain(text)
    if not words:
        return "no words" if text.strip() else "nothing"
    if words in SHORT_WORDS:
        unclear = evidence.no_speech > SURELY_NO_SPEECH and evidence.log_probability < UNSURE
        return "silence" if evidence.level_db < QUIET_DB or unclear else ""
    if evidence.level_db < QUIET_DB:
        return "silence"
    if evidence.no_speech > NO_SPEECH and evidence.log_probability < VERY_UNSURE:
        return "no speech"
    if evidence.no_speech > SURELY_NO_SPEECH and evidence.log_probability < UNSURE:
        return "no speech"
    if evidence.compression > REPETITIVE or _repeats(words.split()):
        return "repeats itself"
    if _INVENTED.fullmatch(words) and (evidence.no_speech > 0.2 or evidence.log_probability < UNSURE / 2):
        return "a phrase that is written for noise"
    if _echoes(words, evidence):
        return "an echo of the prompt"
    return ""


def _repeats(words: list[str]) -> bool:
    """One word or one pair of words, over and over; "stop stop stop" is a person who means it."""
    if len(words) < 3 or words[0] in SHORT_WORDS:
        return False
    return len(set(words)) == 1 or (len(words) >= 6 and words[0::2] == words[:1] * len(words[0::2])
                                    and words[1::2] == words[1:2] * len(words[1::2]))  # fmt: skip


def _echoes(words: str, evidence: Evidence) -> bool:
    long_enough = len(words.split()) >= 3
    doubtful = evidence.no_speech > 0.3 or evidence.log_probability < UNSURE
    return long_enough and doubtful and words in plain(evidence.prompt)
