"""A job with a coach beside it: the words take the way that a person's words take, and every lesson is stored."""

from __future__ import annotations

import contextlib
import tempfile
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from coach.config import Config
from coach.evaluate.jobs import Job
from coach.evaluate.lane import Lane, LaneConfig
from coach.flywheel.homes import Manner
from coach.flywheel.person import SimulatedCoach
from coach.flywheel.room import OwnState, Room
from coach.interpreter import interpret
from coach.session.errand import errand_said
from coach.session.session import Session
from robot_bridge.arms.kitchen.places import in_place
from robot_bridge.arms.kitchen.tasks import Chores
from robot_bridge.arms.kitchen.world import Kitchen
from robot_bridge.protocol.errors import CoachError
from robot_bridge.protocol.messages import Context, Observation, ThoughtEvent
from robot_bridge.protocol.thought import Thought

if TYPE_CHECKING:
    from coach.session.stop_line import StopLine
    from memory.store import Store
    from robot_bridge.client import BridgeClient

AROUND_S = 2.0


@dataclass(frozen=True)
class Memory:
    """Where lessons go.

    Args:
        store: of the home, where lessons, frames and thoughts are kept to learn from; None: each job forgets them.
        checkpoint: what drives the arms.
    """

    config: Config
    store: Store | None
    checkpoint: str


class CoachedLane(Lane):
    """A lane whose words come from a session, which hears a simulated coach."""

    def __init__(self, kitchen: Kitchen, job: Job, config: LaneConfig, memory: Memory, manner: Manner) -> None:
        super().__init__(kitchen, job, config)
        assert isinstance(job.task, Chores)
        self._keeps, self._recent = memory.store is not None, deque[Observation]()
        self._room = Room(lambda: self.time_s, memory.checkpoint)
        self._store = self._open_store(memory.store)
        self._session = Session(memory.config, self._store, cast("BridgeClient", self._room), interpret,
                                cast("StopLine", self._room), lambda: tuple(self._recent))  # fmt: skip
        self._coach = SimulatedCoach(job.task, manner, np.random.default_rng([job.seed, 22]))
        self._cause, self._lessons, self._rested_s = "", list[str](), 0.0
        self._session.hear(job.words)

    def _open_store(self, home: Store | None) -> Store:
        """A memory of this job alone, before that of the home where there is one; both last until the job is over."""
        from memory.store import Store

        self._opened = contextlib.ExitStack()
        folder = self._opened.enter_context(tempfile.TemporaryDirectory())
        own = self._opened.enter_context(Store.open(Path(folder) / "memory.db"))
        return own if home is None else cast("Store", OwnState(home, own))

    @property
    def context(self) -> Context:
        """The words that the policy reads, as the session has them."""
        task = self._room.task
        return task.context if task else Context(instruction=self.job.words)

    @property
    def forced(self) -> str:
        """What the coach has put into the next thought."""
        return self._room.task.forced if self._room.task else ""

    def observe(self) -> Observation:
        """What the robot senses; the coach looks on, and may speak."""
        seen = super().observe()
        self._recent.append(seen)
        while self._recent[0].time_s < seen.time_s - AROUND_S:
            self._recent.popleft()
        episode_id = self._episode_id
        if self._keeps and episode_id is not None:
            self._store.add_frame(episode_id, seen)
        self._hear_coach()
        return seen

    def take(self, thought: Thought | CoachError) -> Thought | None:
        """The policy's thought; None where it cannot be read, or the robot rests."""
        task, taken = self._room.task, super().take(thought)
        if taken is None or task is None or self._room.state != "running":
            self._thought = None
            return None
        event = ThoughtEvent(time_s=self.time_s, task_id=task.task_id, observation_sequence=self._sequence,
                             thought=taken, cause=task.cause)  # fmt: skip
        episode_id = self._episode_id
        if self._keeps and episode_id is not None:
            self._store.add_thought(episode_id, event)
        if self._cause and task.cause == self._cause:
            self._store.complete_correction(self._cause, str(taken))
            self._cause = ""
        self._room.think(taken)
        self._thought = self._room.task.thought if self._room.task else None
        return self._thought

    @property
    def _episode_id(self) -> int | None:
        return self._session.episodes.current(self._room.task.task_id) if self._room.task else None

    def _hear_coach(self) -> None:
        task = self._room.task
        words = self._coach.speak(self.time_s, task.thought if task else None, self._room.state != "running",
                                  self.kitchen.objects())  # fmt: skip
        if not words:
            return
        self.row.said += 1
        reply = self._session.hear(words)
        self.row.trace.append(f'"{words}" → {reply.said}')
        if reply.correction_id:
            self._cause = reply.correction_id
            self._lessons.append(reply.correction_id)
            self.row.corrections += 1
        self._calm = 0

    def _settle(self) -> None:
        """The robot's `done` ends its task, not the job: the person looks at what is left."""
        done = self._calm >= self.config.calm
        if done and self._room.state == "running":
            self._room.finish()
            self._rested_s = self.time_s
        self._calm = 0 if done else self._calm
        satisfied = self._room.state != "running" and not self._coach.has_more(self.kitchen.objects())
        if satisfied or self.time_s >= self.job.longest_s:
            self.over, self.row.end = True, "done" if satisfied else "time"
            self._judge_outcome()
            if satisfied and self._room.state == "idle":  # not how long the person then looked at it
                self.row.seconds = round(self._rested_s, 2)
            self._judge_lessons()
            self._opened.close()

    def _judge_lessons(self) -> None:
        """Whether each thing that was spoken about ended where the words said."""
        places = {thing.name: thing.place for thing in self.kitchen.objects()}
        for lesson_id in self._lessons:
            lesson = self._store.correction(lesson_id)
            errand = errand_said(lesson.thought_should)
            followed = errand is not None and errand.place == in_place(places.get(errand.thing, ""))
            self._store.set_outcome(lesson.id, "followed" if followed else "failed")
        self._session.episodes.end(self.row.end)
