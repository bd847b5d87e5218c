"""What the parts of the bridge share that work side by side: each has a thread of its own, from `start` to `stop`."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod

END_S = 2.0  # a part that has not ended by then is left behind; its thread does not keep the process alive


class Part(ABC):
    """A part of the bridge in its own thread. Args: name: of the thread."""

    def __init__(self, name: str) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end, and wait for it a little."""
        self._stop.set()
        self._thread.join(END_S)

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    @abstractmethod
    def _run(self) -> None:
        """Works until `_stop` is set."""
