"""A disk that is full, and a folder that cannot be written, told in one sentence: any command may meet one."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from robot_bridge.protocol.errors import CoachError, UsageError

FULL = (errno.ENOSPC, errno.EDQUOT)
FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
_FULL_WORDS = re.compile(  # of safetensors and numpy, which leave no number behind
    r"No space left on device|Disk quota exceeded|^\d+ requested and \d+ written$"
)
LEAST_BYTES = 256 << 10  # a disk with less is full


def disk_failure(error: BaseException, folders: Sequence[Path]) -> CoachError | None:
    """The sentence for a failure of a disk; None where it is another failure.

    Args:
        folders: where the command may have been writing.
    """
    for cause in _chain(error):
        number, file = getattr(cause, "errno", None), getattr(cause, "filename", None)
        if number in FULL or (number is None and _FULL_WORDS.search(str(cause))):
            where = _full_one([Path(file).parent] if isinstance(file, str) else folders)
            mend = "make room there and give the same command again, or name another folder"
            return CoachError(f"the disk {where} is full; what was finished before is kept", next_step=mend)
        if isinstance(cause, OSError) and number in FORBIDDEN and file:
            return CoachError(f"{file} cannot be used: {cause.strerror}",
                              next_step="name another folder, or change its permissions")  # fmt: skip
    return None


def make_folder(folder: Path) -> None:
    """A folder to write to, made before the work that fills it.

    Raises:
        UsageError: it cannot be made, or not be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"the folder {folder} cannot be made: {error.strerror}",
                         next_step="name another folder") from None  # fmt: skip
    if not os.access(folder, os.W_OK):
        raise UsageError(f"the folder {folder} cannot be written", next_step="name another folder")


def check_file(path: Path, endings: Sequence[str] = ()) -> None:
    """A file that is written only after long work.

    Args:
        endings: those that its name may have, with their dots; any where there are none.

    Raises:
        UsageError: it could not be written.
    """
    if endings and path.suffix.lower() not in endings:
        raise UsageError(f"{path} ends in none of the formats that can be drawn", ", ".join(endings))
    if not path.parent.is_dir():
        raise UsageError(f"{path} cannot be written: there is no folder {path.parent}",
                         next_step="make the folder, or name another file")  # fmt: skip
    if path.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UsageError(f"{path} cannot be written", next_step="name another file")


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _full_one(folders: Sequence[Path]) -> str:
    """`under FOLDER`, the one with the least room; nothing where all of them have room."""
    room = []
    for folder in folders:
        there = next((path for path in (folder, *folder.absolute().parents) if path.exists()), Path("/"))
        with contextlib.suppress(OSError):
            room.append((shutil.disk_usage(there).free, str(folder)))
    free, fullest = min(room, default=(LEAST_BYTES, ""))
    return f"under {fullest}" if free < LEAST_BYTES or len(room) == 1 else "that it writes to"
