"""A label that somebody or something suggests. None is a lesson before a person accepts it."""

from __future__ import annotations

import msgspec


class Suggestion(msgspec.Struct, frozen=True):
    """A thought that might have been right, from frame `first` to frame `last`; `why` is told to the person."""

    id: str
    first: int
    last: int
    thought: str
    why: str
