"""Whether a thought holds on to a thing that is put away.

A thought reads what it was doing a moment ago, and may hold on to it: fine-tuned on some thirty corrections about
bottles, a checkpoint had bottles "in the right hand" for minutes after it had put them away. Two things are known
without it: what lies where it goes has come off, and a hand that is open holds nothing.
"""

from __future__ import annotations

import re

from policy.model.open_hands import OpenHands
from robot_bridge.protocol.messages import ThinkRequest

_THERE = re.compile(r"^reason: (?:.*, )?the \w+ \w+ is (?P<at>in the .+) and goes (?P=at)$", re.MULTILINE)
_HELD = re.compile(r"^reason: the \w+ \w+ is in the (?P<hand>left|right) hand and goes .+$", re.MULTILINE)
_LONG = 14  # thoughts; an errand that comes off takes about ten, and its hand is open for the last one or two


def holds_on(text: str, request: ThinkRequest, hands: OpenHands | None) -> bool:
    """Whether a thought has a thing lie where it goes, or, long into an errand, in a hand that is open.

    Args:
        text: of the thought.
    """
    if _THERE.search(text):
        return True
    held = _HELD.search(text)
    if held is None or hands is None or request.context.going.lasting < _LONG:
        return False
    return hands.is_open(held["hand"], request.observation.state)


def is_over(text: str, request: ThinkRequest, hands: OpenHands | None) -> bool:
    """Whether the errand under way has come off although its thought holds on to it."""
    context = request.context
    putting = f"subtask: {context.going.errand}" in text and context.doing == context.going.errand
    return _THERE.search(text) is not None or (putting and holds_on(text, request, hands))
