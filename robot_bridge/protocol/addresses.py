"""What an address says about who can reach it. Standard library only."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


def is_local(address: str) -> bool:
    """Whether only this machine can be meant: loopback, or a file."""
    if not address.startswith("tcp://"):
        return True
    host = urlsplit(address).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
