"""The whole experiment in one folder, resumable at any moment.

settings.json          of what it is; another experiment is refused
HOME/                  a home folder: `memory.db` with its lessons, `checkpoints/coached`
HOME/coached.jsonl     the jobs that were coached
base/                  stills and demonstrations to keep the old tasks alive, where the machine has none
rows-PART.jsonl        what was measured, by one process each
times.jsonl            seconds that each part took
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coach.config import Config
from coach.disk import disk_failure
from coach.evaluate.lane import LaneConfig
from coach.evaluate.rows import Row
from coach.flywheel.cells import (
    ALONE,
    BASE_CELLS,
    TUNED_CELLS,
    RowFile,
    Told,
    measured,
    old_tasks,
    play_cells,
    unplayed,
)
from coach.flywheel.coached_lane import Memory
from coach.flywheel.homes import Plan
from coach.flywheel.lessons import coach_home
from coach.flywheel.settings import Settings, check_settings
from coach.flywheel.training import ALONE_NAME, log_time, timed, train_homes, tuned_in
from coach.processes.child import dies_with
from robot_bridge.arms.kitchen.world import Kitchen
from robot_bridge.protocol.errors import CoachError

if TYPE_CHECKING:
    from coach.evaluate.jobs import Job
    from coach.evaluate.lockstep import Together

CHUNK = 6  # jobs of each cell and home before the next checkpoint has its turn


def run_experiment(settings: Settings, plan: Plan, tell: Told) -> None:
    """Coach, train, measure what is missing, until the minutes are over.

    Raises:
        UsageError: the folder holds an experiment with other settings.
        CoachError: a part of it failed; the same command goes on from there.
    """
    check_settings(settings, plan)
    until = time.monotonic() + 60 * settings.minutes
    with timed(settings.out, "coaching"):
        _in_parallel(settings, plan, _coach, range(len(plan.homes)), until)
    for name, count in corrections_in(settings.out, plan).items():
        tell(f"{name}: {count} corrections")
    if time.monotonic() > until or not train_homes(settings, plan, until, tell):
        tell(f"{settings.minutes:g} minutes are over before anything is measured; the same command goes on from there")
        return
    with timed(settings.out, "measuring"):
        _in_parallel(settings, plan, _measure, range(settings.workers), until)
    if time.monotonic() > until:
        tell(f"{settings.minutes:g} minutes are over; the same command goes on from there")


def rows_in(out: Path) -> list[Row]:
    """What was measured so far."""
    return [row for path in sorted(out.glob("rows-*.jsonl")) for row in RowFile(path).rows()]


def corrections_in(out: Path, plan: Plan) -> dict[str, int]:
    """How many corrections each home has to learn from."""
    from memory.store import Store

    found = {}
    for home in plan.homes:
        with Store.open(out / home.name / "memory.db") as store:
            found[home.name] = sum(lesson.outcome != "retracted" for lesson in store.corrections(limit=10_000))
    return found


def times_in(out: Path) -> dict[str, dict[str, float]]:
    """Seconds of each part, and what else was counted, over all runs."""
    found: dict[str, dict[str, float]] = {}
    path = out / "times.jsonl"
    for line in path.read_text("utf-8").splitlines() if path.exists() else ():
        try:
            values: dict[str, Any] = json.loads(line)
        except ValueError:  # cut short by a crash
            continue
        part = found.setdefault(values.pop("part"), {})
        for name, value in values.items():
            part[name] = round(part.get(name, 0.0) + value, 1)
    return found


def _coach(settings: Settings, plan: Plan, share: range, until: float) -> None:
    """Coach some of the homes with the base checkpoint."""
    from memory.store import Store

    batch, lane = _player(settings, settings.base)
    with _kitchens(settings) as kitchens:
        for number in share:
            folder = settings.out / plan.homes[number].name
            folder.mkdir(exist_ok=True)
            config = Config(home=folder, person="coach")  # of no user: what they set is no part of the experiment
            with Store.open(config.memory_path) as store:
                memory = Memory(config, store, "base")
                coach_home(batch, kitchens, plan, number, lane, memory, RowFile(folder / "coached.jsonl"), until)


def _measure(settings: Settings, plan: Plan, share: range, until: float) -> None:
    """Every so-many-th chunk of all cells, checkpoint after checkpoint, until the time is over."""
    file, each = RowFile(settings.out / f"rows-{share.start}.jsonl"), -(-settings.jobs // len(plan.homes))
    chunks = [range(at, min(at + CHUNK, each)) for at in range(0, each, CHUNK)]
    players: dict[Path, tuple[Together, LaneConfig]] = {}
    with tempfile.TemporaryDirectory() as folder, _kitchens(settings) as kitchens:
        memory = Memory(Config(home=Path(folder), person="coach"), None, "base")
        for index in range(share.start, len(chunks), settings.workers):
            if time.monotonic() > until:
                return
            old = _old_span(settings.old, index, len(chunks))
            for path, work in _work(settings, plan, chunks[index], old).items():
                todo = unplayed(work, rows_in(settings.out))
                if not todo:
                    continue
                batch, lane = players[path] = players.get(path) or _player(settings, path)
                began, count = time.process_time(), 0
                for row in play_cells(batch, kitchens, todo, lane, memory, plan):
                    file.add(row)
                    count += 1
                log_time(settings.out, "jobs", cpu_seconds=round(time.process_time() - began, 1), jobs=count)


def _work(settings: Settings, plan: Plan, span: range, old: range) -> dict[Path, list[Job]]:
    """Which checkpoint plays which jobs of a chunk."""
    homes = range(len(plan.homes))
    work = {settings.base: [job for n in homes for job in measured(plan, n, BASE_CELLS, span)] + old_tasks("", old)}
    for number, (name, path) in enumerate(tuned_in(settings.out, plan).items()):
        work[path] = measured(plan, number, TUNED_CELLS, span) + old_tasks(name, old)
    if settings.alone:
        for number, path in enumerate(tuned_in(settings.out, plan, ALONE_NAME).values()):
            work[path] = measured(plan, number, [ALONE], span)
    return work


def _old_span(old: int, index: int, chunks: int) -> range:
    return range(old * index // chunks, old * (index + 1) // chunks)


@contextlib.contextmanager
def _kitchens(settings: Settings) -> Iterator[list[Kitchen]]:
    kitchens = [Kitchen() for _ in range(settings.lanes)]
    try:
        yield kitchens
    finally:
        for kitchen in kitchens:
            kitchen.close()


def _player(settings: Settings, checkpoint: Path) -> tuple[Together, LaneConfig]:
    """A policy on one thread, and the pictures that it reads."""
    import torch

    from coach.evaluate.lockstep import Together
    from policy.loading import load_policy

    torch.set_num_threads(1)
    policy = load_policy(str(checkpoint), "cpu")
    return Together(policy), LaneConfig(cameras=tuple(getattr(policy, "cameras", ("base",))), motion=settings.motion)


def _in_parallel(settings: Settings, plan: Plan, part: Any, whole: range, until: float) -> None:
    """`part` of each share of the whole, a process each; here where one process is enough.

    Raises:
        CoachError: one of them failed.
    """
    shares = [whole[number :: settings.workers] for number in range(min(settings.workers, len(whole)))]
    if len(shares) == 1:
        part(settings, plan, shares[0], until)
        return
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_at_work, args=(os.getpid(), part, settings, plan, share, until))
                 for share in shares]  # fmt: skip
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    if any(process.exitcode for process in processes):
        raise CoachError("a process of the experiment failed; its last words are above",
                         next_step="the same command goes on from there; --workers 1 tells more")  # fmt: skip


def _at_work(parent: int, part: Any, settings: Settings, plan: Plan, share: range, until: float) -> None:
    """In a process of its own, which ends with the one that it works for: what was played is kept."""
    tie = dies_with(parent)
    if tie is not None:
        tie()
    try:
        part(settings, plan, share, until)
    except Exception as error:
        failure = disk_failure(error, [settings.out, settings.data])
        if failure is None:
            raise
        print(f"coach: {failure}", file=sys.stderr)
        sys.exit(1)
