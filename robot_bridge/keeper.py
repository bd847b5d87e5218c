"""Writes a simulated scene down once a second, so that a bridge that was killed goes on where it was.

In a thread of its own: a disk that is slow or full must hold up neither pictures nor arms.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

from robot_bridge.arms.base import Arms
from robot_bridge.desk import Desk
from robot_bridge.part import Part

log = logging.getLogger(__name__)


class Keeper(Part):
    """Args: path: where to; None, or arms that cannot be set back, keep nothing."""

    def __init__(self, arms: Arms, desk: Desk, path: Path | None, period_s: float) -> None:
        super().__init__("keeper")
        self._take: Any = getattr(arms, "snapshot", None)
        self._desk, self._path, self._period_s = desk, path, period_s
        self._failing = False

    def _run(self) -> None:
        while self._path is not None and self._take is not None and not self._stop.wait(self._period_s):
            self._keep(self._path)

    def _keep(self, path: Path) -> None:
        try:
            write_whole(path, self._take())
        except Exception as error:
            if not self._failing:
                log.exception("the scene cannot be kept")
                self._desk.announce("warning", "snapshot_failed", f"the scene cannot be kept: {error}")
            self._failing = True
            return
        if self._failing:
            self._desk.announce("info", "snapshot_back", "the scene is kept again")
        self._failing = False


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a reader finds the old one or the new one, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(content)
        os.replace(beside, path)
    except OSError:
        beside.unlink(missing_ok=True)  # half a file on a full disk would keep it full
        raise
