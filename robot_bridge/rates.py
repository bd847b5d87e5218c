"""What the bridge measures about itself: tick jitter, rates, memory."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import numpy as np


class Meter:
    """Intervals between the last beats of something regular. One thread beats, any thread reads."""

    def __init__(self, capacity: int = 500) -> None:
        self._times = np.zeros(capacity)
        self._count = 0

    def beat(self, now_s: float) -> None:
        self._times[self._count % len(self._times)] = now_s
        self._count += 1

    def rest(self) -> None:
        """The next beat comes when it is wanted, not when it was due: the time until then is not counted."""
        self.beat(np.nan)

    @property
    def count(self) -> int:
        return self._count

    def intervals_s(self) -> np.ndarray:
        """float64[n], oldest first, without those before a beat out of turn."""
        count, size = self._count, len(self._times)
        times = self._times.copy()
        ordered = times[:count] if count <= size else np.roll(times, -(count % size))
        intervals = np.diff(ordered)
        return intervals[np.isfinite(intervals)]

    def hz(self) -> float:
        """Beats a second over what is remembered; 0 once the beat has stopped for a second."""
        intervals = self.intervals_s()
        if not len(intervals):
            return 0.0
        mean, last = float(intervals.mean()), float(np.nanmax(self._times))
        return 0.0 if mean <= 0 or time.monotonic() - last > max(1.0, 3 * mean) else 1.0 / mean

    def jitter_ms(self, period_s: float) -> tuple[float, float]:
        """p50 and p99 of |interval − period|."""
        intervals = self.intervals_s()
        if not len(intervals):
            return 0.0, 0.0
        p50, p99 = np.percentile(np.abs(intervals - period_s) * 1e3, (50, 99))
        return float(p50), float(p99)


class Latest:
    """The last few values of a latency, averaged so that a status line does not flicker."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._value = 0.0

    def add(self, value: float) -> None:
        with self._lock:
            self._value = value if self._value == 0.0 else 0.7 * self._value + 0.3 * value

    @property
    def value(self) -> float:
        return self._value


def memory_mb() -> float:
    """Resident set of this process."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    except OSError:  # not Linux: the largest it ever was
        import resource
        import sys

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / (2**20 if sys.platform == "darwin" else 2**10)
