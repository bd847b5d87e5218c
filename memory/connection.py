"""A connection to the memory file that threads can share, and transactions on it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from memory.failures import store_error, translated
from memory.text import clean
from robot_bridge.protocol.errors import StoreError

BUSY_S = 5.0  # how long to wait for another process that writes


class Connection:
    """One SQLite connection behind a lock.

    Args:
        write_lock: shared by all connections of this process to one file, so that they take turns without
            SQLite's polling; other processes are waited for up to `BUSY_S`.
        checkpoint_pages: a commit that finds this many pages in the write-ahead log moves them to the file.
        access: what SQLite is told of a file that is only read, `mode=ro` or `immutable=1`.
    """

    def __init__(self, path: Path, write_lock: threading.Lock, checkpoint_pages: int, access: str = "") -> None:
        self.path, self.access = path, access
        self._lock = threading.RLock()
        self._write_lock = write_lock
        self._closed = False
        with translated(path):
            name = f"{path.absolute().as_uri()}?{access}" if access else str(path)
            raw = sqlite3.connect(name, timeout=BUSY_S, check_same_thread=False, uri=bool(access))
            try:
                raw.execute("PRAGMA foreign_keys=ON")
                raw.execute("PRAGMA synchronous=NORMAL")
                raw.execute(f"PRAGMA wal_autocheckpoint={checkpoint_pages}")
                self._db = Database(raw)
            except BaseException:
                raw.close()
                raise

    @contextmanager
    def reading(self) -> Iterator[Database]:
        """The database, for SELECT and PRAGMA.

        Raises:
            StoreError: the file is damaged, locked or closed.
        """
        with self._lock, translated(self.path):
            if self._closed:
                raise StoreError(f"the memory file {self.path} is closed", next_step="open it again")
            yield self._db

    @contextmanager
    def writing(self, durable: bool = False) -> Iterator[Database]:
        """One transaction: committed at the end of the block, undone if the block raises.

        Args:
            durable: the commit returns only after the disk has it (`synchronous=FULL`); otherwise a kill of
                the process loses nothing either, but a power cut may lose the last seconds.

        Raises:
            StoreError: the file is damaged, locked, full, read-only or closed.
        """
        with self.reading() as db, self._turn():
            self._pragma(db, "FULL" if durable else "NORMAL")
            db.conn.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.conn.execute("COMMIT")
            except BaseException:
                db.conn.rollback()
                raise

    def close(self) -> None:
        """Close for good; a second call does nothing."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._db.close()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._write_lock.acquire(timeout=BUSY_S):
            raise store_error(self.path, TimeoutError(f"not free after {BUSY_S:g} s"))
        try:
            yield
        finally:
            self._write_lock.release()

    @staticmethod
    def _pragma(db: Database, level: str) -> None:
        db.conn.execute(f"PRAGMA synchronous={level}")  # has no effect inside a transaction


def insert(db: Database, table: str, row: Mapping[str, Any], on_conflict: str = "ABORT") -> int:
    """Add a row and return its rowid. Names come from our own code, values are bound."""
    columns = ", ".join(f'"{name}"' for name in row)
    marks = ", ".join("?" for _ in row)
    values = tuple(clean(value) if isinstance(value, str) else value for value in row.values())
    cursor = db.conn.execute(f"INSERT OR {on_conflict} INTO {table} ({columns}) VALUES ({marks})", values)
    return int(cursor.lastrowid or 0)
