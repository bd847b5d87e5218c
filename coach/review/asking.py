"""The policy for a second look: the server where one answers, else the checkpoint in this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import zmq

from coach.lines import policy_keys
from robot_bridge.policy_link import PolicyLink
from robot_bridge.protocol.errors import CoachError
from robot_bridge.protocol.messages import Context, Observation
from robot_bridge.protocol.thought import Thought

if TYPE_CHECKING:
    from coach.config import Config
    from coach.review.second_look import Think

THERE_S = 1.0
THINK_S = 10.0


@contextmanager
def asking(config: Config) -> Iterator[Think]:
    """Raises: CoachError: no server answers, and the checkpoint cannot be loaded."""
    context = zmq.Context()
    link = PolicyLink(context, config.policy_address, policy_keys(config))
    try:
        if _is_there(link):
            yield lambda observation, words: _ask(link, observation, words)
            return
    finally:
        link.close()
        context.term()
    from coach.processes.plan import find_checkpoint
    from policy.loading import load_policy

    policy = load_policy(find_checkpoint(config, config.checkpoint))
    yield lambda observation, words: policy.think(observation, words)[0]


def _is_there(link: PolicyLink) -> bool:
    try:
        link.health(THERE_S, lambda: False)
    except CoachError:
        return False
    return True


def _ask(link: PolicyLink, observation: Observation, words: Context) -> Thought:
    return link.think(observation, words, "", THINK_S, lambda token: None, lambda: False).thought
