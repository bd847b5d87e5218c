"""The task that was told last: what "no, put it in the drying rack" is about when it is done already."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from memory.store import Store

STATE_KEY = "recent_task"
RECENT_S = 600.0
_PRONOUN = re.compile(r"\b(?:it|that|this)\b")


def note_recent(store: Store, instruction: str) -> None:
    """A task began, or goes on as this one."""
    store.set_state(STATE_KEY, {"instruction": instruction, "wall_s": time.time()})


def recent_task(store: Store) -> str:
    """Its instruction; empty where it is long ago."""
    known = store.get_state(STATE_KEY) or {}
    return str(known["instruction"]) if known and 0 <= time.time() - known["wall_s"] < RECENT_S else ""


def has_pronoun(words: str) -> bool:
    """The words leave the thing to what was talked about before."""
    return _PRONOUN.search(words.lower()) is not None
