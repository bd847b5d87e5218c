"""The thread that computes: takes requests from the queue, runs the policy, posts the answers."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

import numpy as np

from policy.interface import Policy
from policy.request_queue import Job, RequestQueue
from robot_bridge.protocol.errors import CoachError
from robot_bridge.protocol.messages import WIDTH, ActionChunk, ActRequest, Error, Message, ThinkReply, ThoughtToken

log = logging.getLogger(__name__)

Post = Callable[[bytes, Message], None]


class Dropped(Exception):
    """Nobody waits for the answer any more. `code` and `what` tell its sender why."""

    def __init__(self, code: str, what: str, next_step: str) -> None:
        super().__init__(what)
        self.code, self.what, self.next_step = code, what, next_step

    def reply(self, request_id: int) -> Error:
        return Error(code=self.code, what=self.what, next_step=self.next_step, request_id=request_id)


def error_reply(error: CoachError, request_id: int = 0) -> Error:
    return Error(code=error.code, what=error.what, allowed=error.allowed, next_step=error.next_step,
                 request_id=request_id)  # fmt: skip


def expired(job: Job) -> Dropped:
    return Dropped("expired", f"the answer took longer than the deadline of {job.request.deadline_s:g} s",
                   "ask again with a fresh observation or a longer deadline")  # fmt: skip


def superseded() -> Dropped:
    return Dropped("superseded", "a newer request of the same client took its place", "wait for the newer one")


def stopping() -> Dropped:
    return Dropped("stopping", "the policy server is shutting down", "ask again once it is back")


class Worker(threading.Thread):
    """Computes one request at a time with whatever policy is served when its turn comes.

    Args:
        post: hands a message for a client to the socket thread.
    """

    def __init__(self, policy: Policy, queue: RequestQueue, post: Post) -> None:
        super().__init__(name="policy-worker", daemon=True)
        self.policy = policy
        self._queue, self._post = queue, post
        self._stop_requested = threading.Event()

    def stop(self) -> None:
        """End after the request in hand, a thought between two tokens."""
        self._stop_requested.set()

    def run(self) -> None:
        while not self._stop_requested.is_set():
            job = self._queue.take(timeout_s=0.2)
            if job is not None:
                self._post(job.client, self._answer(job))

    def _answer(self, job: Job) -> Message:
        number = job.request.request_id
        try:
            self._check_wanted(job)
            return self._act(job, job.request) if isinstance(job.request, ActRequest) else self._think(job)
        except Dropped as drop:
            return drop.reply(number)
        except CoachError as error:
            log.warning("request refused: %s", error)
            return error_reply(error, number)
        except Exception as error:
            log.exception("the policy failed on a %s", type(job.request).__name__)
            return Error(code="policy_failed", what=f"the policy failed: {type(error).__name__}: {error}"[:500],
                         next_step="read the policy's log; the server lives on", request_id=number)  # fmt: skip

    def _check_wanted(self, job: Job) -> None:
        if self._stop_requested.is_set():
            raise stopping()
        if self._queue.holds_newer(job):
            raise superseded()
        if job.expired:
            raise expired(job)

    def _think(self, job: Job) -> ThinkReply:
        request = job.request
        assert not isinstance(request, ActRequest)
        started_s = time.monotonic()

        def on_token(index: int, text: str) -> None:
            self._check_wanted(job)
            self._post(job.client, ThoughtToken(request_id=request.request_id, index=index, text=text))

        thought, tokens = self.policy.think(request.observation, request.context, request.forced, on_token)
        return ThinkReply(request_id=request.request_id, thought=thought, tokens=int(tokens),
                          latency_s=time.monotonic() - started_s)  # fmt: skip

    def _act(self, job: Job, request: ActRequest) -> ActionChunk:
        started_s = time.monotonic()
        actions, dt_s = self.policy.act(request.observation, request.context, request.thought)
        if actions.ndim != 2 or actions.shape[1] != WIDTH or not len(actions) or not np.isfinite(actions).all():
            raise ValueError(
                f"actions of {actions.dtype}{list(actions.shape)} are not finite float32[horizon, {WIDTH}]"
            )
        return ActionChunk(
            request_id=request.request_id, observation_sequence=request.observation.sequence,
            observation_time_s=request.observation.time_s, actions=np.asarray(actions, np.float32),
            dt_s=float(dt_s), latency_s=time.monotonic() - started_s,
        )  # fmt: skip
