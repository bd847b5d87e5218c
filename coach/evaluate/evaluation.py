"""Play a suite with one or two checkpoints, in several processes, and sum it up."""

from __future__ import annotations

import multiprocessing
import os
import platform
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from coach.evaluate.rollout import RolloutConfig, Row, play
from coach.evaluate.statistics import mcnemar, verdict, wilson
from robot_bridge.arms.kitchen.grasp import GraspMode
from robot_bridge.arms.kitchen.tasks import Task
from robot_bridge.protocol.errors import CoachError

Job = tuple[int, Task]
_worker: dict[str, Any] = {}


def evaluate(checkpoint: str, jobs: Sequence[Job], grasp: GraspMode, workers: int, config: RolloutConfig | None = None,
             progress: Callable[[Row], None] | None = None) -> list[Row]:  # fmt: skip
    """Rows in the order of the jobs; a pure function of checkpoint, jobs and settings, over several processes.

    Ctrl-C ends it early, with the rows of the episodes that were finished.
    """
    rows = []
    try:
        for row in _over(workers, jobs, (checkpoint, grasp, config or RolloutConfig())):
            rows.append(row)
            if progress:
                progress(row)
    except KeyboardInterrupt:
        if not rows:
            raise
    order = {seed: i for i, (seed, _) in enumerate(jobs)}
    return sorted(rows, key=lambda row: order[row.seed])


def _over(workers: int, jobs: Sequence[Job], setting: tuple[str, GraspMode, RolloutConfig]) -> Iterator[Row]:
    if workers <= 1:
        _open(*setting)
        yield from map(_play, jobs)
        return
    context = multiprocessing.get_context("spawn")
    with context.Pool(workers, _open, setting) as pool:
        yield from pool.imap_unordered(_play, jobs)


def _open(checkpoint: str, grasp: GraspMode, config: RolloutConfig) -> None:
    """What a process needs once: a kitchen and a policy, on one thread."""
    import signal

    import torch

    from policy.loading import load_policy
    from robot_bridge.arms.kitchen.world import Kitchen

    if multiprocessing.parent_process() is not None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    torch.set_num_threads(1)
    try:
        _worker.update(kitchen=Kitchen(grasp), policy=load_policy(checkpoint, "cpu"), config=config, error=None)
    except CoachError as error:  # a pool would start a failing process again and again: tell it with the first job
        _worker["error"] = error


def _play(job: Job) -> Row:
    if _worker["error"] is not None:
        raise _worker["error"]
    seed, task = job
    _worker["policy"].reseed(seed)
    return play(_worker["kitchen"], _worker["policy"], task, seed, _worker["config"])


def summary(rows: Sequence[Row], **labels: Any) -> dict[str, Any]:
    """The object that `coach eval --json` prints."""
    count = len(rows)
    first, right = sum(r.first_right for r in rows), sum(r.right for r in rows)
    thoughts = sum(r.thoughts for r in rows)
    places = sorted(r.where_px for r in rows if r.where_px is not None)
    success = sum(r.success for r in rows)
    return {
        **labels,
        "episodes": count,
        "success": success / count,
        "ci95": _rounded(wilson(success, count)),
        "subtask_first": {"rate": first / count, "ci95": _rounded(wilson(first, count))},
        "subtask_all": {"rate": right / max(thoughts, 1), "ci95": _rounded(wilson(right, thoughts)),
                        "thoughts": thoughts},
        "where_px_p50": places[len(places) // 2] if places else None,
        "per_task": {f"{kind} → {place}": _rate([r for r in rows if (r.object, r.place) == (kind, place)])
                     for kind, place in sorted({(r.object, r.place) for r in rows})},
        "per_object": {kind: _rate([r for r in rows if r.object == kind]) for kind in sorted({r.object for r in rows})},
        "per_place": {place: _rate([r for r in rows if r.place == place]) for place in sorted({r.place for r in rows})},
        "machine": machine(),
    }  # fmt: skip


def paired(first: Sequence[Row], second: Sequence[Row]) -> dict[str, Any]:
    """The second checkpoint against the first on the same jobs: McNemar's exact test on the pairs that differ."""
    better = sum(b.success and not a.success for a, b in zip(first, second, strict=True))
    worse = sum(a.success and not b.success for a, b in zip(first, second, strict=True))
    return {"better": better, "worse": worse, "p": mcnemar(better, worse), "verdict": verdict(better, worse)}


def machine() -> str:
    """Processor, cores and Python, for the record beside a figure."""
    return f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def _rate(rows: Sequence[Row]) -> dict[str, Any]:
    return {"success": round(sum(r.success for r in rows) / len(rows), 3), "episodes": len(rows)}


def _rounded(interval: tuple[float, float]) -> list[float]:
    return [round(bound, 4) for bound in interval]
