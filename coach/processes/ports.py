"""Which addresses are ours to serve, and who is there already."""

from __future__ import annotations

import errno
import socket
import subprocess
import time
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from coach.processes.child import interpreter
from robot_bridge.protocol.addresses import is_local
from robot_bridge.protocol.errors import CoachError

if TYPE_CHECKING:
    from coach.config import Config

PROBE_S = 10.0
SETTLE_S = 3.0

Kind = Literal["policy", "bridge"]


def in_use(address: str) -> bool:
    """Whether someone listens there on this machine."""
    if address.startswith("ipc://"):
        with socket.socket(socket.AF_UNIX) as client:
            return client.connect_ex(address.removeprefix("ipc://")) == 0
    parts = urlsplit(address)
    family = socket.AF_INET6 if ":" in (parts.hostname or "") else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as ZeroMQ does: closing sockets do not count
        try:
            probe.bind((parts.hostname, parts.port or 0))
        except OSError as error:
            return error.errno == errno.EADDRINUSE
    return False


def serves(config: Config, kind: Kind) -> bool:
    """Whether the server at this address is a policy server or a bridge of ours, and talks to us."""
    address, key = (getattr(config, f"{kind}_{what}") for what in ("address", "key"))
    command = [*interpreter(), "-m", "coach.processes.probe", kind, address, str(config.key_folder), key,
               config.encryption]  # fmt: skip
    try:
        return subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=PROBE_S).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def must_start(config: Config, kind: Kind) -> bool:
    """Whether this server is to be started here: not if it lives elsewhere or runs already.

    Raises:
        CoachError: something else holds the port.
    """
    key = f"{kind}_address"
    address = getattr(config, key)
    if not is_local(address):
        return False
    give_up_s = time.monotonic() + SETTLE_S  # a server that was just told to stop gets time to go
    while in_use(address):
        if serves(config, kind):
            return False
        if time.monotonic() > give_up_s:
            raise taken(address, key)
    return True


def taken(address: str, key: str) -> CoachError:
    return CoachError(f"{key} is {address}, and another program already uses that port",
                      next_step=f"stop that program, or set {key} to a free port in config.yaml")  # fmt: skip
