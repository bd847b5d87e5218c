"""What became of the things: looked at by arms that can tell (a simulator, or a robot that sees well), now and then.

It is told and recorded, to be looked at afterwards; nothing here reaches the model or moves the arms.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

log = logging.getLogger(__name__)

FLOOR = "floor"
Things = Mapping[str, Mapping[str, Any]]  # name → place, dirty


class Outcomes:
    """Args: look: where every thing is; None where the arms cannot tell."""

    def __init__(self, look: Callable[[], Things] | None) -> None:
        self._look = look
        self._fallen: set[str] = set()

    def now(self) -> dict[str, dict[str, Any]]:
        """Name → place and dirty; empty where that is not known."""
        if self._look is None:
            return {}
        try:
            return {name: dict(thing) for name, thing in self._look().items()}
        except Exception:  # it is only for later
            log.exception("the outcome cannot be seen")
            self._look = None
            return {}

    def fallen(self) -> list[tuple[str, dict[str, Any]]]:
        """Things that lie on the floor since the last look."""
        lying = {name: thing for name, thing in self.now().items() if thing.get("place") == FLOOR}
        new = [(name, thing) for name, thing in lying.items() if name not in self._fallen]
        self._fallen = set(lying)
        return new
