"""A peer that speaks ZeroMQ's wire protocol by hand (ZMTP 3.0, RFC 23), to send what no library would."""

from __future__ import annotations

import contextlib
import socket
import struct
from urllib.parse import urlsplit

MORE, LONG, COMMAND = 1, 2, 4


class ZmtpPeer:
    """Connected and shaken hands with, without encryption. Args: kind: what it pretends to be, such as DEALER."""

    def __init__(self, address: str, kind: str = "DEALER") -> None:
        at = urlsplit(address)
        self._socket = socket.create_connection((at.hostname, at.port), timeout=5)
        self._socket.sendall(b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32))
        ready = b"\x05READY\x0bSocket-Type" + struct.pack(">I", len(kind)) + kind.encode()
        self._socket.sendall(bytes([COMMAND, len(ready)]) + ready)
        self.sent_bytes = 0

    def send_parts(self, count: int, size: int) -> bool:
        """So many parts of a message that never ends; whether the other side has taken them all."""
        part = bytes([MORE | LONG]) + struct.pack(">Q", size) + bytes(size)
        try:
            for _ in range(count):
                self._socket.sendall(part)
                self.sent_bytes += size
        except OSError:
            return False
        return True

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.close()
