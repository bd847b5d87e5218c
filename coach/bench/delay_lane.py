"""One kitchen whose policy answers late: what the bridge does tick by tick, on a clock that is simulated."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from coach.evaluate.jobs import Job
from robot_bridge.arms.kitchen.tasks import succeeded
from robot_bridge.arms.kitchen.world import Kitchen
from robot_bridge.chunks import ChunkPlayer, check_chunk
from robot_bridge.protocol.messages import ActionChunk, Context, Observation, Tail
from robot_bridge.protocol.thought import Thought
from robot_bridge.safety import Limiter

Mode = Literal["synchronous", "asynchronous", "real-time"]
TICK_S = 0.02
FOLLOWED_S = 0.5  # of each chunk, before the next one is asked for, as in `coach eval`
CALM = 2  # thoughts of `done` or `ask …` in a row that end a job
SEAM_TICKS = 5  # on either side of a chunk's first tick
BLEND_S = 0.1


@dataclass
class Outcome:
    """What a lane gave.

    Args:
        seams: at each chunk but the first, the RMS over joints and ticks of the jerk of the commanded targets, rad/s³.
        jumps: likewise the greatest change of speed from one tick to the next, rad/s.
    """

    seed: int
    success: bool = False
    seconds: float = 0.0
    seams: list[float] = field(default_factory=list)
    jumps: list[float] = field(default_factory=list)


class DelayLane:
    """Resets the kitchen to a job's layout; then `observe` and `play` in turn until it is `over`.

    Args:
        delay_s: from the picture to the chunk that was made of it.
    """

    def __init__(self, kitchen: Kitchen, job: Job, mode: Mode, delay_s: float) -> None:
        kitchen.reset(job.scene)
        self.kitchen, self.job, self._mode, self._delay_s = kitchen, job, mode, delay_s
        self._limiter = Limiter.for_body(kitchen.body, kitchen.state())
        self._player = ChunkPlayer(BLEND_S, 0.0)  # its first target is for the tick after the one it starts in
        self.time_s, self._sequence, self._calm = 0.0, 0, 0
        self.context = Context(instruction=job.words, notes=job.notes)
        self._commanded = [self._limiter.target]
        self._seams: list[int] = []
        self.over = False
        self.outcome = Outcome(job.seed)

    def observe(self) -> Observation:
        self._sequence += 1
        self._observed_s = self.time_s
        if self._mode == "synchronous":
            self._player.clear(self.time_s)
        return Observation(sequence=self._sequence, time_s=self.time_s, images={"base": self.kitchen.render("base")},
                           state=self.kitchen.body.pad(self.kitchen.state()))  # fmt: skip

    @property
    def tail(self) -> Tail | None:
        """What the next chunk goes on from, where this lane plays in real time."""
        rows = self._player.ahead(self.time_s) if self._mode == "real-time" else None
        playing = self._player.playing
        if rows is None or playing is None or not len(rows):
            return None
        dt_s = playing.chunk.dt_s
        frozen = min(len(rows), int(np.ceil(self._delay_s / dt_s - 1e-6)))
        return Tail(rows=self.kitchen.body.pad(rows), frozen=frozen, dt_s=dt_s)

    def play(self, thought: Thought | None, chunk: tuple[np.ndarray, float] | None) -> None:
        """The thought and the chunk come once the delay is over; then it is followed until the next is asked for."""
        self._run_until(self._observed_s + self._delay_s)
        if thought is not None:
            self._calm = self._calm + 1 if thought.rests else 0
            self.context = self.context.after(thought)
        if chunk is not None:
            actions, dt_s = chunk
            made = ActionChunk(request_id=0, observation_sequence=self._sequence, actions=actions, dt_s=dt_s,
                               observation_time_s=self._observed_s)  # fmt: skip
            self._player.start(check_chunk(made, self.kitchen.body), self._limiter.target, self.time_s)
            self._seams.append(len(self._commanded))
        begun_s = self.time_s if self._mode == "synchronous" else self._observed_s
        self._run_until(max(begun_s + FOLLOWED_S, self.time_s + TICK_S))
        if self._calm >= CALM or self.time_s >= self.job.longest_s:
            self._end()

    def _run_until(self, until_s: float) -> None:
        while self.time_s < until_s - 1e-9:
            self.time_s += TICK_S
            wish = self._player.target(self.time_s)
            target = self._limiter.hold() if wish is None else self._limiter.step(wish).target
            self.kitchen.step(target, TICK_S)
            self._commanded.append(target)

    def _end(self) -> None:
        self.over, outcome = True, self.outcome
        outcome.success, outcome.seconds = succeeded(self.kitchen, self.job.task), round(self.time_s, 2)
        speed = np.diff(np.array(self._commanded, np.float64), axis=0) / TICK_S
        jerk = np.diff(speed, n=2, axis=0) / TICK_S**2
        for seam in self._seams[1:]:
            around = slice(max(0, seam - SEAM_TICKS - 1), seam + SEAM_TICKS)
            if len(jerk[around]):
                outcome.seams.append(float(np.sqrt((jerk[around] ** 2).mean())))
                outcome.jumps.append(float(np.abs(np.diff(speed[around], axis=0)).max(initial=0.0)))
