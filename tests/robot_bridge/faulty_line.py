"""A line between two of our processes that can be cut, and that delays, doubles and mixes up what it carries."""

from __future__ import annotations

import heapq
import random
import threading
import time

import zmq

SHUFFLE_S = 0.08  # what is overtaken waits at most this long


class FaultyLine:
    """Stands before a server: clients connect to `address`.

    Args:
        publishes: the server publishes; else it answers requests.
        double, shuffle: share of the messages that come twice, or later than those behind them.
    """

    def __init__(
        self, server: str, publishes: bool = False, chance: random.Random | None = None, double: float = 0.0,
        shuffle: float = 0.0,
    ) -> None:  # fmt: skip
        self._chance = chance or random.Random(1)
        self.double, self.shuffle, self.delay_s = double, shuffle, 0.0
        self.doubled = self.shuffled = self.lost = 0
        self._context = zmq.Context()
        self._front = self._context.socket(zmq.XPUB if publishes else zmq.ROUTER)
        self._server, self._publishes = server, publishes
        self._backs: dict[bytes, zmq.Socket] = {}
        self._front.linger = 0
        self.address = f"tcp://127.0.0.1:{self._front.bind_to_random_port('tcp://127.0.0.1')}"
        self._waiting: list[tuple[float, int, zmq.Socket, list[bytes]]] = []
        self._number = 0
        self._broken, self._ended = threading.Event(), threading.Event()
        if publishes:
            self._back(b"").subscribe(b"")
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def cut(self) -> None:
        """From now on everything is lost, and nobody is told."""
        self._broken.set()

    def mend(self) -> None:
        self._broken.clear()

    def close(self) -> None:
        self._ended.set()
        self._thread.join(5)
        self._context.destroy(linger=0)

    def _back(self, client: bytes) -> zmq.Socket:
        """The line's own connection to the server, one for each client."""
        if client not in self._backs:
            back = self._context.socket(zmq.SUB if self._publishes else zmq.DEALER)
            back.linger = 0
            back.connect(self._server)
            self._backs[client] = back
        return self._backs[client]

    def _run(self) -> None:
        while not self._ended.is_set():
            poller = zmq.Poller()
            for socket in (self._front, *self._backs.values()):
                poller.register(socket, zmq.POLLIN)
            ready = dict(poller.poll(5))
            if self._front in ready:
                parts = self._front.recv_multipart()
                if not self._publishes:
                    self._carry(self._back(parts[0]), parts[1:])
            for client, back in list(self._backs.items()):
                if back in ready:
                    parts = back.recv_multipart()
                    self._carry(self._front, parts if self._publishes else [client, *parts])
            while self._waiting and self._waiting[0][0] <= time.monotonic():
                _, _, to, parts = heapq.heappop(self._waiting)
                to.send_multipart(parts)

    def _carry(self, to: zmq.Socket, parts: list[bytes]) -> None:
        if self._broken.is_set():
            self.lost += 1
            return
        copies = 1
        if self._chance.random() < self.double:
            copies, self.doubled = 2, self.doubled + 1
        for _ in range(copies):
            late_s = self.delay_s
            if self._chance.random() < self.shuffle:
                late_s, self.shuffled = late_s + self._chance.uniform(0, SHUFFLE_S), self.shuffled + 1
            self._number += 1
            heapq.heappush(self._waiting, (time.monotonic() + late_s, self._number, to, parts))
