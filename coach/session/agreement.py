"""What waits for the person's yes: wishes that were repeated to them. It outlives a crash, but not the talk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from coach.interpreter.items import Item
from memory.routines import Missed

if TYPE_CHECKING:
    from memory.store import Store

STATE_KEY = "agreement"
OPEN_S = 180.0  # a yes that comes later is about something else


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was wished for.

    Args:
        moves: the item says only when; what is done stays that of the routine it replaces.
        replaces: numbers of the routines whose place it takes.
        beside: it was asked about: it comes beside those of the same chore.
        missed: what happens with a run that was missed, where that was said.
    """

    item: Item
    words: str
    by: str
    moves: bool = False
    replaces: tuple[int, ...] = ()
    beside: bool = False
    missed: Missed | None = None


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """Args:
    asked: the wish that a question is open about, -1 for the last "yes".
    rivals: the routines that this question is about; empty where it is about days.
    """

    wishes: tuple[Wish, ...]
    wall_s: float
    asked: int = -1
    rivals: tuple[int, ...] = ()

    def is_lapsed(self, now_s: float) -> bool:
        return abs(now_s - self.wall_s) > OPEN_S

    @property
    def words(self) -> str:
        """What was wished for, as the person put it."""
        return '", "'.join(dict.fromkeys(wish.words for wish in self.wishes))


def open_agreement(store: Store) -> Agreement | None:
    """Also one that has lapsed and that nobody was told of yet."""
    try:
        return msgspec.convert(store.get_state(STATE_KEY), Agreement | None)
    except msgspec.ValidationError:
        return None  # kept by another release


def keep_agreement(store: Store, agreement: Agreement | None) -> None:
    store.set_state(STATE_KEY, msgspec.to_builtins(agreement))


def drop_lapsed(store: Store, now_s: float) -> str:
    """End what nobody agreed to in time; the wishes in it, for the person to know, empty where there is none."""
    agreement = open_agreement(store)
    if agreement is None or not agreement.is_lapsed(now_s):
        return ""
    keep_agreement(store, None)
    return agreement.words
