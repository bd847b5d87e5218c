"""Opening a memory file: is it ours, whole and not newer than we are; then bring it up to date."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from pathlib import Path

from sqlite_utils import Database

from memory.connection import BUSY_S, Connection
from memory.failures import ELSEWHERE, corrupt, translated
from memory.migrations import APPLICATION_ID, migrations
from robot_bridge.protocol.errors import StoreError

CHECKPOINT_PAGES = 4000  # callers leave most checkpoints to the frame writer, whose own limit is lower
READ_ONLY = ("mode=ro", "immutable=1")  # the latter makes no file beside it, and takes it that nobody writes
_UNWRITABLE = ("SQLITE_FULL", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_PERM", "SQLITE_AUTH")
QUICK_CHECK_BYTES = 32 << 20  # files up to this size are read whole at every start (well under 0.2 s)


def open_connection(path: Path) -> tuple[Connection, threading.Lock]:
    """A checked and migrated connection, and the lock that every further connection to the file shares.

    Raises:
        StoreError: the file is damaged, newer, another program's, locked, read-only or not a file.
    """
    with translated(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not path.is_file():
            raise StoreError(f"the memory file {path} is not a file", next_step=f"give a file's path, {ELSEWHERE}")
    lock = threading.Lock()
    connection = Connection(path, lock, CHECKPOINT_PAGES)
    try:
        with connection.reading() as db:
            _check_whole(path, db)
            _check_ours(path, db)
            db.execute("PRAGMA auto_vacuum=INCREMENTAL")  # only an empty file takes it
            _enable_wal(db)
        _migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection, lock


def open_unwritable(path: Path, failure: StoreError) -> tuple[Connection, threading.Lock]:
    """A connection that only reads, where the disk is full or the folder is not ours to write.

    Args:
        failure: why the file could not be opened otherwise.

    Raises:
        StoreError: the failure, where that had another cause, the file is of an older form, or what was written last
            lies in a log beside it, which cannot be read without writing.
    """
    if not str(getattr(failure.__cause__, "sqlite_errorname", "")).startswith(_UNWRITABLE) or not path.is_file():
        raise failure
    lock, log = threading.Lock(), path.with_name(path.name + "-wal")
    for access in READ_ONLY:
        if access != "mode=ro" and log.exists() and log.stat().st_size:
            break
        with contextlib.suppress(StoreError):
            connection = Connection(path, lock, CHECKPOINT_PAGES, access)
            if _is_current(connection):
                return connection, lock
            connection.close()
    raise failure


def check(path: Path, db: Database, pragma: str = "integrity_check") -> None:
    """Read the whole file.

    Raises:
        StoreError: it is damaged.
    """
    found = str(db.execute(f"PRAGMA {pragma}(1)").fetchone()[0])
    if found != "ok":
        raise corrupt(path, " ".join(found.split()))


def _is_current(connection: Connection) -> bool:
    """Whether nothing need be written before it can be read; closed where it cannot be read at all."""
    try:
        with connection.reading() as db:
            _check_whole(connection.path, db)
            _check_ours(connection.path, db)
            return not migrations.pending(db)
    except BaseException:
        connection.close()
        raise


def _check_whole(path: Path, db: Database) -> None:
    db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if path.stat().st_size <= QUICK_CHECK_BYTES:
        check(path, db, "quick_check")


def _check_ours(path: Path, db: Database) -> None:
    tables = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if tables and db.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise StoreError(f"{path} is the database of another program", "a memory file of robot-coach",
                         f"give another path, {ELSEWHERE}")  # fmt: skip
    known = [step.name for step in migrations.pending(Database(memory=True))]  # all of ours
    newer = [step.name for step in migrations.applied(db) if step.name not in known]
    if newer:
        raise StoreError(f"the memory file {path} was written by a newer robot-coach (it has step '{newer[-1]}')",
                         f"steps up to '{known[-1]}'", f"update robot-coach, {ELSEWHERE}")  # fmt: skip


def _enable_wal(db: Database) -> None:
    """SQLite does not wait when two connections switch a new file at once, so that we must."""
    deadline_s = time.monotonic() + BUSY_S
    while True:
        try:
            return db.enable_wal()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline_s:
                raise
            time.sleep(0.01)


def _migrate(connection: Connection) -> None:
    """Apply what is missing, one step a transaction, also if two processes open a new file at once."""
    with connection.reading() as db:
        pending = migrations.pending(db)
    while pending:
        with connection.writing(durable=True) as db:
            pending = migrations.pending(db)
            migrations.apply(db, stop_before=[step.name for step in pending[1:]])
            pending = pending[1:]
