"""Check-ins: when the person wants to be asked or told."""

from __future__ import annotations

import re
from typing import NamedTuple

from coach.interpreter.items import Item
from coach.interpreter.lexicon import DAY
from coach.interpreter.normalise import sentences, strip_fillers
from coach.interpreter.phrases import topic_of
from coach.interpreter.times import take_past, take_times

_CHECKIN = re.compile(
    r"(?:always )?(?:ask|check with|check in with|tell|warn|call|alert|notify|inform|show|remind|remember|wake) "
    r"(?:me|us|(?<=remind )(?:him|her|them|everyone|everybody|(?:my|our|the) [a-z]+(?: and [a-z]+)?|[a-z]+(?= to ))|"
    r"with me)(?: first| again)? ?(?P<when>(?:before|when|if|once|as soon as|after|whenever|every|at|in|to|about|"
    r"that|first|tomorrow|tonight|on|how|what|whether|for|up|for|please) ?.*|)|"
    r"(?:give|send|make) (?:me|us) (?:a |an |your )?(?:short |quick |weekly |daily |little )?(?:report|update|"
    r"summary|reminder|overview|heads up|call).*|"
    r"(?:always )?(?:ask|check) (?P<when2>(?:first|before|in|back|with me|again|in every|every) ?.*)|"
    r"let me know ?(?P<when3>.*)|report (?P<when4>.*)|report|keep me (?:posted|updated|informed|"
    r"in the loop)(?: .*)?|check in(?: .*)?|do not (?:start|begin|do anything|move) (?:until|before|"
    r"without) (?:i|asking|you have) .*"
)
MORE_TIME = re.compile(rf"\b(?:every|each|daily|weekly|monthly|on {DAY}s?)\b")
_ABOUT = re.compile(r" about (?:the |my |our )?(?P<what>[a-z ]{2,40}?)$")
_TELL_NOW = re.compile(r"(?:remind|tell|show) (?:me|us) (?:what|where|why|how|who|which)\b")
_REMIND = re.compile(
    r".*?\bremind (?P<who>me|us|him|her|them|(?:my|our|the) [a-z]+|[a-z]+(?= to ))(?: again| please)?,? "
    r"(?P<to>to|not to|that|of|about) (?P<what>.+)"
)
_YOURS = {"my": "your", "our": "your", "me": "you", "us": "you", "i": "you", "we": "you", "mine": "yours",
          "am": "are", "myself": "yourself"}  # fmt: skip


class Reminder(NamedTuple):
    """Args: what: is said at its time, `take your pills`; title: `remind you to take your pills`."""

    what: str = ""
    title: str = ""


def reminder_of(text: str) -> Reminder:
    """What `remind me to take my pills every day at 8` is about; empty where the words are no reminder, or bare."""
    for sentence in sentences(text):
        match = _REMIND.fullmatch(strip_fillers(take_times(sentence).rest))
        if match:
            names = {word.lower(): word for word in re.findall(r"(?<=\w )[A-Z][\w'-]+", text)}
            told = [" ".join(_YOURS.get(word) or names.get(word, word) for word in match[part].split())
                    for part in ("who", "to", "what")]  # fmt: skip
            title = f"remind {' '.join(told)}"
            forbids = "do not " if match["to"] == "not to" else ""
            return Reminder(f"{forbids}{told[2]}" if match["who"] in ("me", "us") else title, title)
    return Reminder()


def parse_checkin(clause: str) -> Item | None:
    """When the person wants to be asked or told."""
    when = take_past(clause) or take_times(clause)
    if not _CHECKIN.fullmatch(clause) and not _CHECKIN.fullmatch(strip_fillers(when.rest)):
        return None
    if "," in when.rest and MORE_TIME.search(when.rest):
        return None  # two wishes in one
    if _TELL_NOW.match(clause) and not (when.rrule or when.time or when.date):
        return None  # "remind me what you are doing" asks now
    topic = _ABOUT.search(when.rest)
    return Item(kind="checkin", rrule=when.rrule, time=when.time, date=when.date, until=when.until,
                except_=when.except_, about=topic_of(topic["what"]) if topic else "", text=clause)  # fmt: skip
