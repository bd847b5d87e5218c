"""Frames on which a checkpoint acted, with what the teacher would have thought and done (DAgger, arXiv 1011.0686).

A demonstration shows only what the expert sees. What a learner sees after its own small mistakes – its own hand
beside the cup instead of over it – it must be told as well. The shards are those of `coach demos`, with the expert's
intentions in the place of its motion.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from coach.evaluate.lockstep import Together
from policy.interface import Policy
from policy.model.config import SmallConfig
from policy.training.batches import context_of
from robot_bridge.arms.kitchen.demos import ShardWriter, shard_path
from robot_bridge.arms.kitchen.episodes import (
    DemoConfig,
    Episode,
    Script,
    intentions,
    move_target,
    set_scene,
    write_script,
)
from robot_bridge.arms.kitchen.tasks import Chores, Task, plan
from robot_bridge.arms.kitchen.world import Kitchen
from robot_bridge.protocol.errors import CoachError
from robot_bridge.protocol.messages import Context, Observation
from robot_bridge.protocol.thought import Thought

STEP_S = 0.1
_CALM = 3  # thoughts of the teacher in a row that there is nothing left to do
_LONGEST_S, _LONGEST_CHORE_S = 20.0, 50.0
_LED = 0.25  # share of episodes in which the teacher's thoughts drive, so that late states are seen too
_MOVED = 0.15  # share in which somebody moves the object on the way


@dataclass
class Practice:
    """One kitchen in which the learner works.

    Args:
        horizon: how many steps ahead the expert says what it would do.
    """

    kitchen: Kitchen
    seed: int
    config: DemoConfig
    horizon: int = SmallConfig.horizon
    rng: np.random.Generator = field(init=False)
    script: Script = field(init=False)
    images: list[np.ndarray] = field(default_factory=list)
    states: list[np.ndarray] = field(default_factory=list)
    chunks: list[np.ndarray] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    doings: list[str] = field(default_factory=list)
    context: Context = field(init=False)
    current: int = 0  # which of the script's tasks it is by now
    instructions: list[str] = field(default_factory=list)
    time_s: float = 0.0
    calm: int = 0

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng([self.seed, 5])
        set_scene(self.kitchen, self.seed, self.rng, self.config)
        self.script = write_script(self.kitchen, self.rng, self.config)
        self.context = context_of(self.words)
        self._led, self._move_s = bool(self.rng.random() < _LED), float(self.rng.uniform(0.4, 3.0))
        self._moves = bool(self.rng.random() < _MOVED)

    @property
    def words(self) -> str:
        return self.script.words[self.current]

    @property
    def task(self) -> Task | Chores:
        return self.script.tasks[self.current]

    @property
    def over(self) -> bool:
        longest = _LONGEST_CHORE_S if isinstance(self.task, Chores) else _LONGEST_S
        settled = self.calm >= _CALM and self.current == len(self.script.tasks) - 1
        return settled or self.time_s >= longest

    def observe(self) -> Observation:
        """Look, and keep what was seen with what the teacher thinks of it."""
        if self._moves and self.time_s > self._move_s:
            move_target(self.kitchen, self.task, self.rng)
            self._moves = False
        if self.current == 0 and 0 <= self.script.change_at <= self.time_s / STEP_S:
            self.current, self.calm = 1, 0
            self.context = context_of(self.words)
        step = plan(self.kitchen, self.task)
        self.calm = self.calm + 1 if step.action in ("done", "ask") else 0
        pictures = {camera: self.kitchen.render(camera) for camera in self.config.cameras}
        self.images.append(np.stack(list(pictures.values())))
        self.states.append(self.kitchen.state())
        self.chunks.append(intentions(self.kitchen, self.task, self.horizon))
        self.thoughts.append(str(step.thought))
        self.doings.append(self.context.doing)
        self.instructions.append(self.words)
        body = self.kitchen.body
        return Observation(sequence=len(self.states), time_s=1e6 * self.seed + self.time_s, images=pictures,
                           state=body.pad(self.kitchen.state()))  # fmt: skip

    def drives(self, thought: Thought | None) -> Thought:
        """The thought that is acted on."""
        if self._led or thought is None:
            thought = plan(self.kitchen, self.task).thought
        self.context = self.context.after(thought)
        return thought

    def move(self, actions: np.ndarray) -> None:
        """Execute the first rows of a chunk, float32[horizon, 38]."""
        for target in self.kitchen.body.unpad(actions)[: int(self.rng.integers(3, 7))]:
            self.kitchen.step(target, STEP_S)
            self.time_s += STEP_S

    def episode(self) -> Episode:
        """All that was seen."""
        states, chunks = np.stack(self.states), np.stack(self.chunks)
        return Episode(self.seed, self.script.mix, True, 0.0, np.stack(self.images), states, chunks[:, 0],
                       self.thoughts, self.instructions, motion=False, doing=self.doings,
                       chunks=chunks)  # fmt: skip


def practise(policy: Policy, seeds: range, out: Path, config: DemoConfig, kitchens: int = 12,
             per_shard: int = 60, report: Callable[[str], None] = print) -> list[Path]:  # fmt: skip
    """Let a policy work on the layouts of `seeds` and write shards of what it saw; those already there are kept."""
    free, written = [Kitchen(config.grasp, config.size) for _ in range(min(kitchens, len(seeds)))], []
    for start in range(seeds.start, seeds.stop, per_shard):
        part = range(start, min(start + per_shard, seeds.stop))
        target = shard_path(part, out)
        written.append(target)
        if target.exists():
            continue
        shard = ShardWriter()
        for practice in _played(Together(policy), free, part, config):
            shard.add(practice.episode())
        shard.save(target, config)
        report(f"{target.name}: {len(part)} episodes of practice, {shard.frames} frames")
    return written


def _played(batch: Together, kitchens: Sequence[Kitchen], seeds: range, config: DemoConfig) -> list[Practice]:
    """All seeds, several at a time; in the order of the seeds."""
    waiting, free = list(seeds), list(kitchens)
    going: list[Practice] = []
    done: list[Practice] = []
    while waiting or going:
        while waiting and free:
            going.append(Practice(free.pop(), waiting.pop(0), config))
        _advance(batch, going)
        for practice in [p for p in going if p.over]:
            going.remove(practice)
            free.append(practice.kitchen)
            done.append(practice)
    return sorted(done, key=lambda practice: practice.seed)


def _advance(batch: Together, going: Sequence[Practice]) -> None:
    """Everybody looks, thinks and moves once."""
    seen = [practice.observe() for practice in going]
    contexts = [practice.context for practice in going]
    answers = batch.think(seen, contexts, [""] * len(going))
    thoughts = [p.drives(a if isinstance(a, Thought) else None) for p, a in zip(going, answers, strict=True)]
    for practice, chunk in zip(going, batch.act(seen, contexts, thoughts), strict=True):
        if isinstance(chunk, CoachError):
            raise chunk
        practice.move(chunk[0])
