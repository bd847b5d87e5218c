"""Who is let in and what they may do: `allowed.yaml` beside the keys.

    clients:
    - {name: anna, key: '…40 characters…', role: coach, may: [takeover, promote]}
    - {name: hall-screen, key: '…', role: viewer}
    - {name: kitchen-bridge, key: '…', role: bridge}

| role | may |
|---|---|
| viewer | watch; say stop |
| coach | watch, speak, ask the policy |
| bridge | ask the policy to think and act |

`takeover` (move the arms by hand) and `promote` (have another checkpoint served) are given by name on top. The key of
this home itself may do everything. The file is read again when it changes.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec
import yaml

from robot_bridge.protocol.errors import AccessError, ConfigError
from robot_bridge.protocol.security.key_files import check_key, check_private, write_private

ALLOWED = "allowed.yaml"
Role = Literal["viewer", "coach", "bridge"]
Right = Literal["takeover", "promote"]


class Client(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One listed key. `may` holds the rights beyond the role."""

    name: str
    key: str
    role: Role = "viewer"
    may: tuple[Right, ...] = ()

    def require(self, roles: tuple[Role, ...], what: str, right: Right | None = None) -> None:
        """Raises: AccessError: this client may not do that; says who may."""
        if self.role in roles and (right is None or right in self.may):
            return
        allowed = f"role {' or '.join(roles)}" + (f" with --may {right}" if right else "")
        raise AccessError(f"'{self.name}' is a {self.role} here and may not {what}", allowed,
                          "ask who runs this server: coach keys allow")  # fmt: skip


def everything(name: str, key: str = "") -> Client:
    """A client without limits: a process on this machine, or the key of this home."""
    return Client(name, key, "coach", get_args(Right))


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    clients: tuple[Client, ...] = ()


def read_clients(folder: Path) -> tuple[Client, ...]:
    """The listed clients; none where there is no list.

    Raises:
        ConfigError: the list is damaged, or others than its owner can read or change it.
    """
    path = folder / ALLOWED
    if not path.exists():
        return ()
    check_private(path)
    try:
        loaded: Any = yaml.safe_load(path.read_text("utf-8"))
        clients = msgspec.convert(loaded or {}, _File).clients
    except (OSError, UnicodeDecodeError, yaml.YAMLError, msgspec.ValidationError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"{path} is not a list of clients: {reason}", "name, key, role, may of each",
                          "mend the line, or write it with coach keys allow") from None  # fmt: skip
    for client in clients:
        check_key(client.key, f"{path}, the key of '{client.name}'")
    return clients


def write_clients(folder: Path, clients: tuple[Client, ...]) -> None:
    """Replace the list in one step."""
    rows = [{**msgspec.to_builtins(client), "may": list(client.may)} for client in clients]
    write_private(folder / ALLOWED, yaml.safe_dump({"clients": rows}, sort_keys=False))


class Access:
    """Looks keys up, for any thread. A list that was damaged while running lets nobody in until it is mended.

    Args:
        own_key: this home's public key; it may do everything.
    """

    def __init__(self, folder: Path, own_key: str) -> None:
        self._folder, self._own = folder, everything("this home", own_key)
        self._list = str(folder / ALLOWED)  # looked at for each message
        self._lock = threading.Lock()
        self._stamp: object = None
        self._by_key: dict[str, Client] = {}
        self._struck_off: list[str] = []
        self._read()

    def find(self, key: str) -> Client | None:
        """Who holds this key; None for a stranger."""
        with self._lock:
            self._refresh()
            return self._own if key == self._own.key else self._by_key.get(key)

    def struck_off(self) -> tuple[str, ...]:
        """Names of those who were listed and are no longer, since the last call."""
        with self._lock:
            self._refresh()
            names, self._struck_off = tuple(self._struck_off), []
            return names

    def _refresh(self) -> None:
        if not self._changed():
            return
        before = self._by_key
        try:
            self._read()
        except ConfigError:
            self._by_key = {}
        self._struck_off += [client.name for key, client in before.items() if key not in self._by_key]

    def _changed(self) -> bool:
        return self._stamp != self._now()

    def _now(self) -> object:
        try:
            found = os.stat(self._list)
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_mode

    def _read(self) -> None:
        self._stamp = self._now()
        self._by_key = {client.key: client for client in read_clients(self._folder)}
