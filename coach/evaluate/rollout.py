"""One episode: a policy in the kitchen, from an instruction to success or the end of patience.

The policy sees pictures, joint states and words. The simulator's truth is used by the judge alone.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from policy.interface import Policy
from robot_bridge.arms.kitchen.tasks import Task, plan, succeeded
from robot_bridge.arms.kitchen.world import Kitchen
from robot_bridge.protocol.errors import CoachError
from robot_bridge.protocol.messages import Context, Observation
from robot_bridge.protocol.thought import Thought


@dataclass(frozen=True)
class RolloutConfig:
    """How an episode is played.

    Args:
        rows: rows of each chunk that are executed before the next thought.
        longest_s: simulated seconds before giving up.
        calm: thoughts of `done` or `ask …` in a row that end the episode.
    """

    rows: int = 5
    longest_s: float = 24.0
    calm: int = 2


@dataclass
class Row:
    """What happened in an episode.

    Args:
        first_right: the first thought named the subtask that the teacher would have named.
        right, thoughts: how many of all thoughts did.
        where_px: distance of the first thought's place from the true one, in px at 96 px.
    """

    seed: int
    task: str
    object: str
    place: str
    success: bool = False
    first_right: bool = False
    right: int = 0
    thoughts: int = 0
    where_px: float | None = None
    seconds: float = 0.0
    end: str = "time"
    trace: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, without the trace."""
        return {name: value for name, value in asdict(self).items() if name != "trace"}


def play(kitchen: Kitchen, policy: Policy, task: Task, seed: int, config: RolloutConfig, wording: str = "") -> Row:
    """Reset the kitchen to a layout and let the policy work on a task.

    A thought that cannot be read, or a chunk that cannot be made, counts as a thought missed: the arms hold still.
    """
    kitchen.reset(seed)
    row = Row(seed, task.instruction(), task.kind, task.place)
    context = Context(instruction=task.instruction(wording))
    calm, time_s, sequence = 0, 0.0, 0
    while time_s < config.longest_s and calm < config.calm:
        observation = observe(kitchen, sequence, time_s)
        truth = plan(kitchen, task).thought
        sequence += 1
        try:
            thought, _ = policy.think(observation, context)
            actions, dt_s = policy.act(observation, context, thought)
        except CoachError as error:
            _judge(row, None, truth)
            row.trace.append(str(error)[:80])
            time_s += 0.1 * config.rows
            continue
        _judge(row, thought, truth)
        calm = calm + 1 if thought.is_done or thought.is_question else 0
        for target in kitchen.body.unpad(actions)[: config.rows]:
            kitchen.step(target, dt_s)
            time_s += dt_s
    row.seconds, row.success = round(time_s, 2), succeeded(kitchen, task)
    row.end = "done" if calm >= config.calm else "time"
    return row


def observe(kitchen: Kitchen, sequence: int, time_s: float) -> Observation:
    """What the robot senses now: pictures and joints, nothing else."""
    return Observation(
        sequence=sequence, time_s=time_s, state=kitchen.body.pad(kitchen.state()), images=kitchen.render()
    )


def _judge(row: Row, thought: Thought | None, truth: Thought) -> None:
    """Compare a thought with the teacher's for the same instant."""
    right = thought is not None and thought.subtask == truth.subtask
    if row.thoughts == 0:
        row.first_right = right
        if thought is not None and thought.where and truth.where:
            offset = (thought.where.x - truth.where.x, thought.where.y - truth.where.y)
            row.where_px = round(96 * float(np.hypot(*offset)), 2)
    row.thoughts += 1
    row.right += right
    said = thought.subtask if thought is not None else "-"
    row.trace.append(said if right else f"{said} | {truth.subtask}")
