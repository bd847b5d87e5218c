"""Ids that are unique for ever and sort by time."""

from __future__ import annotations

import secrets
import time


def new_id() -> str:
    """28 hexadecimal digits: 12 of Unix milliseconds, 16 by chance."""
    return f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(8)}"
