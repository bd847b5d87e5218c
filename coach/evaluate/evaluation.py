"""Play a suite with a checkpoint, in several processes, each of which plays several kitchens in lockstep."""

from __future__ import annotations

import multiprocessing
import queue
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from coach.evaluate.corrected_lane import CorrectedLane
from coach.evaluate.jobs import Job
from coach.evaluate.lane import Lane, LaneConfig
from coach.evaluate.rows import Row
from robot_bridge.arms.kitchen.grasp import GraspMode
from robot_bridge.protocol.errors import CoachError

if TYPE_CHECKING:
    from robot_bridge.arms.kitchen.world import Kitchen

LOOK_S = 1.0  # how often it is seen whether a process is still there


@dataclass(frozen=True)
class Setting:
    """How a suite is played.

    Args:
        checkpoint: folder, empty for the embedded one.
        workers: processes, one thread each.
        lanes: kitchens a process plays at a time.
    """

    checkpoint: str = ""
    grasp: GraspMode = "sticky"
    workers: int = 1
    lanes: int = 8
    lane: LaneConfig = field(default_factory=LaneConfig)


def evaluate(jobs: Sequence[Job], setting: Setting, progress: Callable[[Row], None] | None = None) -> list[Row]:
    """Rows in the order of the jobs; a pure function of jobs and checkpoint, however many processes play them.

    Ctrl-C ends it early, with the rows of the jobs that were finished.

    Raises:
        CoachError: the checkpoint cannot be loaded, or a process died.
    """
    rows = []
    try:
        for row in _over(jobs, setting):
            rows.append(row)
            if progress:
                progress(row)
    except KeyboardInterrupt:
        if not rows:
            raise
    order = {job.key: i for i, job in enumerate(jobs)}
    return sorted(rows, key=lambda row: order[row.key])


def _over(jobs: Sequence[Job], setting: Setting) -> Iterator[Row]:
    if setting.workers <= 1:
        yield from _played(jobs, setting)
        return
    context = multiprocessing.get_context("spawn")
    finished: Any = context.Queue()
    parts = [jobs[number :: setting.workers] for number in range(setting.workers)]
    processes = [context.Process(target=_work, args=(part, setting, finished), daemon=True) for part in parts]
    try:
        for process in processes:
            process.start()
        going = len(processes)
        while going:
            try:
                found = finished.get(timeout=LOOK_S)
            except queue.Empty:
                if any(process.exitcode for process in processes):
                    raise CoachError(
                        "a process of the evaluation died", next_step="try again with --workers 1"
                    ) from None
                continue
            if isinstance(found, CoachError):
                raise found
            if found is None:
                going -= 1
            else:
                yield found
    finally:
        for process in processes:
            process.terminate()


def _lane(kitchen: Kitchen, job: Job, config: LaneConfig) -> Lane:
    return (CorrectedLane if job.at_first else Lane)(kitchen, job, config)


def _work(jobs: Sequence[Job], setting: Setting, finished: Any) -> None:
    """What a process does: its share of the jobs, then None."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    try:
        for row in _played(jobs, setting):
            finished.put(row)
    except CoachError as error:
        finished.put(error)
    else:
        finished.put(None)


def _played(jobs: Sequence[Job], setting: Setting) -> Iterator[Row]:
    """Kitchens and a policy of their own, on one thread."""
    import torch

    from coach.evaluate.lockstep import Together, play
    from policy.loading import load_policy
    from robot_bridge.arms.kitchen.world import Kitchen

    torch.set_num_threads(1)
    policy = load_policy(setting.checkpoint, "cpu")
    config = replace(setting.lane, cameras=tuple(getattr(policy, "cameras", setting.lane.cameras)))
    kitchens = [Kitchen(setting.grasp) for _ in range(min(setting.lanes, len(jobs)))]
    try:
        for lane in play(Together(policy), kitchens, jobs, partial(_lane, config=config)):
            yield lane.row
    finally:
        for kitchen in kitchens:
            kitchen.close()
