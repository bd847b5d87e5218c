"""A disk that is full, and a folder that cannot be written, told in one sentence: any command may meet one."""

from __future__ import annotations

import contextlib
import errno
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from robot_bridge.protocol.errors import CoachError

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
