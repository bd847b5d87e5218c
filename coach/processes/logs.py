"""Log files of the background processes, kept small while they are being written."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

MAX_BYTES = 4 << 20
TAIL_BYTES = 4096


def open_log(path: Path) -> int:
    """A file descriptor that appends; the process keeps it for life."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def rotate(path: Path, max_bytes: int = MAX_BYTES) -> bool:
    """Move a full log to `NAME.log.1`, by copying: its writer holds it open and appends to what is left."""
    try:
        if path.stat().st_size < max_bytes:
            return False
        shutil.copyfile(path, path.with_name(path.name + ".1"))
        os.truncate(path, 0)
    except OSError:  # a full disk must not end the supervisor
        return False
    return True


def last_line(path: Path) -> str:
    """The last words of a process, at most 300 characters; empty if it left none."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - TAIL_BYTES))
            lines = file.read().decode("utf-8", "replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1].strip()[:300] if lines else ""
