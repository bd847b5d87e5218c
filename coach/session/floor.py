"""Which terminal the robot listens to: the words that ask for the floor, and what is said about it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from coach.session.outcomes import Outcome
from prompts import say

if TYPE_CHECKING:
    from robot_bridge.client import BridgeClient

_ASKS = re.compile(
    r"(please )?(let me coach( (you|it|now))?|(now )?(it is|it's) my turn( now)?|listen to me( now)?|give me the floor"
    r"|(i|i will|i'll) coach (you )?(from )?now)( please)?"
)


def asks_for_floor(words: str) -> bool:
    """Whether a person wants to be the one whom the robot listens to."""
    return bool(_ASKS.fullmatch(words.strip().lower().rstrip(".!").replace(",", "")))


def take_floor(bridge: BridgeClient, by: str) -> Outcome:
    """Raises: CoachError: the bridge refused it or did not answer."""
    bridge.take_floor(by)
    return Outcome(say("floor_taken"))
