"""Several kitchens side by side, so that the policy thinks and acts for all of them in one pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TypeVar

import numpy as np

from coach.evaluate.lane import Lane
from policy.interface import ActsForMany, Policy, ThinksForMany
from robot_bridge.arms.kitchen.world import Kitchen
from robot_bridge.protocol.errors import CoachError
from robot_bridge.protocol.messages import ActRequest, Context, Observation, Tail, ThinkRequest
from robot_bridge.protocol.thought import Thought

Work = TypeVar("Work")
T = TypeVar("T")
Chunk = (
    tuple[np.ndarray, float] | CoachError
)  # float32[horizon, 38] and the time between rows, as `Policy.act` gives them


class Together:
    """One policy for several robots at once: in one pass where the policy can, else one after the other."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def think(self, observations: Sequence[Observation], contexts: Sequence[Context], forced: Sequence[str]
              ) -> list[Thought | CoachError]:  # fmt: skip
        """A thought for each, or why there is none."""
        policy = self._policy
        if not isinstance(policy, ThinksForMany):
            replies = [_tried(partial(policy.think, *one)) for one in zip(observations, contexts, forced, strict=True)]
            return [reply if isinstance(reply, CoachError) else reply[0] for reply in replies]
        requests = [ThinkRequest(request_id=number, observation=o, context=c, forced=f)
                    for number, (o, c, f) in enumerate(zip(observations, contexts, forced, strict=True))]  # fmt: skip
        return [_thought_of(reply) for reply in policy.think_many(requests, [_unheard] * len(requests))]

    def act(self, observations: Sequence[Observation], contexts: Sequence[Context], thoughts: Sequence[Thought],
            tails: Sequence[Tail | None] | None = None) -> list[Chunk]:  # fmt: skip
        """A chunk for each, or why there is none; `think` on the same observations comes first.

        Args:
            tails: what plays meanwhile, for a policy that acts for many.
        """
        policy, asked = self._policy, list(zip(observations, contexts, thoughts, strict=True))
        if isinstance(policy, ActsForMany):
            ahead = tails if tails is not None else [None] * len(asked)
            requests = [ActRequest(request_id=number, observation=o, context=c, thought=t, tail=tail)
                        for number, ((o, c, t), tail) in enumerate(zip(asked, ahead, strict=True))]  # fmt: skip
            answered = _tried(partial(policy.act_many, requests))
            if not isinstance(answered, CoachError):
                return list(answered)
        return [_tried(partial(policy.act, *one)) for one in asked]


def play(batch: Together, kitchens: Sequence[Kitchen], jobs: Iterable[Work], open_lane: Callable[[Kitchen, Work], Lane]
         ) -> Iterator[Lane]:  # fmt: skip
    """Play all jobs, as many at a time as there are kitchens; each lane as soon as it is over."""
    waiting, free, busy = iter(jobs), list(kitchens), []
    while True:
        for kitchen, job in zip(list(free), waiting, strict=False):  # a kitchen first: no job is drawn without one
            free.remove(kitchen)
            busy.append(open_lane(kitchen, job))
        if not busy:
            return
        going = [lane for lane in busy if not lane.over]
        if going:
            _advance(batch, going)
        for lane in [lane for lane in busy if lane.over]:
            busy.remove(lane)
            free.append(lane.kitchen)
            yield lane


def _advance(batch: Together, lanes: Sequence[Lane]) -> None:
    """Every lane thinks, acts and moves once."""
    thinking = [(lane, lane.observe(), lane.context) for lane in lanes if lane.thinks]
    chunks: dict[int, Chunk] = {}
    if thinking:
        _, observations, contexts = zip(*thinking, strict=True)
        thoughts = batch.think(observations, contexts, [lane.forced for lane, _, _ in thinking])
        taken = [lane.take(thought) for (lane, _, _), thought in zip(thinking, thoughts, strict=True)]
        acting = [(*one, thought) for one, thought in zip(thinking, taken, strict=True) if thought and one[0].acts]
        if acting:
            movers, observations, contexts, followed = zip(*acting, strict=True)
            acted = batch.act(observations, contexts, followed)
            chunks = {id(lane): chunk for lane, chunk in zip(movers, acted, strict=True)}
    for lane in lanes:
        lane.follow(chunks.get(id(lane)))


def _tried(call: Callable[[], T]) -> T | CoachError:
    try:
        return call()
    except CoachError as error:
        return error


def _thought_of(reply: tuple[Thought, int] | Exception) -> Thought | CoachError:
    if isinstance(reply, CoachError):
        return reply
    if isinstance(reply, Exception):
        raise reply
    return reply[0]


def _unheard(index: int, text: str) -> None:
    """Nobody listens to the words of a thought."""
