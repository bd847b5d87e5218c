"""bridge ⇠ coach: what the bridge tells without being asked."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
import numpy as np

from robot_bridge.protocol.messages.base import Message
from robot_bridge.protocol.thought import Thought

BridgeState = Literal["idle", "running", "holding", "takeover", "stopped", "fault"]
Level = Literal["info", "warning", "fault"]


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
    data: dict[str, Any] = msgspec.field(default_factory=dict)
