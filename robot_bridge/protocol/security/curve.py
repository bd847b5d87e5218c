"""Which sockets are encrypted, and with which keys. There is no way to have a plain one that other machines can reach.

loopback or a file        plain, unless `always` or a server's key is configured
anything else             CURVE, or the socket is not opened
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import zmq

from robot_bridge.protocol.addresses import is_local
from robot_bridge.protocol.errors import ConfigError
from robot_bridge.protocol.security.access import Access, Client, everything
from robot_bridge.protocol.security.key_files import KeyPair, check_key, read_pair

DOMAIN = "robot-coach"  # of ZAP: the guard answers for sockets of this name


@dataclass(frozen=True)
class Security:
    """How a home protects its sockets.

    Args:
        folder: of its keys; None: it has none, so that it can only work on loopback.
        always: encrypt on loopback too.
    """

    folder: Path | None = None
    always: bool = False

    def covers(self, address: str) -> bool:
        """Whether a socket at this address must be encrypted."""
        return address.startswith("tcp://") and (self.always or not is_local(address))

    def own(self, because: str) -> KeyPair:
        """This home's keys. Raises: ConfigError: there are none, which says `because`."""
        if self.folder is None:
            raise ConfigError(f"{because}, which needs keys", next_step="make them with coach keys new")
        try:
            return read_pair(self.folder)
        except ConfigError as error:
            raise ConfigError(f"{because}, which needs keys: {error.what}", error.allowed, error.next_step) from None


@dataclass(frozen=True)
class ServerKeys:
    """What a server's sockets need."""

    own: KeyPair
    access: Access

    def apply(self, socket: zmq.Socket) -> None:
        """Before `bind`."""
        socket.curve_server = True
        socket.curve_secretkey = self.own.secret.encode()
        socket.zap_domain = DOMAIN.encode()
        socket.setsockopt(zmq.ZAP_ENFORCE_DOMAIN, 1)  # nobody gets in where no guard stands


@dataclass(frozen=True)
class ClientKeys:
    """What a client's socket needs. `server` is the public key of the only server that it will talk to."""

    own: KeyPair
    server: str

    def apply(self, socket: zmq.Socket) -> None:
        """Before `connect`."""
        socket.curve_secretkey = self.own.secret.encode()
        socket.curve_publickey = self.own.public.encode()
        socket.curve_serverkey = self.server.encode()


def server_keys(security: Security, addresses: dict[str, str]) -> ServerKeys | None:
    """The keys for a server's addresses (option → address); None where all of them may be plain.

    Raises:
        ConfigError: an address needs keys and there are none, or they cannot be used.
    """
    covered = next((item for item in addresses.items() if security.covers(item[1])), None)
    if covered is None:
        return None
    option, address = covered
    own = security.own(_because(option, address))
    assert security.folder is not None
    return ServerKeys(own, Access(security.folder, own.public))


def client_keys(security: Security, address: str, server: str, option: str) -> ClientKeys | None:
    """The keys for a line to a server; None where it may be plain.

    Args:
        server: the server's public key; empty: none is configured.
        option: the name of the setting that holds the address, such as `bridge_address`.

    Raises:
        ConfigError: the line must be encrypted and a key is missing.
    """
    if not server and not security.covers(address):
        return None
    own = security.own(_because(option, address))
    if not server and not is_local(address):
        setting = "policy_key" if option.startswith("policy") else "bridge_key"
        raise ConfigError(f"{option} is {address}, on another machine, and {setting} is not set",
                          next_step=f"copy the key that coach keys show prints there to {setting}")  # fmt: skip
    return ClientKeys(own, check_key(server, option.replace("_address", "_key")) if server else own.public)


def sender(frame: zmq.Frame, keys: ServerKeys | None) -> Client | None:
    """Who sent this frame; None for someone who is no longer listed.

    Args:
        keys: of the socket that it came from; None for a plain one, where everybody may do everything.
    """
    if keys is None:
        return everything("a process of this machine")
    try:
        return keys.access.find(str(frame.get("User-Id")))
    except zmq.ZMQError:
        return None


def _because(option: str, address: str) -> str:
    return f"{option} is {address}, where words travel encrypted"
