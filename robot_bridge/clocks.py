"""When a message was sent, in our own time, although its sender's clock is another one.

The difference of two clocks is at most the smallest difference between sending and arriving that was ever seen; what
is larger was spent on the way. So a message that was held up counts as of when it was said, not as of when it came.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass

DRIFT = 1e-3  # seconds a second that two clocks may run apart
RESTARTED_S = 60.0  # a clock that goes back by more belongs to a machine that was started again
REMEMBERED = 200


@dataclass
class _Known:
    least_s: float
    latest_sent_s: float
    at_s: float


class PeerClocks:
    """Args: same_machine: all senders share our `time.monotonic()`. For one thread."""

    def __init__(self, same_machine: bool) -> None:
        self._same_machine = same_machine
        self._known: OrderedDict[str, _Known] = OrderedDict()

    def sent_at(self, peer: str, sent_s: float, arrived_s: float) -> float:
        """When a message was sent, by our clock; where the sender does not say, when it arrived."""
        if not math.isfinite(sent_s) or sent_s <= 0.0:
            return arrived_s
        if self._same_machine:
            return min(sent_s, arrived_s)
        difference_s = arrived_s - sent_s
        known = self._known.get(peer)
        if known is None or sent_s < known.latest_sent_s - RESTARTED_S:
            self._remember(peer, _Known(difference_s, sent_s, arrived_s))
            return arrived_s
        known.least_s = min(known.least_s + DRIFT * (arrived_s - known.at_s), difference_s)
        known.latest_sent_s, known.at_s = max(known.latest_sent_s, sent_s), arrived_s
        self._known.move_to_end(peer)
        return arrived_s - (difference_s - known.least_s)

    def _remember(self, peer: str, known: _Known) -> None:
        self._known[peer] = known
        self._known.move_to_end(peer)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
