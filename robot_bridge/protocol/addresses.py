"""What an address says about who can reach it. Standard library only."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

OF_THIS_MACHINE = ("ipc://", "inproc://")  # a file, and a name within this process


def is_known(address: str) -> bool:
    """Whether it is of a kind that this project speaks: libzmq knows more, of which some leave the machine unseen."""
    return address.startswith(("tcp://", *OF_THIS_MACHINE))


def is_local(address: str) -> bool:
    """Whether only this machine can be meant: loopback, or a file."""
    if not address.startswith("tcp://"):
        return address.startswith(OF_THIS_MACHINE)
    host = urlsplit(address).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
