"""An open hand stays open, but to pick something up.

Thoughts and motions may fall apart for a moment. A thought of putting something down that lasts a little longer than
the putting makes a hand that has let go close, go back and knock over what it has put down; one of the next thing that
comes a little early makes it narrow while it is still around the last one, and take that along. Neither is ever right,
and what a gripper's opening says needs no learning.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from robot_bridge.protocol.embodiment import OPEN_ENOUGH
from robot_bridge.protocol.messages import ActRequest

_PICKING = "pick up"
_HANDS = ("left", "right")  # in the order of their joints


class OpenHands:
    """Args:
    grippers: which joints open and close one.
    rest: float32[width], their opening in it is that of a hand at rest.
    """

    def __init__(self, grippers: Sequence[int], rest: np.ndarray) -> None:
        self._open_from = {joint: OPEN_ENOUGH * float(rest[joint]) for joint in grippers}

    def is_open(self, hand: str, state: np.ndarray) -> bool:
        """Whether a hand, `left` or `right`, is as open as one that holds nothing.

        Args:
            state: float32[38], in the body's units.
        """
        joint = dict(zip(_HANDS, self._open_from, strict=False)).get(hand)
        return joint is not None and float(state[joint]) >= self._open_from[joint]

    def keep(self, chunk: np.ndarray, request: ActRequest) -> None:
        """Change float32[horizon, 38] in place: no open hand closes under a thought of anything but picking up, nor
        under the first one about another errand."""
        thought, going = request.thought, request.context.going
        picking = thought.subtask.startswith(_PICKING)
        if picking and thought.errand == going.errand and going.lasting > 0:
            return
        for joint, least in self._open_from.items():
            opening = float(request.observation.state[joint])
            if opening >= least:
                chunk[:, joint] = np.maximum(chunk[:, joint], opening)
