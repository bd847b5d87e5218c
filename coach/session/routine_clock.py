"""Looks at the routines every few seconds, in the session's thread; never two looks at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable

PERIOD_S = 2.0


class RoutineClock:
    """Args: look: called once a period, until it returns no second call begins; close() ends it."""

    def __init__(self, look: Callable[[threading.Event], None], period_s: float = PERIOD_S) -> None:
        self._look, self._period_s = look, period_s
        self._closing, self._looked = threading.Event(), threading.Event()
        self._looked.set()
        self._thread = threading.Thread(target=self._run, name="routines", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._thread.join(timeout=1.0)

    def _run(self) -> None:
        while not self._closing.wait(self._period_s):
            if self._looked.is_set():
                self._looked.clear()
                self._look(self._looked)
