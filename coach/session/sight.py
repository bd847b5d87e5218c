"""Whether a thing is there, asked of the policy about what it saw when the task began: the arms rested then.

While they move, a hand hides what it reaches for, and a model that is told to fetch a thing finds it anywhere.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import zmq

from coach.lines import policy_keys
from coach.session.errand import Errand, is_called, missing
from robot_bridge.policy_link import PolicyLink
from robot_bridge.protocol.errors import CoachError
from robot_bridge.protocol.messages import Context

if TYPE_CHECKING:
    from coach.config import Config
    from memory.store import Store

log = logging.getLogger(__name__)

LOOK_S = 1.0  # mostly 20 ms; a person waits no longer for the answer
STATE_KEY = "not_in_sight"


class Sight:
    """One line to the policy server, opened when it is first needed."""

    def __init__(self, config: Config, store: Store) -> None:
        self._config, self._store = config, store
        self._context: zmq.Context | None = None
        self._link: PolicyLink | None = None

    def misses(self, errand: Errand, episode_id: int | None, task_id: str) -> bool:
        """Whether the thing of an errand is known not to be there; never where nobody can tell.

        Who says the same again in the same task is believed: they may have put it there meanwhile.
        """
        said = [task_id, str(errand)]
        insists = self._store.get_state(STATE_KEY) == said
        absent = not insists and is_called(errand.thing, self._absent(errand, episode_id))
        if absent or insists:
            self._store.set_state(STATE_KEY, said if absent else None)
        return absent

    def close(self) -> None:
        if self._link is not None and self._context is not None:
            self._link.close()
            self._context.term()

    def _absent(self, errand: Errand, episode_id: int | None) -> str:
        """What the policy does not find; empty where it finds it, is silent, or nothing was recorded."""
        frames = self._store.frames(episode_id, limit=1) if episode_id is not None else []
        if not frames:
            return ""
        try:
            reply = self._line().think(frames[0].observation(), Context(instruction=str(errand)), "", LOOK_S,
                                       lambda token: None, lambda: False)  # fmt: skip
        except CoachError as error:
            log.warning("not known whether the %s is in sight: %s", errand.thing, error)
            return ""
        return missing(reply.thought.reason)

    def _line(self) -> PolicyLink:
        if self._link is None:
            self._context = zmq.Context()
            self._link = PolicyLink(self._context, self._config.policy_address, policy_keys(self._config))
        return self._link
