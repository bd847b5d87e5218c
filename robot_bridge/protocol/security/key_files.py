"""The key pair of one home: two small files that only their owner can read.

secret.key    the secret half, 40 characters of Z85; never leaves the machine
public.key    the public half, to be given to others
"""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path

from robot_bridge.protocol.errors import ConfigError

SECRET, PUBLIC = "secret.key", "public.key"
_KEY = re.compile(r"[0-9a-zA-Z.\-:+=^!/*?&<>()\[\]{}@%$#]{40}")


@dataclass(frozen=True)
class KeyPair:
    """Two halves in Z85, 40 characters each. The secret is kept out of logs."""

    public: str
    secret: str = field(repr=False)


def check_key(text: str, name: str) -> str:
    """A public key without the spaces around it.

    Raises:
        ConfigError: it cannot be one.
    """
    key = text.strip()
    if not _KEY.fullmatch(key):
        raise ConfigError(f"{name} is not a key: '{key[:60]}'", "40 characters as printed by coach keys show")
    return key


def make_pair(folder: Path) -> KeyPair:
    """A new key pair, written to `folder`.

    Raises:
        ConfigError: there is one already, or the folder cannot be written.
    """
    if (folder / SECRET).exists():
        raise ConfigError(f"{folder / SECRET} exists already", next_step="see it with coach keys show; to replace it "
                          "move the file away first: every machine that knows it must then be told")  # fmt: skip
    import zmq

    public, secret = "-", ""
    while public.startswith("-"):  # a command line would take it for an option
        public, secret = (half.decode("ascii") for half in zmq.curve_keypair())
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        for name, half in ((SECRET, secret), (PUBLIC, public)):
            write_private(folder / name, half + "\n")
    except OSError as error:
        raise ConfigError(f"keys cannot be written to {folder}: {error.strerror}",
                          next_step="name another home with --home") from None  # fmt: skip
    return KeyPair(public, secret)


def read_pair(folder: Path) -> KeyPair:
    """The key pair of a home.

    Raises:
        ConfigError: there is none, it is damaged, or other people could read it.
    """
    check_private(folder)
    path = folder / SECRET
    check_private(path)
    try:
        secret = check_key(path.read_text("ascii"), str(path))
        import zmq

        return KeyPair(zmq.curve_public(secret.encode()).decode("ascii"), secret)
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"{path} cannot be read", next_step="make keys with coach keys new") from None


def check_private(path: Path) -> None:
    """Raises: ConfigError: it is not there, or others than its owner have any right to it."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError:
        raise ConfigError(f"there are no keys at {path}", next_step="make them with coach keys new") from None
    if mode & 0o077:
        private = "700" if path.is_dir() else "600"
        raise ConfigError(f"{path} can be read by others (mode {mode:o}), so its keys are not used", f"mode {private}",
                          f"chmod {private} '{path}', and make new keys if someone may have read them")  # fmt: skip


def write_private(path: Path, text: str) -> None:
    """Replace a file by a new one that is never readable by others, not even for an instant."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(beside, path)
