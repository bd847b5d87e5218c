"""Who speaks: one coach has the floor, every other one watches until it asks. A stop is taken from all of them.

The first coach that shows itself gets the floor. It keeps it through a restart of either end. Once it has been silent
for `SILENT_S`, the next one who says something has it, and after `GONE_S` the next one who is merely there.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from robot_bridge.protocol.errors import FloorError
from robot_bridge.protocol.messages import Level

log = logging.getLogger(__name__)

SILENT_S = 2.0
GONE_S = 30.0
ASK = "say 'let me coach' to have the floor; stop always works"
Announce = Callable[[Level, str, str], None]


class _Kept(msgspec.Struct, frozen=True):
    coach: str = ""
    name: str = ""


class Floor:
    """For the socket thread.

    Args:
        announce: tells everybody; takes level, code and sentence.
        path: where the holder is kept for the next start; None keeps nothing.
        now_s: `time.monotonic()` at the start.
    """

    def __init__(self, announce: Announce, path: Path | None, now_s: float) -> None:
        self._announce, self._path = announce, path
        self._lines: dict[int, str] = {}  # connection → the coach that speaks over it
        self._seen_s = now_s
        kept = self._read()
        self._held, self.coach, self.name = bool(kept.name), kept.coach, kept.name

    def seen(self, coach: str, name: str, sent_s: float, now_s: float) -> bool:
        """A coach shows itself; whether it is the one that has the floor.

        Args:
            sent_s: when it did so, by our clock.
        """
        if not self._held or (coach != self.coach and now_s - self._seen_s > GONE_S):
            self._give(coach, name, now_s)
        if coach != self.coach:
            return False
        self._seen_s = max(self._seen_s, min(sent_s, now_s))
        return True

    def heard(self, coach: str, line: int) -> None:
        """A coach speaks over this connection."""
        if line >= 0:
            self._lines[line] = coach

    def broke(self, lines: Iterable[int]) -> bool:
        """Connections have broken; whether the coach that has the floor has lost its last one by that."""
        lost = {self._lines.pop(line) for line in lines if line in self._lines}
        return self._held and self.coach in lost and self.coach not in self._lines.values()

    def require(self, coach: str, name: str, now_s: float) -> None:
        """A coach wants to say something.

        Raises:
            FloorError: another one has the floor.
        """
        if self._held and coach != self.coach and now_s - self._seen_s <= SILENT_S:
            raise FloorError(f"{self.name} coaches the robot now, and this terminal watches", next_step=ASK)
        if not self._held or coach != self.coach:
            self._give(coach, name, now_s)

    def take(self, coach: str, name: str, now_s: float) -> None:
        """A coach asks for the floor and gets it; whoever had it is told."""
        if not self._held or coach != self.coach:
            self._give(coach, name, now_s)

    def _give(self, coach: str, name: str, now_s: float) -> None:
        before, had = self.name, self._held
        self._held, self.coach, self.name, self._seen_s = True, coach, name[:60] or "somebody", now_s
        if had:
            self._announce(
                "warning", "floor", f"{self.name} coaches the robot now; {before} watches and can still say stop"
            )
        self._write()

    def _read(self) -> _Kept:
        try:
            return _Kept() if self._path is None else msgspec.json.decode(self._path.read_bytes(), type=_Kept)
        except (OSError, msgspec.DecodeError):
            return _Kept()

    def _write(self) -> None:
        if self._path is None:
            return
        with contextlib.suppress(OSError):  # a full disk must not take the floor from anybody
            self._path.write_bytes(msgspec.json.encode(_Kept(self.coach, self.name)))
