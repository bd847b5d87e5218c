"""Keeps the memory within its size and sound within its time: the oldest recordings go, those of lessons never."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from prompts import say
from robot_bridge.protocol.errors import StoreError

if TYPE_CHECKING:
    from memory.store import Store

log = logging.getLogger(__name__)

FIRST_S = 120.0  # after the start, when nobody waits for anything any more
PERIOD_S = 3600.0
GIB = 2**30
SHARE = 0.9  # down to this much of the limit, so that it is not done again at once


class Housekeeping:
    """A thread that looks once an hour.

    Args:
        tell: gets a sentence where what is always kept fills the limit.
        forget: drops what is kept for a time only.
    """

    def __init__(self, store: Store, limit_gib: int, tell: Callable[[str], None], first_s: float = FIRST_S,
                 forget: Callable[[], None] = lambda: None) -> None:  # fmt: skip
        self._forget = forget
        self._store, self._limit, self._tell = store, limit_gib * GIB, tell
        self._first_s, self._closing = first_s, threading.Event()
        self._thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """A batch that is being dropped is finished first."""
        self._closing.set()
        self._thread.join(timeout=5.0)

    def look(self) -> None:
        """Drop what is too old or too much now."""
        self._forget()
        try:
            size = self._store.path.stat().st_size
            if size <= self._limit:
                return
            pruned = self._store.prune(int(self._limit * SHARE))
        except (StoreError, OSError) as error:
            log.warning("the memory was not tidied: %s", error)
            return
        log.info("dropped %d frames and %d other rows; %d frames of lessons stay", pruned.frames, pruned.others,
                 pruned.kept_frames)  # fmt: skip
        if pruned.bytes_now > self._limit:
            self._tell(say("memory_full", size=f"{pruned.bytes_now / GIB:.1f} GB"))

    def _run(self) -> None:
        wait_s = self._first_s
        while not self._closing.wait(wait_s):
            self.look()
            wait_s = PERIOD_S
