"""What a nudge means in joints: a goal to move to, or what to add to everything that the model does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from robot_bridge.protocol.embodiment import Embodiment
from robot_bridge.protocol.errors import CoachError
from robot_bridge.protocol.messages import Intervention

LIMIT = 1.0  # rad or m; an offset of a joint beyond that is no nudge


@dataclass(frozen=True)
class Change:
    """One of the two. Args: goal: float32[width], joints to move to; lean: float32[width], to be added."""

    goal: np.ndarray | None = None
    lean: np.ndarray | None = None


def nudged(arms: Any, body: Embodiment, present: np.ndarray, words: Intervention, hand: str, lean: bool) -> Change:
    """What the words ask for.

    Args:
        present: float32[width], the last commanded target.
        hand: `left` or `right`; empty where nobody has said which: the arms choose.
        lean: the model works on.

    Raises:
        CoachError: these arms cannot do it.
    """
    if words.grip:
        return Change(goal=_gripped(body, present, words.grip, hand or _only_hand(body)))
    offset = words.offset or (0.0, 0.0, 0.0)
    if hand and hasattr(arms, "jog"):
        there = np.asarray(arms.jog(hand, present, np.array([*offset, words.turn_rad]), 1.0), np.float32)
        if there.shape != present.shape or not np.isfinite(there).all() or np.abs(there - present).max() > LIMIT:
            raise CoachError("the hand cannot move that way", next_step="nudge it another way, or take over")
        return Change(lean=there - present) if lean else Change(goal=there)
    if words.turn_rad or not hasattr(arms, "nudge"):
        raise CoachError("these arms cannot turn a hand by words", next_step="take over and turn it yourself")
    goal = np.asarray(arms.nudge(offset, hand), np.float32)
    return Change(goal=goal if goal.shape == present.shape and np.isfinite(goal).all() else None)


def _gripped(body: Embodiment, present: np.ndarray, grip: str, hand: str) -> np.ndarray:
    goal = present.copy()
    fitting = [i for i, joint in enumerate(body.joints) if joint.gripper and joint.hand == hand]
    if not fitting:
        raise CoachError("it is not clear which hand should " + grip, next_step="say 'the left hand' or 'the right'")
    for index in fitting:
        joint = body.joints[index]
        goal[index] = joint.lower if grip == "close" else max(joint.home, joint.lower)
    return goal


def _only_hand(body: Embodiment) -> str:
    """The hand of a body that has one; empty where it has two."""
    hands = {joint.hand for joint in body.joints if joint.gripper}
    return hands.pop() if len(hands) == 1 else ""
