"""How a server process is told to stop: SIGTERM or Ctrl-C set an event; one that ignores it is ended anyway."""

from __future__ import annotations

import os
import signal
import threading

HARD_STOP_S = 5.0


def stop_on_signals(hard_stop_s: float = HARD_STOP_S) -> threading.Event:
    """An event that SIGTERM, SIGINT and SIGHUP set; the process exits with status 1 if it lives on for `hard_stop_s`.

    To be called by the main thread, once it is about to serve.
    """
    stop = threading.Event()

    def ask(number: int, frame: object) -> None:
        if not stop.is_set():
            last_resort = threading.Timer(hard_stop_s, os._exit, args=(1,))
            last_resort.daemon = True
            last_resort.start()
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, ask)
    return stop
