"""One `coach run` per home folder, held by an advisory lock that the kernel drops however the holder dies."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType

from robot_bridge.protocol.errors import CoachError


class HomeLock:
    """Holds `run/coach.lock`, which names the holder's process id.

    Raises:
        CoachError: on entry, when another process holds it.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._path = home / "run" / "coach.lock"
        self._file = -1

    def __enter__(self) -> HomeLock:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(self._file, 20).decode("ascii", "replace").strip() or "unknown"
            os.close(self._file)
            raise CoachError(f"coach already runs on {self._home} (process {holder})",
                             next_step=f"go on in its terminal, end it with `kill {holder}`, "
                                       "or start another home with --home DIR") from None  # fmt: skip
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, str(os.getpid()).encode(), 0)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        os.close(self._file)
