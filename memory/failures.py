"""SQLite's failures as sentences for a person."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from robot_bridge.protocol.errors import StoreError

CORRUPT = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
_FULL = ("SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE")
ELSEWHERE = "or start with another folder: --home DIR"


def corrupt(path: Path, detail: str) -> StoreError:
    """The error for a file that is damaged; nothing is deleted or overwritten on the way."""
    return StoreError(
        f"the memory file {path} is damaged ({detail})",
        next_step=f"keep it and begin a new one with: mv '{path}' '{path}.damaged' "
        f"(the SQLite shell's .recover may still read it), {ELSEWHERE}",
    )


def store_error(path: Path, error: Exception) -> StoreError:
    """The sentence for a failure of SQLite or of the file system."""
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith(CORRUPT):
        return corrupt(path, str(error))
    if name.startswith(_FULL):
        return StoreError(f"the disk under the memory file {path} is full ({error})",
                          next_step=f"free some space, nothing saved so far is lost, {ELSEWHERE}")  # fmt: skip
    if name.startswith(("SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH")) or isinstance(error, PermissionError):
        return StoreError(f"the memory file {path} cannot be written ({error})", "a file and folder you may write to",
                          f"mend it with: chmod u+rwX '{path.parent}' '{path}', {ELSEWHERE}")  # fmt: skip
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StoreError(f"the memory file {path} is held by another program ({error})",
                          next_step="close the other program that writes to it and try again")  # fmt: skip
    if name.startswith("SQLITE_CANTOPEN") or isinstance(error, OSError):
        return StoreError(f"the memory file {path} cannot be opened ({error})", "a file in a folder you may write to",
                          f"check the path, {ELSEWHERE}")  # fmt: skip
    return StoreError(f"the memory file {path} refused a request ({type(error).__name__}: {error})")


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn what SQLite and the file system raise into `StoreError`."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise store_error(path, error) from error
