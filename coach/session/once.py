"""One utterance from a process that lives only for it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from coach.interpreter.language.interpreter import make_interpret
from coach.lines import bridge_client, event_subscriber
from coach.session.replies import Reply
from coach.session.session import Session
from coach.session.sight import Sight
from coach.session.stop_line import StopLine
from memory.store import Store
from robot_bridge.protocol.messages import Observation

if TYPE_CHECKING:
    from coach.config import Config

GLIMPSE_S = 0.4  # four pictures at 10 Hz


def hear_once(config: Config, text: str, by: str) -> Reply:
    """Raises: CoachError: the memory cannot be used."""
    config.prepare_home()
    with Store.open(config.memory_path) as store:
        bridge = bridge_client(config)
        stop_line, sight = StopLine(lambda: bridge_client(config)), Sight(config, store)
        try:
            session = Session(config, store, bridge, make_interpret(config.interpreter), stop_line,
                              lambda: glimpse(config), sight=sight)  # fmt: skip
            return session.hear(text, by)
        finally:
            stop_line.close()
            sight.close()
            bridge.close()


def glimpse(config: Config, deadline_s: float = GLIMPSE_S) -> tuple[Observation, ...]:
    """What the robot sees now; nothing if it shows nothing in time."""
    subscriber = event_subscriber(config)
    seen: list[Observation] = []
    until = time.monotonic() + deadline_s
    try:
        while (left := until - time.monotonic()) > 0 and len(seen) < 2:
            message = subscriber.poll(left)
            if isinstance(message, Observation):
                seen.append(message)
    finally:
        subscriber.close()
    return tuple(seen)
