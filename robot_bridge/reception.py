"""Answers every request of a coach: a fitting reply, or an Error that says what is allowed and what to do."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence

import msgspec

from robot_bridge.clocks import PeerClocks
from robot_bridge.desk import Desk
from robot_bridge.floor import Floor
from robot_bridge.loop import ControlLoop
from robot_bridge.protocol.codec import Codec, Part
from robot_bridge.protocol.errors import CoachError, ProtocolError, UsageError
from robot_bridge.protocol.messages import (
    Accepted,
    Error,
    FloorRequest,
    Heartbeat,
    Intervention,
    Jog,
    Message,
    Status,
    StatusRequest,
)
from robot_bridge.protocol.security.access import Client

log = logging.getLogger(__name__)

STALE_S = 3.0  # a coach gives up on its words sooner than this; what comes later is not followed
STALE_MOTION_S = 0.3  # a hand is not moved by what was pressed longer ago


class Reception:
    """For the socket thread. `counts` holds how often each error was answered."""

    def __init__(
        self, desk: Desk, loop: ControlLoop, floor: Floor, clocks: PeerClocks, status: Callable[[], Status],
        codec: Codec,
    ) -> None:  # fmt: skip
        self._desk, self._loop, self._status, self._codec = desk, loop, status, codec
        self._floor, self._clocks = floor, clocks
        self.counts: Counter[str] = Counter()

    def answer(self, parts: Sequence[Part], who: Client, arrived_s: float, line: int = -1) -> Message:
        """The reply to the parts of one request that arrived at this `time.monotonic()`, with the request's number.

        Args:
            line: the connection that it came over; -1 where that is unknown.
        """
        number = 0
        try:
            message = self._codec.decode(parts)
            number = message.sent
            return msgspec.structs.replace(self._answer(message, who, arrived_s, line), sent=number)
        except CoachError as error:
            return self._refuse(Error(code=error.code, what=error.what, allowed=error.allowed,
                                      next_step=error.next_step, sent=number))  # fmt: skip
        except Exception as error:  # a bug of ours is no reason to leave a coach without an answer
            log.exception("a request failed")
            return self._refuse(Error(code="internal", what=f"the bridge failed on this request: {error!r}"[:300],
                                      next_step="the log of the bridge has the details", sent=number))  # fmt: skip

    def broke(self, lines: Sequence[int]) -> None:
        """Connections have broken. A coach that has none left is gone, however short a time ago it was heard."""
        if self._floor.broke(lines):
            self._loop.coach_gone()

    def _answer(self, message: Message, who: Client, arrived_s: float, line: int) -> Message:
        if isinstance(message, Heartbeat | FloorRequest | Intervention | Jog):
            self._floor.heard(who.key or message.coach, line)
        match message:
            case Intervention(kind="stop"):
                return self._desk.intervene(message, arrived_s)  # from everybody, however late
            case Intervention() | Jog():
                return self._follow(message, who, arrived_s)
            case StatusRequest():
                return self._status()  # watching is no sign of a person who could say stop
            case Heartbeat():
                who.require(("coach",), "keep the arms going")
                coach = who.key or message.coach
                sent_s = self._clocks.sent_at(coach, message.time_s, arrived_s)
                if self._floor.seen(coach, message.who, sent_s, arrived_s):
                    self._alive(sent_s)
                return Heartbeat(who="bridge", time_s=time.monotonic())
            case FloorRequest():
                who.require(("coach",), "tell the robot what to do")
                self._floor.take(who.key or message.coach, message.by, arrived_s)
                self._alive(arrived_s)
                return Accepted(id="floor", state=self._desk.state)
            case _:
                raise ProtocolError(f"a bridge does not answer {type(message).__name__}",
                                    "Intervention, Jog, StatusRequest, Heartbeat, FloorRequest")  # fmt: skip

    def _follow(self, message: Intervention | Jog, who: Client, arrived_s: float) -> Message:
        """Do what a coach says, if it may, has the floor, and says it now."""
        coach, moves = who.key or message.coach, isinstance(message, Jog)
        if isinstance(message, Intervention):
            check_words_of(who, message)
        else:
            who.require(("coach",), "take over the arms", "takeover")
        sent_s = self._clocks.sent_at(coach, message.sent_s, arrived_s)
        if arrived_s - sent_s > (STALE_MOTION_S if moves else STALE_S):
            self._too_late(message, arrived_s - sent_s)
        self._floor.require(coach, "" if isinstance(message, Jog) else message.by, arrived_s)
        reply = self._desk.jog(message) if isinstance(message, Jog) else self._desk.intervene(message, arrived_s)
        self._floor.seen(coach, "", sent_s, arrived_s)
        self._alive(sent_s)
        return reply

    def _too_late(self, message: Intervention | Jog, late_s: float) -> None:
        if isinstance(message, Intervention):
            text = f"'{message.text[:80] or message.kind}' was {late_s:.0f} s on its way here and is not followed"
            self._desk.announce("warning", "late_words", text)
        raise UsageError(f"this was {late_s:.1f} s on its way, and is not followed any more", next_step="say it again")

    def _alive(self, sent_s: float) -> None:
        if self._loop.coach_alive(sent_s):
            self._desk.coach_seen()

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
