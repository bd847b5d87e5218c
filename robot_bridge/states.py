"""What the bridge may do next: one table, and one sentence for everything that it does not allow.

`stopped` is left only by a person who says resume or gives a task, and only while the arms answer. `fault` means that
the arms themselves fail. What is said during a takeover counts from the release on.

    idle ───── correction, restart, task ──▶ running
    idle ───── pause ──▶ holding
    idle ───── takeover ──▶ takeover
    idle ───── stop ──▶ stopped
    idle ───── fault ──▶ fault
    running ── heal, hold, pause ──▶ holding
    running ── takeover ──▶ takeover
    running ── finish ──▶ idle
    running ── stop ──▶ stopped
    running ── fault ──▶ fault
    holding ── correction, recover, restart, resume, task, undo ──▶ running
    holding ── takeover ──▶ takeover
    holding ── finish, reset ──▶ idle
    holding ── stop ──▶ stopped
    holding ── fault ──▶ fault
    takeover ─ release, resume ──▶ running
    takeover ─ heal, pause ──▶ holding
    takeover ─ stop ──▶ stopped
    takeover ─ fault ──▶ fault
    stopped ── resume, task ──▶ running
    fault ──── heal ──▶ holding
"""

from __future__ import annotations

import threading
from typing import Literal

from robot_bridge.protocol.errors import UsageError
from robot_bridge.protocol.messages import BridgeState, InterventionKind

# What a person says, and what happens by itself: `hold` (something is missing), `recover` (it is back), `finish` (the
# task is done), `fault` and `heal` (the arms fail, the arms answer again).
Trigger = InterventionKind | Literal["hold", "recover", "finish", "fault", "heal"]

TRANSITIONS: dict[BridgeState, dict[str, BridgeState]] = {
    "idle": {
        "task": "running", "correction": "running", "restart": "running", "pause": "holding", "nudge": "idle",
        "takeover": "takeover", "reset": "idle", "hold": "idle", "recover": "idle", "finish": "idle", "heal": "idle",
    },
    "running": {
        "task": "running", "correction": "running", "restart": "running", "undo": "running", "resume": "running",
        "nudge": "running", "pause": "holding", "takeover": "takeover", "hold": "holding", "recover": "running",
        "finish": "idle", "heal": "holding",
    },
    "holding": {
        "task": "running", "correction": "running", "restart": "running", "undo": "running", "resume": "running",
        "nudge": "holding", "pause": "holding", "takeover": "takeover", "reset": "idle", "hold": "holding",
        "recover": "running", "finish": "idle", "heal": "holding",
    },
    "takeover": {
        "release": "running", "resume": "running", "takeover": "takeover", "task": "takeover",
        "correction": "takeover", "restart": "takeover", "undo": "takeover", "nudge": "takeover", "pause": "holding",
        "hold": "takeover", "recover": "takeover", "finish": "takeover", "heal": "holding",
    },
    "stopped": {
        "resume": "running", "task": "running", "correction": "stopped", "pause": "stopped", "reset": "stopped",
        "hold": "stopped", "recover": "stopped", "finish": "stopped", "heal": "stopped",
    },
    "fault": {
        "reset": "fault", "pause": "fault", "hold": "fault", "recover": "fault", "finish": "fault", "heal": "holding",
    },
}  # fmt: skip
for _state, _row in TRANSITIONS.items():
    _row["praise"] = _state
    _row["stop"] = "fault" if _state == "fault" else "stopped"
    _row["fault"] = "stopped" if _state == "stopped" else "fault"

_WHY: dict[BridgeState, tuple[str, str]] = {
    "idle": ("nothing is being done", "say what to do, such as 'put the red cup in the sink'"),
    "running": ("the arms are working", "say pause or stop first"),
    "holding": ("the arms are holding still", "say resume, or give a task"),
    "takeover": ("a person is moving the arms", "release them first"),
    "stopped": ("the arms are stopped", "say resume, or give a task"),
    "fault": ("the arms do not answer", "check their power and cable; they hold until they answer again"),
}


class StateMachine:
    """The state of one bridge. Safe to use from any thread.

    A stop outranks a fault, so that arms may fail in `stopped` too: then nothing leaves it until they answer again.
    """

    def __init__(self, state: BridgeState = "idle") -> None:
        self._lock = threading.Lock()
        self._state: BridgeState = state
        self._arms_fail = state == "fault"

    @property
    def state(self) -> BridgeState:
        return self._state

    def check(self, trigger: Trigger) -> BridgeState:
        """The state that a trigger would lead to.

        Raises:
            UsageError: the state does not allow it; says what it does allow.
        """
        row = TRANSITIONS[self._state]
        if self._arms_fail and self._state == "stopped":
            row = {word: to for word, to in row.items() if to == "stopped"}
        if trigger not in row:
            why, mend = _WHY["fault" if self._arms_fail else self._state]
            internal = ("hold", "recover", "finish", "fault", "heal")
            allowed = ", ".join(sorted(word for word in row if word not in internal))
            raise UsageError(f"cannot {trigger} now: {why}", allowed, mend)
        return row[trigger]

    def apply(self, trigger: Trigger) -> BridgeState:
        """Take a trigger; returns the new state.

        Raises:
            UsageError: the state does not allow it; nothing has changed.
        """
        with self._lock:
            self._state = self.check(trigger)
            if trigger in ("fault", "heal"):
                self._arms_fail = trigger == "fault"
            return self._state
