"""How much each client may ask for: whoever asks faster than it can be served is refused before its words are read.

Every message takes one from its client's store, a request that makes a waiting one pointless takes many more, and time
fills it up. A robot that waits for its answers never runs out.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Literal

PER_S = 200.0
MOST = 400.0
SUPERSEDING = 20.0
REMEMBERED = 1000  # clients
Verdict = Literal["yes", "tell", "no"]


@dataclass
class _Store:
    left: float
    at_s: float
    refused: bool = False


class Rations:
    """Not thread-safe."""

    def __init__(self) -> None:
        self._stores: OrderedDict[bytes, _Store] = OrderedDict()

    def ask(self, client: bytes) -> Verdict:
        """Whether a message of this client may be read; `tell` is the first no after a yes."""
        store = self._filled(client)
        first, store.refused = not store.refused, store.left < 1.0
        if store.refused:
            return "tell" if first else "no"
        store.left -= 1.0
        return "yes"

    def superseded(self, client: bytes) -> None:
        """Its newer request took the place of one that still waited."""
        self._filled(client).left -= SUPERSEDING

    def _filled(self, client: bytes) -> _Store:
        now_s = time.monotonic()
        store = self._stores.setdefault(client, _Store(MOST, now_s))
        self._stores.move_to_end(client)
        if len(self._stores) > REMEMBERED:
            self._stores.popitem(last=False)
        store.left = min(MOST, store.left + PER_S * (now_s - store.at_s))
        store.at_s = now_s
        return store
