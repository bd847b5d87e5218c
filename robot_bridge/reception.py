"""Answers every request of a coach: a fitting reply, or an Error that says what is allowed and what to do."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence

from robot_bridge.desk import Desk
from robot_bridge.loop import ControlLoop
from robot_bridge.protocol.codec import Codec, Part
from robot_bridge.protocol.errors import CoachError, ProtocolError
from robot_bridge.protocol.messages import Error, Heartbeat, Intervention, Jog, Message, Status, StatusRequest
from robot_bridge.protocol.security.access import Client

log = logging.getLogger(__name__)


class Reception:
    """For the socket thread. `counts` holds how often each error was answered."""

    def __init__(self, desk: Desk, loop: ControlLoop, status: Callable[[], Status], codec: Codec) -> None:
        self._desk, self._loop, self._status, self._codec = desk, loop, status, codec
        self.counts: Counter[str] = Counter()

    def answer(self, parts: Sequence[Part], who: Client, arrived_s: float) -> Message:
        """The reply to the parts of one request that arrived at this `time.monotonic()`."""
        try:
            return self._answer(self._codec.decode(parts), who, arrived_s)
        except CoachError as error:
            return self._refuse(Error(code=error.code, what=error.what, allowed=error.allowed,
                                      next_step=error.next_step))  # fmt: skip
        except Exception as error:  # a bug of ours is no reason to leave a coach without an answer
            log.exception("a request failed")
            return self._refuse(Error(code="internal", what=f"the bridge failed on this request: {error!r}"[:300],
                                      next_step="the log of the bridge has the details"))  # fmt: skip

    def _answer(self, message: Message, who: Client, arrived_s: float) -> Message:
        match message:
            case Intervention():
                check_words_of(who, message)
                reply: Message = self._desk.intervene(message, arrived_s)
            case Jog():
                who.require(("coach",), "take over the arms", "takeover")
                reply = self._desk.jog(message)
            case StatusRequest():
                return self._status()  # watching is no sign of a person who could say stop
            case Heartbeat():
                who.require(("coach",), "keep the arms going")
                reply = Heartbeat(who="bridge", time_s=time.monotonic())
            case _:
                raise ProtocolError(f"a bridge does not answer {type(message).__name__}",
                                    "Intervention, Jog, StatusRequest, Heartbeat")  # fmt: skip
        self._loop.coach_alive()
        self._desk.coach_seen()
        return reply

    def _refuse(self, error: Error) -> Error:
        self.counts[error.code] += 1
        log.info("error to a coach (%s, number %d): %s", error.code, self.counts[error.code], error.what)
        return error


def check_words_of(who: Client, words: Intervention) -> None:
    """Whether this client may say that; a stop is taken from everybody who is let in at all.

    Raises:
        AccessError: its role is too small, which says which one would do.
    """
    if words.kind == "stop":
        return
    if words.kind in ("takeover", "release"):
        who.require(("coach",), "take over the arms", "takeover")
    else:
        who.require(("coach",), "tell the robot what to do")
