"""`python -m coach.bench.wire_shaper ADDRESS MBIT MS`: a slow line, as a TCP proxy; prints its address.

Each direction passes so many Mbit/s, and lets them out half of the ms (there and back) after they went in. Bytes that
cannot go yet wait in a buffer as long as a router's, then at their sender. TCP ends at the proxy: its slow start is not
emulated.
"""

from __future__ import annotations

import contextlib
import queue
import socket
import sys
import threading
import time

CHUNK_S = 1e-3  # how much line time a chunk takes
CHUNK_BYTES = (1460, 1 << 18)  # at least, at most
BUFFER_S = 0.1


def main(address: str, mbit: str, delay_ms: str) -> None:
    """Until ended."""
    bits_per_s, delay_s = float(mbit) * 1e6, float(delay_ms) / 2e3
    host, _, port = address.removeprefix("tcp://").rpartition(":")
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"tcp://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    while True:
        near, _ = listener.accept()
        far = socket.create_connection((host, int(port)))
        for ends in ((near, far), (far, near)):
            ends[0].setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=_carry, args=(*ends, bits_per_s, delay_s), daemon=True).start()


def _carry(source: socket.socket, target: socket.socket, bits_per_s: float, delay_s: float) -> None:
    """One direction, until either end closes."""
    smallest, largest = CHUNK_BYTES
    size = int(min(max(bits_per_s / 8 * CHUNK_S, smallest), largest))
    way: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
    threading.Thread(target=_deliver, args=(way, target), daemon=True).start()
    free_s = 0.0  # when the line has passed everything so far
    with contextlib.suppress(OSError):
        while data := source.recv(size):
            free_s = max(free_s, time.monotonic()) + len(data) * 8 / bits_per_s
            way.put((free_s + delay_s, data))
            time.sleep(max(0.0, free_s - time.monotonic() - BUFFER_S))
    way.put((free_s + delay_s, b""))


def _deliver(way: queue.SimpleQueue[tuple[float, bytes]], target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            due_s, data = way.get()
            time.sleep(max(0.0, due_s - time.monotonic()))
            if not data:
                target.shutdown(socket.SHUT_WR)
                return
            target.sendall(data)


if __name__ == "__main__":
    main(*sys.argv[1:])
