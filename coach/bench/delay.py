"""`coach bench delay`: what a late policy costs, and what playing on while it computes gives back.

The same layouts, the same policy, answers that come 0 to 300 ms after the picture:

    synchronous    the arms hold still until the answer is there
    asynchronous   the old chunk plays on; the new one's rows that are already past are dropped, the seam blended
    real-time      as asynchronous, but the new chunk was made to go on from the old one (arXiv 2506.07339)
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from coach.bench.delay_lane import DelayLane, Mode, Outcome
from coach.bench.report import commit, machine, store
from coach.evaluate.jobs import Job
from coach.evaluate.lockstep import Together
from coach.evaluate.statistics import mcnemar, wilson
from coach.evaluate.suites import suite
from policy.interface import Policy
from policy.loading import load_policy
from robot_bridge.arms.kitchen.world import Kitchen
from robot_bridge.protocol.errors import CoachError
from robot_bridge.protocol.thought import Thought

DELAYS_S = (0.0, 0.1, 0.2, 0.3)
MODES: tuple[Mode, ...] = ("synchronous", "asynchronous", "real-time")
LANES = 8
BAR = 0.03  # how much may be lost at 200 ms


@dataclass(frozen=True)
class Cell:
    """All episodes of one mode and delay.

    Args:
        success: share; `low`, `high`: its 95 % Wilson interval.
        better, worse: layouts won and lost against no delay; `p`: McNemar's.
        seconds: median length of an episode.
        jerk, jerk_p95: at the seams between chunks, rad/s³; `jump`: greatest change of speed there, rad/s, median.
    """

    mode: Mode
    delay_ms: int
    episodes: int
    success: float
    low: float
    high: float
    better: int
    worse: int
    p: float
    seconds: float
    jerk: float
    jerk_p95: float
    jump: float


@dataclass(frozen=True)
class DelayReport:
    """The table, every episode's outcome, and its circumstances."""

    command: str
    cells: tuple[Cell, ...]
    episodes: dict[str, list[bool]]
    seed: int
    checkpoint: str
    machine: str
    commit: str
    bench: str = "delay"

    def table(self) -> str:
        """Markdown."""
        lines = ["| delay | mode | success, 95 % | against no delay | episode | jerk at seams, rad/s³: median, p95 "
                 "| jump of speed there |", "|---:|---|---|---|---:|---:|---:|"]  # fmt: skip
        for cell in self.cells:
            success = f"{100 * cell.success:.1f} % [{100 * cell.low:.1f}, {100 * cell.high:.1f}]"
            paired = f"+{cell.better} −{cell.worse}, p = {cell.p:.2g}"
            lines.append(f"| {cell.delay_ms} ms | {cell.mode} | {success} | {paired} | {cell.seconds:.1f} s "
                         f"| {cell.jerk:.0f}, {cell.jerk_p95:.0f} | {cell.jump:.2f} rad/s |")  # fmt: skip
        made = f"checkpoint {self.checkpoint}; seed {self.seed}; commit {self.commit}"
        return "\n".join([*lines, "", self.verdict(), f"{self.machine}; {made}", f"`{self.command}`"])

    def verdict(self) -> str:
        """The bar: real-time chunking at 200 ms against no delay."""
        none = next(cell for cell in self.cells if cell.delay_ms == 0)
        late = next((c for c in self.cells if c.delay_ms == 200 and c.mode == "real-time"), None)
        if late is None:
            return "200 ms in real time was not measured"
        gained = late.success - none.success
        verdict = "met" if gained >= -BAR - 1e-9 else "missed"
        return f"real-time at 200 ms against no delay: {100 * gained:+.1f} points, bar −{100 * BAR:.0f}: {verdict}"

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    def write(self) -> Path:
        """Store it as `tests/results/delay.json` of the source tree."""
        return store(self.bench, asdict(self))


def measure(checkpoint: str, episodes: int, seed: int, command: str, progress: Callable[[str], None]) -> DelayReport:
    """Play all cells in one process.

    Args:
        episodes: layouts for each cell, the same ones for all.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    policy, jobs = load_policy(checkpoint, "cpu"), suite("pick_place", episodes, seed)
    kitchens = [Kitchen("sticky") for _ in range(min(LANES, episodes))]
    played: dict[tuple[Mode, float], list[Outcome]] = {}
    try:
        for delay_s, mode in itertools.product(DELAYS_S, MODES):
            progress(f"{mode} at {delay_s * 1e3:.0f} ms")
            outcomes = sorted(_play(policy, kitchens, jobs, mode, delay_s), key=lambda outcome: outcome.seed)
            played[mode, delay_s] = outcomes
    finally:
        torch.set_num_threads(threads)
        for kitchen in kitchens:
            kitchen.close()
    none = played["synchronous", 0.0]
    cells = tuple(_cell(mode, delay_s, outcomes, none) for (mode, delay_s), outcomes in played.items())
    each = {
        f"{mode} {delay_s * 1e3:.0f} ms": [o.success for o in outcomes] for (mode, delay_s), outcomes in played.items()
    }
    return DelayReport(command, cells, each, seed, checkpoint or "embedded", machine(), commit())


def _play(policy: Policy, kitchens: Sequence[Kitchen], jobs: Sequence[Job], mode: Mode, delay_s: float
          ) -> Iterator[Outcome]:  # fmt: skip
    batch, waiting = Together(policy), iter(jobs)
    lanes = [DelayLane(kitchen, job, mode, delay_s) for kitchen, job in zip(kitchens, waiting, strict=False)]
    while lanes:
        _advance(batch, lanes)
        going = []
        for lane in lanes:
            if not lane.over:
                going.append(lane)
                continue
            yield lane.outcome
            job = next(waiting, None)
            if job is not None:
                going.append(DelayLane(lane.kitchen, job, mode, delay_s))
        lanes = going


def _advance(batch: Together, lanes: Sequence[DelayLane]) -> None:
    """Every lane sees, and gets its thought and chunk when they are due."""
    seen = [lane.observe() for lane in lanes]
    contexts = [lane.context for lane in lanes]
    answers = batch.think(seen, contexts, [""] * len(lanes))
    thoughts = {row: answer for row, answer in enumerate(answers) if isinstance(answer, Thought)}
    acted = batch.act([seen[row] for row in thoughts], [contexts[row] for row in thoughts], list(thoughts.values()),
                      [lanes[row].tail for row in thoughts]) if thoughts else []  # fmt: skip
    chunks = dict(zip(thoughts, acted, strict=True))
    for row, lane in enumerate(lanes):
        chunk = chunks.get(row)
        if isinstance(chunk, CoachError):
            raise chunk
        lane.play(thoughts.get(row), chunk)


def _cell(mode: Mode, delay_s: float, outcomes: Sequence[Outcome], none: Sequence[Outcome]) -> Cell:
    count, won = len(outcomes), sum(o.success for o in outcomes)
    low, high = wilson(won, count)
    better = sum(o.success and not n.success for o, n in zip(outcomes, none, strict=True))
    worse = sum(n.success and not o.success for o, n in zip(outcomes, none, strict=True))
    jerks = [value for o in outcomes for value in o.seams] or [float("nan")]
    jumps = [value for o in outcomes for value in o.jumps] or [float("nan")]
    p50, p95 = np.percentile(jerks, (50, 95))
    return Cell(mode, round(delay_s * 1e3), count, won / count, round(low, 4), round(high, 4), better, worse,
                round(mcnemar(better, worse), 4), float(np.median([o.seconds for o in outcomes])),
                round(float(p50), 1), round(float(p95), 1), round(float(np.median(jumps)), 4))  # fmt: skip
