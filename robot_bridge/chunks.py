"""Plays action chunks: rows at 10 Hz or so become a target for every control tick.

    row i is due at origin + (i + 1) · dt_s; between two rows the target is on the straight line
    origin  = the observation's time, moved later by as long as the arms have stood still since

A chunk arrives some time after its observation: rows that the arms have meanwhile lived through are dropped. Arms that
stood still have lived through nothing, so a chunk that follows a hold plays from its first row. A new chunk is blended
in from the present target, which was for the tick before, so that its first tick moves the arms already; a chunk played
to its end leaves nothing, and the arms hold.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robot_bridge.protocol.embodiment import Embodiment
from robot_bridge.protocol.errors import EmbodimentError
from robot_bridge.protocol.messages import ActionChunk

MAX_ROWS = 1000
DT_RANGE_S = (0.005, 1.0)


@dataclass(frozen=True)
class Playable:
    """A chunk that has been checked against a body.

    Args:
        rows: float32[horizon, width], joint targets.
        chunk: as it came from the policy.
        cause: the intervention behind it, empty if none.
        task_id: the task that it is for.
    """

    rows: np.ndarray
    chunk: ActionChunk
    cause: str = ""
    task_id: str = ""


def check_chunk(chunk: ActionChunk, body: Embodiment, cause: str = "", task_id: str = "") -> Playable:
    """A chunk ready to be played on a body.

    Raises:
        EmbodimentError: wrong shape, dtype or spacing, a number that is not finite, or made for another body.
    """
    rows = chunk.actions.shape[0] if chunk.actions.ndim == 2 else 0
    if not 1 <= rows <= MAX_ROWS:
        raise EmbodimentError(f"an action chunk of shape {list(chunk.actions.shape)}", f"1 to {MAX_ROWS} rows of 38")
    if not DT_RANGE_S[0] <= chunk.dt_s <= DT_RANGE_S[1]:
        raise EmbodimentError(f"an action chunk with rows {chunk.dt_s} s apart", "{} to {} s".format(*DT_RANGE_S))
    if not np.isfinite(chunk.observation_time_s):
        raise EmbodimentError("an action chunk without the time of its observation", "a finite time")
    return Playable(body.unpad(chunk.actions), chunk, cause, task_id)


@dataclass(frozen=True)
class _Track:
    """A chunk laid on the clock: row i is due at `origin_s + (i + 1) · dt_s`."""

    playable: Playable
    origin_s: float

    @property
    def dt_s(self) -> float:
        return self.playable.chunk.dt_s

    @property
    def end_s(self) -> float:
        return self.origin_s + len(self.playable.rows) * self.dt_s

    def wish(self, now_s: float) -> np.ndarray:
        """float32[width]; the first row before it is due, the last row after the end."""
        rows = self.playable.rows
        place = min(max(0.0, (now_s - self.origin_s) / self.dt_s - 1.0), len(rows) - 1.0)
        row = int(place)
        after = min(row + 1, len(rows) - 1)
        return rows[row] + np.float32(place - row) * (rows[after] - rows[row])


class ChunkPlayer:
    """Plays one chunk at a time. Not thread-safe; times are `time.monotonic()`.

    Args:
        blend_s: how long the join with what was played before is smoothed.
        now_s: the arms stand still since then.
        tick_s: between two targets.
    """

    def __init__(self, blend_s: float, now_s: float, tick_s: float = 0.0) -> None:
        self._blend_s, self._tick_s = blend_s, tick_s
        self._track: _Track | None = None
        self._before: _Track | None = None  # what the join blends from: a chunk still playing, or the present target
        self._present = np.zeros(0, np.float32)
        self._join_s = self._span_s = 0.0
        self._still_since_s = now_s

    @property
    def playing(self) -> Playable | None:
        return self._track.playable if self._track else None

    def remaining_s(self, now_s: float) -> float:
        """How long the current chunk still lasts; 0 when nothing plays."""
        return max(0.0, self._track.end_s - now_s) if self._track else 0.0

    def remaining_fraction(self, now_s: float) -> float:
        """How much of the current chunk is left, 0 to 1."""
        if self._track is None:
            return 0.0
        return min(1.0, self.remaining_s(now_s) / (self._track.end_s - self._track.origin_s))

    def ahead(self, since_s: float) -> np.ndarray | None:
        """What is left of the chunk in hand, laid as a chunk observed at `since_s`: float32[n, width], row i due at
        `since_s + (i + 1) · dt_s`; None when nothing plays."""
        track = self._track
        if track is None:
            return None
        left = int((track.end_s - since_s) / track.dt_s + 1e-6)
        rows = [track.wish(since_s + (row + 1) * track.dt_s) for row in range(left)]
        return np.array(rows, np.float32).reshape(-1, track.playable.rows.shape[1])

    def start(self, playable: Playable, present: np.ndarray, now_s: float) -> int:
        """Play from here on, blending from the present target float32[width]; returns the rows dropped as past."""
        self._expire(now_s)
        lived_until_s = now_s if self._track else min(now_s, self._still_since_s)
        elapsed_s = max(0.0, lived_until_s - playable.chunk.observation_time_s)
        joined = self._track is not None and now_s - self._join_s >= self._span_s
        self._before = self._track if joined else None
        self._present = present.copy()
        self._track = _Track(playable, now_s - elapsed_s)
        self._join_s = now_s - self._tick_s
        self._span_s = max(self._blend_s, self._track.dt_s - elapsed_s)  # the way to the first row is never cut short
        return min(len(playable.rows), int(elapsed_s / playable.chunk.dt_s + 1e-6))

    def clear(self, now_s: float) -> None:
        """Drop the chunk in hand."""
        self._expire(now_s)
        if self._track is not None:
            self._track, self._still_since_s = None, now_s

    def target(self, now_s: float) -> np.ndarray | None:
        """float32[width] for this instant, or None when there is nothing to play: hold."""
        self._expire(now_s)
        if self._track is None:
            return None
        weight = np.float32(min(1.0, max(0.0, (now_s - self._join_s) / self._span_s)))
        before = self._before.wish(now_s) if self._before else self._present
        return (before + weight * (self._track.wish(now_s) - before)).astype(np.float32)

    def _expire(self, now_s: float) -> None:
        if self._track is not None and now_s > self._track.end_s + 1e-9:
            self._still_since_s = self._track.end_s
            self._track = None
