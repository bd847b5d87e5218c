"""A whole bridge in this process, with a coach that stays alive and hears everything."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable

from fake_arms import MemoryArms
from waiting import DEADLINE_S, until

from robot_bridge.client import BridgeClient, EventSubscriber
from robot_bridge.config import BridgeConfig
from robot_bridge.protocol.errors import UnreachableError
from robot_bridge.protocol.messages import Event, Intervention, Status
from robot_bridge.server import serve


class Rig:
    """A whole bridge on ephemeral ports, with one coach that stays alive and hears everything."""

    def __init__(self, policy_address: str, arms: MemoryArms | None = None, **config: object) -> None:
        self.arms = arms or MemoryArms()
        free = "tcp://127.0.0.1:*"
        values: dict = {"policy_address": policy_address, "address": free, "events_address": free,
                        "think_deadline_s": 0.4, "act_deadline_s": 0.4, "retry_s": 0.1,
                        "think_period_s": 0.1}  # fmt: skip
        self.config = BridgeConfig(**{**values, **config})
        self.stop = threading.Event()
        ready = threading.Event()
        addresses: list[str] = []

        def note(*listening: str) -> None:
            addresses.extend(listening)
            ready.set()

        self._thread = threading.Thread(target=serve, args=(self.config, self.arms, self.stop, note), daemon=True)
        self._thread.start()
        assert ready.wait(5)
        self.address, self.events_address = addresses
        self.client = BridgeClient(self.address)
        self.heard: list = []
        self._ears = EventSubscriber(self.events_address)
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()
        self.beating = True
        self._heart = threading.Thread(target=self._beat, daemon=True)
        self._heart.start()
        self._count = 0
        self.until(lambda: any(isinstance(message, Status) for message in self.heard))

    def close(self) -> None:
        self.stop.set()
        for thread in (self._thread, self._listening, self._heart):
            thread.join(5)
            assert not thread.is_alive()
        self.client.close()

    def _listen(self) -> None:
        while not self.stop.is_set():
            message = self._ears.poll(0.05)
            if message is not None:
                self.heard.append(message)
        self._ears.close()

    def _beat(self) -> None:
        client = BridgeClient(self.address)
        while not self.stop.wait(0.1):
            if self.beating:
                with contextlib.suppress(UnreachableError):  # the bridge ends before its coach
                    client.heartbeat("test", 0.3)
        client.close()

    def say(self, kind: str, **values: object) -> str:
        """Send an intervention; returns its id."""
        self._count += 1
        words = Intervention(id=f"{kind}-{self._count}", kind=kind, **values)  # type: ignore[arg-type]
        self.client.send(words)
        return words.id

    def task(self) -> str:
        return self.say("task", instruction="put the red cup in the sink")

    def until(self, true: Callable[[], object], deadline_s: float = DEADLINE_S) -> None:
        until(true, deadline_s, lambda: f"heard {self.codes()}, {self.status()}")

    def until_moving(self) -> None:
        since_s = time.monotonic()
        self.until(lambda: self.arms.moved_since(since_s) > 0.02)

    def until_state(self, state: str) -> None:
        self.until(lambda: self.status().state == state)

    def until_event(self, code: str) -> Event:
        self.until(lambda: code in self.codes())
        return next(m for m in self.heard if isinstance(m, Event) and m.code == code)

    def status(self) -> Status:
        return next(m for m in reversed(self.heard) if isinstance(m, Status))

    def codes(self) -> list[str]:
        return [m.code for m in list(self.heard) if isinstance(m, Event)]

    def all(self, kind: type) -> list:
        return [m for m in list(self.heard) if isinstance(m, kind)]
