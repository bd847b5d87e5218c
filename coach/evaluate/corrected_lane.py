"""A job that a person corrects on the way: "no, put it in the bin", "the red cup, not the plate"."""

from __future__ import annotations

from coach.evaluate.jobs import Job
from coach.evaluate.lane import Lane, LaneConfig
from coach.session.errand import Errand, forced_thought
from robot_bridge.arms.kitchen.world import Kitchen
from robot_bridge.mission import TaskBook
from robot_bridge.protocol.errors import CoachError
from robot_bridge.protocol.messages import Context, Intervention, Observation
from robot_bridge.protocol.thought import Thought


class CorrectedLane(Lane):
    """A lane that begins with `job.at_first`, in the bridge's own task book; the words of the job come when it is time,
    in the form in which they reach the bridge."""

    def __init__(self, kitchen: Kitchen, job: Job, config: LaneConfig) -> None:
        super().__init__(kitchen, job, config)
        assert job.at_first is not None
        self._book = TaskBook()
        self._book.begin(Intervention(id="task", kind="task", instruction=job.at_first.instruction()), keep_undo=False)

    @property
    def context(self) -> Context:
        return self._book.task.context if self._book.task else super().context

    @property
    def forced(self) -> str:
        return self._book.task.forced if self._book.task else ""

    def observe(self) -> Observation:
        seen = super().observe()
        if not self.row.said and self.time_s >= self.job.corrected_s:
            self._correct()
        return seen

    def take(self, thought: Thought | CoachError) -> Thought | None:
        taken = super().take(thought)
        if not self.row.said:
            self._calm = 0  # done with what was asked for at first, but not with the job
        if taken is not None:
            task = self._book.think(taken, keep_forced=False)
            self._book.followed()
            self._thought = task.thought if task else taken
        return self._thought

    def _correct(self) -> None:
        errand, task = Errand.parse(self.job.words), self._book.task
        assert errand is not None
        self._book.correct(Intervention(id="words", kind="correction", instruction=str(errand),
                                        forced=forced_thought(errand, task.thought if task else None)))  # fmt: skip
        self.row.said, self._calm = 1, 0
