"""What is going on while a person speaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from coach.interpreter.chores import is_chore
from coach.interpreter.items import Scene
from coach.session.errand import Errand, choices, errand_behind
from robot_bridge.protocol.errors import CoachError
from robot_bridge.protocol.messages import Status
from robot_bridge.protocol.thought import Thought

if TYPE_CHECKING:
    from coach.session.episodes import Episodes
    from robot_bridge.client import BridgeClient

STATUS_WAIT_S = 1.0


@dataclass(frozen=True)
class Situation:
    """The bridge's status in the words of the session; everything is empty where the bridge is silent."""

    status: Status | None
    episode_id: int | None = None

    @property
    def task_id(self) -> str:
        return self.status.task_id if self.status else ""

    @property
    def instruction(self) -> str:
        return self.status.instruction if self.status else ""

    @property
    def thought(self) -> Thought | None:
        return self.status.thought if self.status else None

    @property
    def chore(self) -> str:
        """The instruction, where it is about everything that stands around."""
        return self.instruction if is_chore(self.instruction) else ""

    @property
    def errand(self) -> Errand | None:
        """What is asked for; of a chore, what the thought in force makes of it."""
        return errand_behind(self.thought) if self.chore else Errand.parse(self.instruction)

    @property
    def busy(self) -> bool:
        """There is a task that a correction can be about."""
        return bool(self.instruction and self.task_id)

    def scene(self, question: str = "") -> Scene:
        subtask = self.thought.subtask if self.thought else ""
        return Scene(objects=choices(self.thought), task=self.instruction, subtask=subtask, question=question)


def look(bridge: BridgeClient, episodes: Episodes) -> Situation:
    """What goes on now; all empty where the bridge does not answer within `STATUS_WAIT_S`."""
    try:
        status = bridge.status(STATUS_WAIT_S)
    except CoachError:
        return Situation(None)
    return Situation(status, episodes.current(status.task_id))
