"""What came of a job: one row of a table."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np

from robot_bridge.protocol.thought import Thought

NEAR_PX = 5.0  # a place is right within this distance, at 96 px
_SIDE_PX = 96


@dataclass
class Row:
    """What happened in a job.

    Args:
        success: the task is done; where only thoughts are measured, all of them were right.
        first_right: the first thought's reason and subtask, and its place within `NEAR_PX`, were the teacher's.
        right, reasons, subtasks: how many of all thoughts were the teacher's as a whole, in the reason, in the subtask.
        places, near: how many thoughts of the teacher's named a place, and in how many of those the model's was within
            `NEAR_PX`.
        where_px: distance of the first thought's place from the teacher's, in px at 96 px.
        questions: how many thoughts asked something.
        objects, objects_right, objects_wrong: things that the task is about, those that ended where they belong, and
            those in a receptacle where they do not.
        picked: what was lifted first.
        event: how often what was to happen did happen: somebody moved something, something slipped.
        asked: the question that ended the job.
        said, corrections: utterances of a coach, and the lessons that came of them.
    """

    seed: int
    variant: str
    words: str
    kind: str
    place: str
    success: bool = False
    first_right: bool = False
    right: int = 0
    reasons: int = 0
    subtasks: int = 0
    thoughts: int = 0
    places: int = 0
    near: int = 0
    questions: int = 0
    where_px: float | None = None
    objects: int = 0
    objects_right: int = 0
    objects_wrong: int = 0
    picked: str = ""
    event: int = 0
    asked: str = ""
    said: int = 0
    corrections: int = 0
    seconds: float = 0.0
    end: str = "time"
    trace: list[str] = field(default_factory=list)

    @property
    def key(self) -> tuple[int, str]:
        return self.seed, self.variant

    def as_dict(self) -> dict[str, Any]:
        """Plain values, without the trace and what is as it is by default."""
        usual = {field.name: field.default for field in fields(self)}
        return {name: value for name, value in asdict(self).items() if name != "trace" and value != usual[name]}

    def score(self, thought: Thought | None, truth: Thought) -> None:
        """Compare a thought with the teacher's for the same instant; None for one that could not be read."""
        reason = thought is not None and thought.reason == truth.reason
        subtask = thought is not None and thought.subtask == truth.subtask
        distance = _distance_px(thought, truth)
        near = truth.where is None or (distance is not None and distance <= NEAR_PX)
        if self.thoughts == 0:
            self.first_right, self.where_px = reason and subtask and near, distance
        self.thoughts += 1
        self.reasons += reason
        self.subtasks += subtask
        self.right += reason and subtask and near
        self.places += truth.where is not None
        self.near += truth.where is not None and near
        self.questions += thought is not None and thought.is_question
        said = thought.subtask if thought is not None else "-"
        self.trace.append(said if subtask else f"{said} | {truth.subtask}")


def _distance_px(thought: Thought | None, truth: Thought) -> float | None:
    if thought is None or thought.where is None or truth.where is None:
        return None
    offset = (thought.where.x - truth.where.x, thought.where.y - truth.where.y)
    return round(_SIDE_PX * float(np.hypot(*offset)), 2)
