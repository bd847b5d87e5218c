"""What a long-running process of ours does once everything is loaded."""

from __future__ import annotations

import ctypes
import gc
import sys

KEPT_BYTES = 32 << 20  # the most that older C libraries take on 64 bits
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # malloc.h: M_TRIM_THRESHOLD, M_MMAP_THRESHOLD


def settle() -> None:
    """Keep the memory of messages for the next ones, and leave alone what will live as long as the process.

    glibc gives the memory of a large message back to the system as soon as it has been read, and the next one begins
    with a page fault every 4 KB: for three pictures of 640×480 that took two thirds of a round trip over TCP. And a
    collection of garbage that looks through all of a loaded model's objects is tens of ms in which nothing is answered.
    """
    gc.collect()
    gc.freeze()
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, KEPT_BYTES)
        mallopt(_TRIM_THRESHOLD, KEPT_BYTES)
