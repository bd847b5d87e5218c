"""One kitchen at work on one job, a moment at a time.

The policy sees pictures, joint states and words. The simulator's truth is used by the judge alone, by what happens to
the objects, and, where thoughts alone are measured, by the expert that leads the arms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from coach.evaluate.jobs import Job
from coach.evaluate.mishaps import Mishap, make_mishap
from coach.evaluate.rows import Row
from coach.session.errand import errand_behind
from robot_bridge.arms.kitchen.expert import STEP_S, Expert
from robot_bridge.arms.kitchen.places import PLACES
from robot_bridge.arms.kitchen.tasks import LIFTED_M, Chores, Step, Task, plan, succeeded
from robot_bridge.arms.kitchen.world import Kitchen
from robot_bridge.judge import Judge
from robot_bridge.protocol.errors import CoachError
from robot_bridge.protocol.messages import Context, Observation
from robot_bridge.protocol.thought import Thought


@dataclass(frozen=True)
class LaneConfig:
    """How jobs are played.

    Args:
        rows: rows of each chunk that are executed before the next thought.
        calm: thoughts of `done` or `ask …` in a row that end a job.
        help_after: empty hands that end a job with a question, where the job is about that.
        cameras: pictures that the policy reads.
        motion: who moves the arms: the policy's chunks, or the expert, doing what the policy's thought says.
    """

    rows: int = 5
    calm: int = 2
    help_after: int = 3
    cameras: tuple[str, ...] = ("base",)
    motion: Literal["policy", "expert"] = "policy"


class Lane:
    """Resets the kitchen to the job's layout; then `observe`, `take`, `follow` in turn until it is `over`."""

    def __init__(self, kitchen: Kitchen, job: Job, config: LaneConfig) -> None:
        self.kitchen, self.job, self.config = kitchen, job, config
        self.row = Row(job.seed, job.variant, job.words, job.kind, job.place)
        self.over = job.unheard
        self._calm, self._sequence, self.time_s = 0, 0, 0.0
        self._judge = Judge(config.help_after) if job.event == "slips" else None
        self._expert = Expert(kitchen) if job.led else None
        self._thought: Thought | None = None
        self._words = Context(instruction=job.words, notes=job.notes)
        kitchen.reset(job.scene)
        self._mishap: Mishap | None = make_mishap(job, kitchen)

    def observe(self) -> Observation:
        """What the robot senses now: pictures and joints, nothing else."""
        images = {camera: self.kitchen.render(camera) for camera in self.config.cameras}
        self._sequence += 1
        return Observation(sequence=self._sequence, time_s=self.time_s, images=images,
                           state=self.kitchen.body.pad(self.kitchen.state()))  # fmt: skip

    @property
    def context(self) -> Context:
        """The words that the policy reads."""
        return self._words

    @property
    def forced(self) -> str:
        """The beginning of the next thought, where a person has said it."""
        return ""

    @property
    def acts(self) -> bool:
        """Whether the policy drives the arms."""
        return self._expert is None and self.config.motion == "policy"

    @property
    def thinks(self) -> bool:
        """Whether the policy's next thought counts for anything."""
        return self._expert is None or self._mishap is None or self._mishap.happened > 0

    def take(self, thought: Thought | CoachError) -> Thought | None:
        """The policy's thought; one that cannot be read counts as missed, and the arms hold still."""
        self._thought = thought if isinstance(thought, Thought) else None
        self.row.score(self._thought, plan(self.kitchen, self.job.task).thought)
        if self._thought is None:
            self.row.trace.append(str(thought)[:80])
            self._calm = 0
        else:
            self._calm = self._calm + 1 if self._thought.rests else 0
            self._words = self._words.after(self._thought)
            self._rule(self._thought)
        return self._thought

    def follow(self, chunk: tuple[np.ndarray, float] | CoachError | None) -> None:
        """Move: the first rows of a chunk; or as the expert would, where it leads."""
        if self._expert is not None:
            if self.job.longest_s and not self._struck:
                self._lead(self._expert)
        elif self.config.motion == "expert":
            self._obey()
        elif not isinstance(chunk, tuple):
            self._step(self.kitchen.state(), 0.1 * self.config.rows)
        else:
            actions, dt_s = chunk
            for target in self.kitchen.body.unpad(actions)[: self.config.rows]:
                self._step(target, dt_s)
        self._settle()

    def _obey(self) -> None:
        """What the thought says, done as well as can be: what goes wrong then is the thought's fault."""
        expert, errand = Expert(self.kitchen), errand_behind(self._thought)
        for _ in range(self.config.rows):
            step = Step("done", self._thought or Thought(subtask="done"))
            if errand is not None:
                colour, _, kind = errand.thing.rpartition(" ")
                step = plan(self.kitchen, Task(kind, colour, errand.place.partition(" the ")[2]))
            self._step(expert.target(step), STEP_S)

    @property
    def _struck(self) -> bool:
        """What was to happen once has happened."""
        return self._mishap is not None and self._mishap.once and self._mishap.happened > 0

    def _lead(self, expert: Expert) -> None:
        for _ in range(self.config.rows):
            if self._struck:
                return
            step = plan(self.kitchen, self.job.task)
            self._calm = self._calm + 1 if step.action in ("done", "ask") else 0
            self._words = self._words.after(step.thought)
            self._step(expert.target(step), STEP_S)

    def _step(self, target: np.ndarray, seconds: float) -> None:
        self.kitchen.step(target, seconds)
        self.time_s += seconds
        if self._mishap is not None:
            self.row.event += self._mishap.watch()
        if not self.row.picked:
            lifted = (t for t in self.kitchen.objects() if t.place.endswith("hand") and t.position[2] > LIFTED_M)
            self.row.picked = next((t.name for t in lifted), "")

    def _rule(self, thought: Thought) -> None:
        if self._judge is not None:
            ruling = self._judge.rule(thought)
            if ruling.kind == "ask":
                self.row.asked, self.over = ruling.question, True

    def _settle(self) -> None:
        """Whether it is over, and what came of it."""
        led_to_rest = self._expert is not None and self._calm >= 2 * self.config.rows
        rested = self._expert is None and self._calm >= self.config.calm
        spent = self.time_s >= self.job.longest_s or (self._struck and self.row.thoughts > 0)
        self.over = self.over or led_to_rest or rested or spent
        if self.over:
            self.row.end = "asks" if self.row.asked else "done" if rested or led_to_rest else "time"
            self._judge_outcome()

    def _judge_outcome(self) -> None:
        task, row = self.job.task, self.row
        row.seconds, row.success = round(self.time_s, 2), succeeded(self.kitchen, task)
        if isinstance(task, Chores):
            goals = [(thing.place, task.goal(thing)) for thing in self.kitchen.objects()]
            row.objects = sum(bool(goal) for _, goal in goals)
            row.objects_right = sum(place == goal for place, goal in goals if goal)
            row.objects_wrong = sum(place in PLACES and place != goal for place, goal in goals if goal)
        else:
            row.objects, row.objects_right = 1, int(row.success)
        if self.job.led:
            row.success = 0 < row.thoughts == row.right
        elif self.job.event == "slips":
            row.success = bool(row.asked)
