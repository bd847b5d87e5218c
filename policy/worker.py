"""The one that computes: takes requests from the queue, runs the policy, sends the answers.

Requests of several robots that wait at the same time are computed together, where the policy can do that and as long as
nothing goes wrong; then one by one, so that the fault of one is not the fault of all.
"""

from __future__ import annotations

import gc
import logging
import sys
import threading
import time
from collections.abc import Callable, Sequence

import numpy as np

from policy.interface import ActsForMany, GoesOn, OnToken, Policy, ThinksForMany
from policy.request_queue import Job, RequestQueue
from robot_bridge.protocol.errors import CoachError
from robot_bridge.protocol.messages import (
    WIDTH,
    ActionChunk,
    ActRequest,
    Error,
    Message,
    ThinkReply,
    ThinkRequest,
    ThoughtToken,
)
from robot_bridge.protocol.thought import Thought

log = logging.getLogger(__name__)

MOST_TOGETHER = 16
Post = Callable[[bytes, Message], None]
Answer = tuple[Thought, int] | tuple[np.ndarray, float] | Exception


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


class Worker:
    """Computes with whatever policy is served when a request's turn comes, in the thread that calls `work`.

    Args:
        post: sends a message to a client; called from any thread.
        stop: once set, a thought ends between two tokens.
    """

    def __init__(self, policy: Policy, queue: RequestQueue, post: Post, stop: threading.Event) -> None:
        self.policy = policy
        self._queue, self._post, self._stop = queue, post, stop
        self._busy = threading.Lock()

    def work(self) -> None:
        """Until nothing waits; at once if another thread is at it, which then does this one's work too."""
        while self._queue and self._busy.acquire(blocking=False):
            try:
                self._answer(self._queue.take(self._together))
            finally:
                self._busy.release()

    def _together(self, first: Job) -> int:
        """How many may be computed at once with this one."""
        kind = ActsForMany if isinstance(first.request, ActRequest) else ThinksForMany
        return MOST_TOGETHER if isinstance(self.policy, kind) else 1

    def _answer(self, jobs: list[Job]) -> None:
        if len(jobs) > 1:
            jobs = [job for job in jobs if self._is_wanted(job)]
            if len(jobs) > 1 and self._answer_together(jobs):
                return
        for job in jobs:
            self._post(job.client, self._answer_one(job))

    def _answer_together(self, jobs: list[Job]) -> bool:
        """False: it failed, and nobody has been answered."""
        started_s = time.monotonic()
        try:
            answers = self._compute_together(jobs)
            replies = [_reply(job, answer, started_s) for job, answer in zip(jobs, answers, strict=True)]
        except Exception:
            log.exception("the policy failed on %d requests together; they are computed one by one", len(jobs))
            return False
        for job, reply in zip(jobs, replies, strict=True):
            self._post(job.client, reply)
        return True

    def _compute_together(self, jobs: list[Job]) -> Sequence[Answer]:
        policy = self.policy
        acts = [job.request for job in jobs if isinstance(job.request, ActRequest)]
        if acts:
            assert isinstance(policy, ActsForMany) and len(acts) == len(jobs)
            return policy.act_many(acts)
        assert isinstance(policy, ThinksForMany)
        thinks = [job.request for job in jobs if isinstance(job.request, ThinkRequest)]
        return policy.think_many(thinks, [self._teller(job) for job in jobs])

    def _answer_one(self, job: Job) -> Message:
        request, policy, started_s = job.request, self.policy, time.monotonic()
        answer: Answer
        try:
            self._check_wanted(job)
            if isinstance(request, ActRequest) and request.tail is not None and isinstance(policy, GoesOn):
                answer = policy.go_on(request.observation, request.context, request.thought, request.tail)
            elif isinstance(request, ActRequest):
                answer = policy.act(request.observation, request.context, request.thought)
            else:
                answer = policy.think(request.observation, request.context, request.forced, self._teller(job))
            return _reply(job, answer, started_s)
        except Exception as error:
            return _failure(job, error)

    def _teller(self, job: Job) -> OnToken:
        """Sends each token on, as long as somebody wants it."""

        def tell(index: int, text: str) -> None:
            self._check_wanted(job)
            self._post(job.client, ThoughtToken(request_id=job.request.request_id, index=index, text=text))

        return tell

    def _is_wanted(self, job: Job) -> bool:
        try:
            self._check_wanted(job)
        except Dropped as drop:
            self._post(job.client, drop.reply(job.request.request_id))
            return False
        return True

    def _check_wanted(self, job: Job) -> None:
        if self._stop.is_set():
            raise stopping()
        if self._queue.holds_newer(job):
            raise superseded()
        if job.expired:
            raise expired(job)


def _reply(job: Job, answer: Answer, started_s: float) -> Message:
    """What goes back to the client. Raises: ValueError: the actions cannot be carried out by any body."""
    request, latency_s = job.request, time.monotonic() - started_s
    if isinstance(answer, Exception):
        return _failure(job, answer)
    if not isinstance(request, ActRequest):
        thought, tokens = answer
        assert isinstance(thought, Thought)
        return ThinkReply(request_id=request.request_id, thought=thought, tokens=int(tokens), latency_s=latency_s)
    actions, dt_s = answer
    assert isinstance(actions, np.ndarray)
    if actions.ndim != 2 or actions.shape[1] != WIDTH or not len(actions) or not np.isfinite(actions).all():
        raise ValueError(f"actions of {actions.dtype}{list(actions.shape)} are not finite float32[horizon, {WIDTH}]")
    return ActionChunk(
        request_id=request.request_id, observation_sequence=request.observation.sequence,
        observation_time_s=request.observation.time_s, actions=np.asarray(actions, np.float32), dt_s=float(dt_s),
        latency_s=latency_s,
    )  # fmt: skip


def _failure(job: Job, error: Exception) -> Error:
    number = job.request.request_id
    if isinstance(error, Dropped):
        return error.reply(number)
    if isinstance(error, CoachError):
        log.warning("request refused: %s", error)
        return error_reply(error, number)
    log.error("the policy failed on a %s", type(job.request).__name__, exc_info=error)
    _make_room(error)
    return Error(code="policy_failed", what=f"the policy failed: {type(error).__name__}: {error}"[:500],
                 next_step="read the policy's log; the server lives on", request_id=number)  # fmt: skip


def _make_room(error: Exception) -> None:
    """After a GPU ran out of memory: give back what PyTorch keeps for later, so that the next request may fit."""
    torch = sys.modules.get("torch")
    if type(error).__name__ == "OutOfMemoryError" and torch is not None:
        error.__traceback__ = None  # its frames hold on to the tensors
        gc.collect()
        torch.cuda.empty_cache()
