"""Something offered to the person, settled by their next words: a yes, a no, or which of two they meant."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

import msgspec

from coach.session.pending import chosen

if TYPE_CHECKING:
    from memory.store import Store

STATE_KEY = "offer"
OPEN_S = 90.0
_YES = re.compile(r"(?:yes|yeah|yep|yup|sure|okay|ok|right|correct|exactly|please do|go ahead|that is right|"
                  r"that's right)(?:[ ,]+(?:please|do|go on|robot|that is right|that's right))*")  # fmt: skip
_NO = re.compile(r"(?:no|nope|neither|never ?mind|forget it|not that)(?:[ ,]+(?:thanks|thank you|robot|neither|that's "
                 r"wrong|that is wrong))*")  # fmt: skip
_WORD = re.compile(r"[\w']+")


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """Args: readings: what a choice stands for, the first what a yes does; no: what the robot says to a no."""

    readings: tuple[str, ...]
    no: str
    wall_s: float


class Settled(msgspec.Struct, frozen=True):
    """Args: words: what is to be heard now; refused: what the robot says, where the person said no."""

    words: str
    refused: str = ""


def make_offer(store: Store, readings: Sequence[str], no: str) -> None:
    store.set_state(STATE_KEY, msgspec.to_builtins(Offer(readings=tuple(readings), no=no, wall_s=time.time())))


def settle(store: Store, words: str) -> Settled:
    """What the words mean with what was offered; an offer holds for one answer."""
    try:
        offer = msgspec.convert(store.get_state(STATE_KEY), Offer | None)
    except msgspec.ValidationError:
        offer = None
    if offer is None:
        return Settled(words)
    store.set_state(STATE_KEY, None)
    plain = " ".join(_WORD.findall(words.lower()))
    if time.time() - offer.wall_s > OPEN_S:
        return Settled(words)
    if _YES.fullmatch(plain):
        return Settled(offer.readings[0])
    if _NO.fullmatch(plain):
        return Settled("", offer.no)
    choice = chosen(differences(offer.readings), plain) if len(offer.readings) > 1 and len(plain.split()) <= 5 else ""
    if choice:
        return Settled(offer.readings[differences(offer.readings).index(choice)])
    return Settled(words)


def says_yes(words: str) -> bool:
    """A plain yes and nothing else."""
    return _YES.fullmatch(" ".join(_WORD.findall(words.lower()))) is not None


def differences(readings: Sequence[str]) -> tuple[str, ...]:
    """What tells each reading from the first, from the first word that differs to the last.

    Where that is nothing, the whole of it.
    """
    words = [_WORD.findall(reading.lower()) for reading in readings]
    first, last = 10**6, 10**6
    for other in words[1:]:
        blocks = SequenceMatcher(None, words[0], other, autojunk=False).get_matching_blocks()
        head = blocks[0].size if blocks[0].a == blocks[0].b == 0 else 0
        tail = blocks[-2].size if len(blocks) > 1 and blocks[-2].a + blocks[-2].size == len(words[0]) \
            and blocks[-2].b + blocks[-2].size == len(other) else 0  # fmt: skip
        first, last = min(first, head), min(last, tail)
    parts = [" ".join(found[first : len(found) - min(last, max(0, len(found) - first))]) for found in words]
    whole = len(set(parts)) < len(parts) or not all(parts)
    return tuple(reading.lower() for reading in readings) if whole else tuple(parts)
