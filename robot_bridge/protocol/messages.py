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

from __future__ import annotations

from typing import Any, Literal

import msgspec
import numpy as np

from robot_bridge.protocol.thought import Thought, Where

PROTOCOL_VERSION = 1
WIDTH = 38  # numbers in a state or action vector, the largest body

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
BridgeState = Literal["idle", "running", "holding", "takeover", "stopped", "fault"]
Level = Literal["info", "warning", "fault"]


class Message(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type", tag=True):
    """What all messages share.

    Args:
        version: of the protocol that it was written in.
        sent: number of the message, so that doubles and what comes too late can be told; 0 where it is not counted. Of
            what is published: which run of the bridge (high 31 bits, by chance) and a count. A bridge's answer bears
            the number of the request.
    """

    version: int = PROTOCOL_VERSION
    sent: int = 0


class Observation(Message, frozen=True, kw_only=True):
    """What the robot senses at one instant.

    Args:
        sequence: counts up by one per observation of a bridge.
        state: float32[38], joint positions in the embodiment's units (rad, m), zero-padded.
        images: camera name → uint8[height, width, 3], RGB.
        takeover: id of the intervention by which a person moves the arms at this instant, else empty.
    """

    sequence: int
    time_s: float
    state: np.ndarray
    images: dict[str, np.ndarray]
    takeover: str = ""


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """The words a model reads beside the pictures.

    Args:
        instruction: what the person asked for.
        done: subtasks finished since the instruction came, oldest first.
        dialogue: what was said since, oldest first, without the instruction.
        notes: rules and facts of this home, most relevant first.
        doing: the subtask of the thought before, as long as it serves this instruction: what a hand holds and why is
            easier to remember than to see.
    """

    instruction: str
    done: tuple[str, ...] = ()
    dialogue: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    doing: str = ""


class ThinkRequest(Message, frozen=True, kw_only=True):
    """Ask for a thought; tokens stream back as `ThoughtToken`, then one `ThinkReply`.

    Args:
        forced: text fed in the thought's place (teacher forcing). The model writes on from its end, so a
            person may give the subtask and leave the rest to the model. Empty: the model writes everything.
        deadline_s: the sender stops listening this long after sending.
    """

    request_id: int
    observation: Observation
    context: Context
    forced: str = ""
    deadline_s: float = 2.0


class ThoughtToken(Message, frozen=True, kw_only=True):
    """One piece of thought text as soon as the model has written it. `index` counts from 0 within a thought."""

    request_id: int
    index: int
    text: str


class ThinkReply(Message, frozen=True, kw_only=True):
    """The whole thought. `latency_s` is the policy's own time, `tokens` how many of them it wrote itself."""

    request_id: int
    thought: Thought
    tokens: int
    latency_s: float


class Tail(msgspec.Struct, frozen=True, kw_only=True):
    """What is left of the chunk that plays while the next one is made, for real-time chunking.

    Args:
        rows: float32[n, 38], absolute joint targets; row i is due at the observation's time + (i + 1) * dt_s, as the
            rows of the chunk that is asked for.
        frozen: how many of them, from the first on, will have been executed before the answer is there.
    """

    rows: np.ndarray
    frozen: int
    dt_s: float


class ActRequest(Message, frozen=True, kw_only=True):
    """Ask for an action chunk under a thought (the model's own or a person's).

    Args:
        tail: what the chunk is to go on from; None for one that stands alone. A policy may ignore it.
    """

    request_id: int
    observation: Observation
    context: Context
    thought: Thought
    deadline_s: float = 2.0
    tail: Tail | None = None


class ActionChunk(Message, frozen=True, kw_only=True):
    """Joint targets ahead of an observation.

    Args:
        actions: float32[horizon, 38], absolute joint targets, zero-padded; row i is due at
            `observation_time_s + (i + 1) * dt_s`.
        dt_s: time between rows.
        latency_s: the policy's own time.
    """

    request_id: int
    observation_sequence: int
    observation_time_s: float
    actions: np.ndarray
    dt_s: float
    latency_s: float = 0.0


class HealthRequest(Message, frozen=True, kw_only=True):
    """Ask a policy server what it serves."""

    request_id: int


class Health(Message, frozen=True, kw_only=True):
    """What the policy server serves. `memory_mb` is its resident set, `uptime_s` counts from its start."""

    request_id: int
    checkpoint: str
    device: str
    parameters: int
    memory_mb: float
    uptime_s: float


class ReloadRequest(Message, frozen=True, kw_only=True):
    """Serve another checkpoint: a folder, or empty for the embedded one."""

    request_id: int
    checkpoint: str = ""


class ReloadReply(Message, frozen=True, kw_only=True):
    """The checkpoints served now and before."""

    request_id: int
    served: str
    previous: str


class Intervention(Message, frozen=True, kw_only=True):
    """A live change by a person. `id` is unique for ever (the store uses it as its key).

    Args:
        text: the words as said.
        instruction: the new instruction, for `task` and `correction`.
        forced: thought text to feed in the thought's place, for `correction`.
        likely: the whole thought that the words will most likely come to. The arms move under it at once, until the
            model has written its own.
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


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """Measured over the last seconds. Jitter is |tick interval − 20 ms|."""

    control_hz: float = 0.0
    camera_hz: float = 0.0
    jitter_p50_ms: float = 0.0
    jitter_p99_ms: float = 0.0
    think_ms: float = 0.0
    act_ms: float = 0.0
    tokens_per_s: float = 0.0


class Status(Message, frozen=True, kw_only=True):
    """The bridge's state, published 5 times a second and on every change.

    Args:
        task_id: id of the intervention that started the task; empty when idle.
        thought: the thought in force.
        done: subtasks finished for this task, oldest first.
        detail: one sentence for a person: why it holds, what failed.
        policy_ok: the policy answered within its deadline lately.
        pace: how fast it works, as a factor on the pace that it learnt.
        coach, coach_name: who has the floor: which coach, and the person there; empty while nobody has.
    """

    time_s: float
    state: BridgeState
    embodiment: str
    arms: str
    task_id: str = ""
    instruction: str = ""
    thought: Thought | None = None
    done: tuple[str, ...] = ()
    detail: str = ""
    policy_ok: bool = False
    pace: float = 1.0
    checkpoint: str = ""
    rates: Rates = Rates()
    memory_mb: float = 0.0
    coach: str = ""
    coach_name: str = ""


class ThoughtEvent(Message, frozen=True, kw_only=True):
    """A thought came into force. `cause` is the intervention behind it, empty for the model's own rhythm."""

    time_s: float
    task_id: str
    observation_sequence: int
    thought: Thought
    cause: str = ""
    latency_s: float = 0.0


class ChunkEvent(Message, frozen=True, kw_only=True):
    """The first target of a new chunk went to the arms.

    Args:
        actions: float32[horizon, 38] as received from the policy.
        dropped_rows: rows skipped because they were already in the past.
        cause: the intervention whose thought it follows, empty if none.
    """

    time_s: float
    task_id: str
    observation_sequence: int
    actions: np.ndarray
    dt_s: float
    dropped_rows: int = 0
    cause: str = ""


class Event(Message, frozen=True, kw_only=True):
    """Something a person should know: a fault, a restart, a finished task.

    Args:
        code: short and stable, e.g. `policy_silent`, `task_done`, `asks`, `clamped`.
        text: one sentence.
        data: plain values only.
    """

    time_s: float
    level: Level
    code: str
    text: str
    task_id: str = ""
    data: dict[str, Any] = {}


class Error(Message, frozen=True, kw_only=True):
    """A request failed. `request_id` is 0 where the request could not be read that far."""

    code: str
    what: str
    allowed: str = ""
    next_step: str = ""
    request_id: int = 0


AnyMessage = (
    Observation | ThinkRequest | ThoughtToken | ThinkReply | ActRequest | ActionChunk | HealthRequest | Health
    | ReloadRequest | ReloadReply | Intervention | Accepted | Jog | FloorRequest | StatusRequest | Heartbeat | Status
    | ThoughtEvent | ChunkEvent | Event | Error
)  # fmt: skip
