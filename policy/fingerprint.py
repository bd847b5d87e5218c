"""What tells one checkpoint from another: a checksum of all that it computes with. Loads no torch.

A measurement, or a run that began from it, says nothing of a folder of the same name with other contents.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from robot_bridge.protocol.errors import CheckpointError

NEEDED = ("checkpoint.yaml", "config.json", "model.safetensors", "tokenizer.json")
MAY_BE_THERE = ("calibration.yaml", "scene.safetensors")


def fingerprint(folder: Path) -> str:
    """SHA-256 over name and contents of every file that `policy.loading.load_policy` reads.

    Raises:
        CheckpointError: the folder holds no whole checkpoint.
    """
    digest = hashlib.sha256()
    for name in sorted((*NEEDED, *MAY_BE_THERE)):
        path = folder / name
        if name in MAY_BE_THERE and not path.exists():
            continue
        try:
            seen = path.stat()
            own = _sha256(path, seen.st_ino, seen.st_size, seen.st_mtime_ns)
        except OSError as error:
            what = f"{folder} holds no whole checkpoint: {name}: {error.strerror}"
            raise CheckpointError(what, next_step="train it to its end with coach train, or copy it again") from None
        digest.update(name.encode() + b"\0" + own)
    return digest.hexdigest()


@lru_cache(maxsize=64)
def _sha256(path: Path, inode: int, size: int, mtime_ns: int) -> bytes:
    """Of a file's contents; read again once another was put in its place."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
