"""What was said, and the small state that survives a crash."""

from __future__ import annotations

import time
from typing import Any

import msgspec
from sqlite_utils import Database

from memory.connection import insert
from memory.records import Role, Utterance
from memory.text import to_json
from robot_bridge.protocol.errors import StoreError


def add_utterance(db: Database, text: str, by: str, role: Role, episode_id: int | None, wall_s: float | None) -> int:
    """Its number.

    Raises:
        StoreError: no such role.
    """
    if role not in ("person", "robot"):
        raise StoreError(f"'{role}' cannot speak", "person, robot")
    row = {"episode_id": episode_id, "wall_s": time.time() if wall_s is None else wall_s, "by": by, "role": role,
           "text": text}  # fmt: skip
    return insert(db, "utterances", row)


def latest(db: Database, limit: int) -> list[Utterance]:
    """The last utterances, oldest first."""
    rows = list(db.query("SELECT * FROM utterances ORDER BY id DESC LIMIT ?", (limit,)))
    return [msgspec.convert(row, Utterance) for row in reversed(rows)]


def get_state(db: Database, key: str, default: Any) -> Any:
    row = db.conn.execute("SELECT value FROM state WHERE key = ?", (key,)).fetchone()
    return default if row is None else msgspec.json.decode(row[0])


def add_state(db: Database, key: str, more: int) -> None:
    """Count up."""
    set_state(db, key, get_state(db, key, 0) + more)


def set_state(db: Database, key: str, value: Any) -> None:
    row = {"key": key, "value": to_json(value), "wall_s": time.time()}
    insert(db, "state", row, on_conflict="REPLACE")
