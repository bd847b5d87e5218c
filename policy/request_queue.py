"""What waits for the model: at most one think and one act of each client, clients taken in turn.

A newer request takes the place of an older one of the same client and kind: a robot that asks again no longer
wants the answer about the past. A think that carries a person's words goes ahead of the same client's act.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from robot_bridge.protocol.messages import ActRequest, ThinkRequest

MAX_CLIENTS = 64


@dataclass(frozen=True)
class Job:
    """A request of `client` (its ZeroMQ identity) that came at `received_s` (monotonic)."""

    client: bytes
    request: ThinkRequest | ActRequest
    received_s: float

    @property
    def waited_s(self) -> float:
        return time.monotonic() - self.received_s

    @property
    def expired(self) -> bool:
        return self.waited_s > self.request.deadline_s

    def replaced_by(self, newer: Job) -> bool:
        return newer.client == self.client and type(newer.request) is type(self.request)


class QueueFullError(Exception):
    """More clients wait than the queue holds."""


class RequestQueue:
    """Thread-safe; `take` serves the clients round robin, several at once where they ask for the same."""

    def __init__(self, max_clients: int = MAX_CLIENTS) -> None:
        self._max_clients = max_clients
        self._waiting: OrderedDict[bytes, list[Job]] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, job: Job) -> Job | None:
        """Queue a job and return the one that it took the place of, if any.

        Raises:
            QueueFullError: too many other clients wait.
        """
        with self._lock:
            if job.client not in self._waiting and len(self._waiting) >= self._max_clients:
                raise QueueFullError
            jobs = self._waiting.setdefault(job.client, [])
            older = next((j for j in jobs if j.replaced_by(job)), None)
            if older is not None:
                jobs.remove(older)
            urgent = isinstance(job.request, ThinkRequest) and bool(job.request.forced)
            jobs.insert(0 if urgent else len(jobs), job)
            return older

    def __bool__(self) -> bool:
        """Whether anything waits."""
        return bool(self._waiting)

    def take(self, limit: Callable[[Job], int] = lambda first: 1) -> list[Job]:
        """The next job, and others of its kind whose clients are at its side in the queue; empty when nothing waits.

        Args:
            limit: how many may be taken together with this first one.
        """
        with self._lock:
            if not self._waiting:
                return []
            clients = list(self._waiting)
            taken = [self._pop(clients[0])]
            most = limit(taken[0]) if len(clients) > 1 else 1
            for client in clients[1:]:
                if len(taken) >= most:
                    break
                if type(self._waiting[client][0].request) is type(taken[0].request):
                    taken.append(self._pop(client))
            return taken

    def _pop(self, client: bytes) -> Job:
        """This client's next job; its other one then waits for a turn behind everybody."""
        jobs = self._waiting[client]
        job = jobs.pop(0)
        self._waiting.move_to_end(client)
        if not jobs:
            del self._waiting[client]
        return job

    def holds_newer(self, job: Job) -> bool:
        """Whether the job, taken out earlier, has been overtaken by one of the same client and kind."""
        with self._lock:
            return any(job.replaced_by(other) for other in self._waiting.get(job.client, ()))

    def drop(self, only_expired: bool = True) -> list[Job]:
        """Take out the jobs whose deadline has passed, or all of them."""
        with self._lock:
            out = [job for jobs in self._waiting.values() for job in jobs if job.expired or not only_expired]
            for job in out:
                self._waiting[job.client].remove(job)
                if not self._waiting[job.client]:
                    del self._waiting[job.client]
            return out
