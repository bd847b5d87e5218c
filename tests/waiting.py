"""Waiting for what other threads and processes bring about: for a condition, with a deadline, never for so long."""

from __future__ import annotations

import time
from collections.abc import Callable

DEADLINE_S = 30.0  # far beyond what anything takes here: a machine under load must not fail a test


def until(true: Callable[[], object], deadline_s: float = DEADLINE_S, told: Callable[[], object] = lambda: "") -> None:
    """Return as soon as it is true.

    Args:
        told: what to say where it does not become true in time.

    Raises:
        AssertionError: it has not become true by the deadline.
    """
    end_s = time.monotonic() + deadline_s
    while not true():
        assert time.monotonic() < end_s, f"it did not happen within {deadline_s:g} s {told()}"
        time.sleep(0.005)
