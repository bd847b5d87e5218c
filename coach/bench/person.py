"""A person at the terminal, as a program: says things the way the UI does, and watches what the bridge publishes."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from types import TracebackType
from typing import Any, TypeVar

from coach.config import Config
from coach.lines import bridge_client
from coach.session.identity import new_id
from coach.session.replies import Reply
from coach.session.system import System
from memory.store import Store
from robot_bridge.protocol.errors import CoachError
from robot_bridge.protocol.messages import ChunkEvent, Intervention, Message, Observation, Status, ThoughtEvent

KEPT = 500
REPLY_S = 10.0
RESET_S = 15.0
T = TypeVar("T", bound=ThoughtEvent | ChunkEvent)
L = TypeVar("L", Observation, Status)


class TimedStore(Store):
    """Notes when the latest correction was safe on the disk (monotonic)."""

    durable_s = 0.0

    def add_correction(self, *args: Any, **options: Any) -> Any:
        correction = super().add_correction(*args, **options)
        self.durable_s = time.monotonic()
        return correction


class Person:
    """A context manager around the same `System` that the UI opens: memory, session, recorder, heartbeat."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._events: deque[ThoughtEvent | ChunkEvent] = deque(maxlen=KEPT)
        self._latest: dict[type, Message] = {}
        self._changed = threading.Condition()
        self._replies: queue.SimpleQueue[Reply] = queue.SimpleQueue()

    def __enter__(self) -> Person:
        self._bridge = bridge_client(self._config)  # the same coach as the session
        store = TimedStore.open(self._config.memory_path)
        assert isinstance(store, TimedStore)
        self._store = store
        self._system = System(self._config, store, self._hear, self._replies.put)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._system.close()
        self._bridge.close()

    @property
    def durable_s(self) -> float:
        return self._store.durable_s

    def say(self, text: str) -> Reply:
        """What the robot answers. Raises: CoachError: nothing, for ten seconds."""
        while not self._replies.empty():
            self._replies.get()
        self._system.submit(text)
        try:
            return self._replies.get(timeout=REPLY_S)
        except queue.Empty:
            raise CoachError(f"'{text}' was not answered within {REPLY_S:g} s") from None

    def reset(self, seed: int) -> None:
        """A fresh kitchen. Raises: CoachError: it is not there in time."""
        if self._bridge.status().state == "running":
            self._bridge.send(Intervention(id=new_id(), kind="pause", time_s=time.monotonic()))
        self._bridge.send(Intervention(id=new_id(), kind="reset", instruction=str(seed), time_s=time.monotonic()))
        asked_s = time.monotonic()

        def fresh() -> bool:
            status, seen = self.latest(Status), self.latest(Observation)
            return bool(status and seen and status.state == "idle" and min(status.time_s, seen.time_s) > asked_s + 0.3)

        with self._changed:
            if not self._changed.wait_for(fresh, RESET_S):
                raise CoachError(f"the kitchen was not fresh within {RESET_S:g} s")

    def latest(self, kind: type[L]) -> L | None:
        found = self._latest.get(kind)
        return found if isinstance(found, kind) else None

    def wait_for(self, kind: type[T], cause: str, timeout_s: float) -> T:
        """The first such event behind an intervention.

        Raises:
            CoachError: it did not come in time.
        """
        found: list[T] = []

        def came() -> bool:
            found[:] = [event for event in self._events if isinstance(event, kind) and event.cause == cause]
            return bool(found)

        with self._changed:
            if not self._changed.wait_for(came, timeout_s):
                status = self.latest(Status)
                seen = f"; the bridge is {status.state}, {status.detail}" if status else ""
                raise CoachError(f"no {kind.__name__} followed within {timeout_s:g} s{seen}")
        return found[0]

    def _hear(self, message: Message) -> None:
        with self._changed:
            self._latest[type(message)] = message
            if isinstance(message, ThoughtEvent | ChunkEvent):
                self._events.append(message)
            self._changed.notify_all()
