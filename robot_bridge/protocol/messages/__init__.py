"""Every message that crosses a process boundary.

Three conversations (`→` request, `←` reply, `⇠` published without being asked):

    coach  → bridge   Intervention ← Accepted | Error;  StatusRequest ← Status | Error;  Heartbeat ← Heartbeat;
                      Jog ← Accepted | Error, while a person has taken over;  FloorRequest ← Accepted | Error
    bridge ⇠ coach    Status, Observation, ThoughtToken, ThoughtEvent, ChunkEvent, Event
    bridge → policy   ThinkRequest ← ThoughtToken*, ThinkReply | Error;  ActRequest ← ActionChunk | Error;
                      HealthRequest ← Health | Error;  ReloadRequest ← ReloadReply | Error

Arrays travel as raw frames behind the msgpack header (`codec.py`). Times named `time_s` are the sender's
`time.monotonic()`: comparable between processes of one host, not between hosts. `wall_s` is Unix time.
"""

from robot_bridge.protocol.messages.base import PROTOCOL_VERSION, WIDTH, Error, Message, Observation
from robot_bridge.protocol.messages.published import BridgeState, ChunkEvent, Event, Level, Rates, Status, ThoughtEvent
from robot_bridge.protocol.messages.to_bridge import (
    Accepted,
    FloorRequest,
    Heartbeat,
    Intervention,
    InterventionKind,
    Jog,
    StatusRequest,
)
from robot_bridge.protocol.messages.to_policy import (
    ActionChunk,
    ActRequest,
    Context,
    Going,
    Health,
    HealthRequest,
    ReloadReply,
    ReloadRequest,
    Tail,
    ThinkReply,
    ThinkRequest,
    ThoughtToken,
)

AnyMessage = (
    Observation | ThinkRequest | ThoughtToken | ThinkReply | ActRequest | ActionChunk | HealthRequest | Health
    | ReloadRequest | ReloadReply | Intervention | Accepted | Jog | FloorRequest | StatusRequest | Heartbeat | Status
    | ThoughtEvent | ChunkEvent | Event | Error
)  # fmt: skip

__all__ = [
    "PROTOCOL_VERSION",
    "WIDTH",
    "Accepted",
    "ActRequest",
    "ActionChunk",
    "AnyMessage",
    "BridgeState",
    "ChunkEvent",
    "Context",
    "Error",
    "Event",
    "FloorRequest",
    "Going",
    "Health",
    "HealthRequest",
    "Heartbeat",
    "Intervention",
    "InterventionKind",
    "Jog",
    "Level",
    "Message",
    "Observation",
    "Rates",
    "ReloadReply",
    "ReloadRequest",
    "Status",
    "StatusRequest",
    "Tail",
    "ThinkReply",
    "ThinkRequest",
    "ThoughtEvent",
    "ThoughtToken",
]
