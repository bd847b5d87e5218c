"""A system without sockets for tests of the screen: what it is told is remembered, what it says is scripted."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from coach.config import Config
from coach.processes.notices import Restart
from coach.routines.scheduler import Scheduler
from coach.session.replies import Reply
from memory.records import Correction, CorrectionDraft
from memory.store import Store
from robot_bridge.protocol.messages import Observation, Rates, Status, ThoughtToken
from robot_bridge.protocol.thought import Thought, Where

NOON_S = 1_790_000_000.0
REASON = "the red cup is on the counter and goes in the sink"


class ScriptedOperator:
    """The interface of `coach.takeover.operator.Operator`."""

    def __init__(self) -> None:
        self.hand, self.speed, self.pressed = "right", 0.25, list[str]()

    def press(self, way: str) -> None:
        self.pressed.append(way)

    def switch_hand(self) -> None:
        self.hand = "left"

    def shift(self, gears: int) -> None:
        self.speed *= 2.0**gears


class ScriptedEars:
    """The interface of `coach.session.spoken.SpokenWords`."""

    def __init__(self, system: ScriptedSystem) -> None:
        self._system = system

    def stop(self) -> None:
        self._system.stop()

    def prompt(self) -> str:
        return ""


class ScriptedSystem:
    """The interface of `coach.session.system.System` over a real store."""

    def __init__(self, config: Config, deliver: Any, answered: Any) -> None:
        self.deliver, self.answered = deliver, answered
        self.store = Store.open(config.memory_path)
        self.heard: list[str] = []
        self.pointed: list[Where | None] = []
        self.stops: list[float] = []
        self.acts: list[str] = []
        self.operator, self.devices = ScriptedOperator(), ()
        self.closed = self.left = False
        self.queued: tuple[str, ...] = ()
        self.notices: list[Restart] = []
        self.spoken = ScriptedEars(self)
        self.instead: list[str] = []

    def submit(self, text: str, by: str = "", where: Where | None = None, began_s: float = 0.0) -> None:
        self.heard.append(text)
        self.pointed.append(where)
        if text.strip():
            self.store.add_utterance(text, by or "person", "person", wall_s=NOON_S)
        self.say(f"I heard: {text}")

    def say(self, text: str, **values: Any) -> None:
        self.store.add_utterance(text, "robot", "robot", wall_s=NOON_S)
        self.answered(Reply(text, **values))

    def stop(self) -> None:
        self.stops.append(time.perf_counter())

    def act(self, kind: str) -> None:
        self.acts.append(kind)

    def submit_spoken(self, heard: Any, where: Where | None = None) -> None:
        self.submit(heard.text, where=where)

    def submit_instead(self, text: str) -> None:
        self.instead.append(text)

    def conversation(self, limit: int) -> list[Any]:
        return self.store.conversation(limit)

    def corrections(self, limit: int = 200) -> list[Correction]:
        return self.store.corrections(limit)

    def routines(self) -> list[Any]:
        return Scheduler(self.store.routines, lambda: NOON_S).coming_week()

    def recall(self, key: str) -> Any:
        return self.store.get_state(f"ui_{key}")

    def remember(self, key: str, value: Any) -> None:
        self.store.set_state(f"ui_{key}", value)

    def restarts(self) -> list[Restart]:
        notices, self.notices = self.notices, []
        return notices

    def close(self, left: bool = False) -> None:
        self.closed, self.left = True, left
        self.store.close()


def running_status(**changes: Any) -> Status:
    thought = Thought(reason=REASON, subtask="pick up the red cup", hand="left", where=Where("base", 0.62, 0.41))
    values: dict[str, Any] = {
        "time_s": 1.0, "state": "running", "embodiment": "kitchen", "arms": "kitchen", "task_id": "t1",
        "instruction": "put the red cup in the sink", "thought": thought, "policy_ok": True, "checkpoint": "embedded",
        "rates": Rates(control_hz=50.0, think_ms=310, act_ms=92, tokens_per_s=181),
    }  # fmt: skip
    return Status(**(values | changes))


def tokens(text: str, request_id: int = 1) -> list[ThoughtToken]:
    pieces = text.replace("\n", "\n ").split(" ")
    return [ThoughtToken(request_id=request_id, index=i, text=piece + ("" if piece.endswith("\n") else " "))
            for i, piece in enumerate(pieces)]  # fmt: skip


def picture(hue: int) -> np.ndarray:
    """uint8[96, 96, 3]: a counter with a cup, the same every time."""
    image = np.empty((96, 96, 3), np.uint8)
    image[:48], image[48:] = (196, 202, 214), (150, 118, 88)
    image[44:62, 52:66] = (200, 48, 56)
    image[50:70, 16:34] = (60, 90, 190)
    image[70:92, 30:60] = (hue, 180, 120)
    return image


def observation(sequence: int = 1) -> Observation:
    images = {"base": picture(90), "left_wrist": picture(140), "right_wrist": picture(220)}
    return Observation(sequence=sequence, time_s=float(sequence), state=np.zeros(38, np.float32), images=images)


def lesson(number: int, words: str, outcome: str = "followed") -> CorrectionDraft:
    return CorrectionDraft(
        id=f"lesson-{number}", words=words, instruction_was="put the red cup in the sink", wall_s=NOON_S + number,
        instruction_now="put the red cup in the drying rack", time_s=1.0, outcome=outcome,  # type: ignore[arg-type]
        thought_was=f"reason: {REASON}\nsubtask: pick up the red cup",
        thought_should="reason: the red cup is on the counter and goes in the drying rack\n",
    )  # fmt: skip


def config_in(home: Path, **changes: Any) -> Config:
    return Config(home=home, **changes)
