"""A label that somebody or something suggests. None is a lesson before a person accepts it."""

from __future__ import annotations

import msgspec


class Suggestion(msgspec.Struct, frozen=True):
    """A thought that might have been right, from `start_s` to `end_s` on the bridge's clock: frames may be dropped,
    and their numbers change. `why` is told to the person."""

    id: str
    start_s: float
    end_s: float
    thought: str
    why: str
