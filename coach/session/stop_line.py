"""The stop: its own thread and its own socket, so that it never waits behind anything else."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, Protocol

from coach.session.failures import keep
from coach.session.identity import new_id
from coach.session.outcomes import Outcome
from prompts import say
from robot_bridge.protocol.errors import CoachError
from robot_bridge.protocol.messages import Accepted, Intervention

if TYPE_CHECKING:
    from memory.store import Store

TRIES = 3
TRY_S = 0.7
FINISH_S = 3.0  # longer than all the tries
Pulled = tuple[Intervention, Future[Accepted]]


class Sender(Protocol):
    """The part of a bridge client that a stop needs."""

    def send(self, intervention: Intervention, deadline_s: float) -> Accepted: ...

    def close(self) -> None: ...


class StopLine:
    """Args: connect: opens the socket, in the line's own thread."""

    def __init__(self, connect: Callable[[], Sender]) -> None:
        self._connect = connect
        self._pulls: queue.SimpleQueue[Pulled | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="stop-line", daemon=True)
        self._thread.start()

    def pull(self, text: str = "", by: str = "person") -> Pulled:
        """Send a stop; returns at once.

        Returns:
            What is sent, and the bridge's answer to come; it carries a CoachError if the bridge stays silent.
        """
        intervention = Intervention(id=new_id(), kind="stop", text=text, by=by, time_s=time.monotonic())
        answer: Future[Accepted] = Future()
        self._pulls.put((intervention, answer))
        return intervention, answer

    def close(self) -> None:
        self._pulls.put(None)
        self._thread.join(timeout=2.0)

    def _run(self) -> None:
        sender = self._connect()
        try:
            while (pulled := self._pulls.get()) is not None:
                _send(sender, *pulled)
        finally:
            sender.close()


def finish(pulled: Pulled, store: Store) -> Outcome:
    """Wait for the answer to a stop that was sent, keep it and find the words for it."""
    intervention, answer = pulled
    try:
        answer.result(timeout=FINISH_S)
    except (CoachError, TimeoutError):
        return Outcome(say("stop_unreachable"), ok=False, unreachable=True)
    keep(partial(store.add_intervention, intervention, None))
    return Outcome(say("stopped"))


def _send(sender: Sender, intervention: Intervention, answer: Future[Accepted]) -> None:
    """A stop that was lost is sent again: the bridge takes the same id only once."""
    for attempt in range(TRIES):
        try:
            answer.set_result(sender.send(intervention, TRY_S))
            return
        except CoachError as error:
            if attempt == TRIES - 1:
                answer.set_exception(error)
