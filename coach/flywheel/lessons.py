"""Coaching a home: jobs on layouts and in colours that are never measured, until there are enough lessons."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from coach.evaluate.lane import LaneConfig
from coach.flywheel.cells import COACHED, RowFile, play_cells, unplayed
from coach.flywheel.coached_lane import Memory
from coach.flywheel.homes import Plan, jobs

if TYPE_CHECKING:
    from coach.evaluate.jobs import Job
    from coach.evaluate.lockstep import Together
    from memory.store import Store
    from robot_bridge.arms.kitchen.world import Kitchen

SURPLUS = "more than the experiment may use"


def coach_home(batch: Together, kitchens: Sequence[Kitchen], plan: Plan, number: int, config: LaneConfig,
               memory: Memory, rows: RowFile, until: float = math.inf) -> int:  # fmt: skip
    """Play and coach until the home has its corrections or its jobs are played; the corrections that count.

    Safe to interrupt: what was played is not played again.

    Args:
        memory: with the store of the home.
        until: no job begins after that, `time.monotonic()`.
    """
    store = memory.store
    assert store is not None, "what is coached is kept"
    stream = jobs(plan, number, "coached")
    work = [replace(job, variant=COACHED) for job in islice(stream, plan.coached_jobs)]
    pending = iter(unplayed(work, rows.rows()))

    def wanted() -> Iterator[Job]:
        while time.monotonic() < until and _usable(store) < plan.corrections:
            job = next(pending, None)
            if job is None:
                return
            yield job

    for row in play_cells(batch, kitchens, wanted(), config, memory, plan):
        rows.add(row)
    store.flush()
    kept = [lesson for lesson in store.corrections(limit=10_000) if lesson.outcome != "retracted"]
    for lesson in kept[: max(0, len(kept) - plan.corrections)]:
        store.retract_correction(lesson.id, "experiment", SURPLUS)
    return _usable(store)


def _usable(store: Store) -> int:
    return sum(lesson.outcome != "retracted" for lesson in store.corrections(limit=10_000))
