"""The terminal for the screen alone: what C libraries write to standard error goes to the log.

PortAudio, ALSA and JACK write there whenever a device comes or goes, straight across whatever is on the screen.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from coach.processes.logs import open_log


@contextmanager
def libraries_to(log: Path) -> Iterator[None]:
    """Python, and so Textual, keeps writing to the terminal."""
    terminal = os.dup(2)
    kept = sys.stderr, sys.__stderr__
    file = os.fdopen(os.dup(terminal), "w", encoding="utf-8", errors="replace")
    log_fd = open_log(log)
    os.dup2(log_fd, 2)
    os.close(log_fd)
    sys.stderr = sys.__stderr__ = file  # type: ignore[misc]
    try:
        yield
    finally:
        file.flush()
        sys.stderr, sys.__stderr__ = kept  # type: ignore[misc]
        os.dup2(terminal, 2)
        os.close(terminal)
