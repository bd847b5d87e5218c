"""coach → bridge: what a person says and does, and that somebody is there."""

from __future__ import annotations

from typing import Literal

from robot_bridge.protocol.messages.base import Message
from robot_bridge.protocol.messages.published import BridgeState
from robot_bridge.protocol.thought import Where

InterventionKind = Literal[
    "stop",
    "pause",
    "resume",
    "undo",
    "restart",
    "task",
    "correction",
    "nudge",
    "takeover",
    "release",
    "praise",
    "reset",
]


class Intervention(Message, frozen=True, kw_only=True):
    """A live change by a person. `id` is unique for ever (the store uses it as its key).

    Args:
        text: the words as said.
        instruction: the new instruction, for `task` and `correction`.
        forced: thought text to feed in the thought's place, for `correction`.
        likely: the whole thought that the words will most likely come to. The arms move under it at once, until the
            model has written its own.
        notes: rules and facts of this home that bear on the instruction, most relevant first.
        where: the point shown, if the person pointed; it takes the place of the thought's own.
        offset: a unit vector times metres (x right, y away, z up), for `nudge`.
        grip: what a hand should do, for `nudge`.
        turn_rad: how far the wrist should turn, counter-clockwise seen from above, for `nudge`.
        pace: how fast to work from now on, as a factor, for `nudge`.
        hand: which hand a `nudge` means, `left` or `right`; empty: the one at work.
        by: who said it.
        time_s: when the words ended.
        sent_s: when they left the coach; words that were long on their way are not followed.
        coach: which coach they come from; on an encrypted line its key counts instead.
    """

    id: str
    kind: InterventionKind
    text: str = ""
    instruction: str = ""
    forced: str = ""
    likely: str = ""
    notes: tuple[str, ...] = ()
    where: Where | None = None
    offset: tuple[float, float, float] | None = None
    grip: Literal["", "open", "close"] = ""
    turn_rad: float = 0.0
    pace: float | None = None
    hand: str = ""
    by: str = "person"
    time_s: float = 0.0
    sent_s: float = 0.0
    coach: str = ""


class Accepted(Message, frozen=True, kw_only=True):
    """The bridge has taken an intervention; `state` is the bridge's state right after."""

    id: str
    state: BridgeState


class Jog(Message, frozen=True, kw_only=True):
    """Move a hand that a person has taken over. It lapses by itself, so that a lost line or key leaves nothing moving.

    All numbers but `lasts_s` are fractions of what the body allows a person, −1 to 1.

    Args:
        hand: `left` or `right`.
        direction: x right, y away, z up. Arms without a model of their body turn the hand's first three joints instead.
        turn: of the wrist, counter-clockwise seen from above.
        grip: positive opens, negative closes.
        speed: factor on all of them, more than 0.
        lasts_s: how long it holds unless another one comes.
        sent_s, coach: as of an Intervention.
    """

    hand: str
    direction: tuple[float, float, float] = (0.0, 0.0, 0.0)
    turn: float = 0.0
    grip: float = 0.0
    speed: float = 1.0
    lasts_s: float = 0.15
    sent_s: float = 0.0
    coach: str = ""


class FloorRequest(Message, frozen=True, kw_only=True):
    """Let this coach speak; the one who did so far watches from now on. `by` is the person's name."""

    by: str = ""
    coach: str = ""


class StatusRequest(Message, frozen=True, kw_only=True):
    """Ask the bridge for its status."""


class Heartbeat(Message, frozen=True, kw_only=True):
    """`who` is alive at `time_s`, at this coach. The bridge answers with its own."""

    who: str
    time_s: float
    coach: str = ""
