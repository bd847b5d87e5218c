"""The whole experiment in one folder, resumable at any moment.

HOME/                  a home folder: `memory.db` with its lessons, `checkpoints/coached`
HOME/coached.jsonl     the jobs that were coached
base/                  stills and demonstrations to keep the old tasks alive, where the machine has none
rows-PART.jsonl        what was measured, by one process each
times.jsonl            seconds that each part took
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import yaml

from coach.config import Config
from coach.disk import disk_failure
from coach.evaluate.lane import LaneConfig
from coach.evaluate.rows import Row
from coach.flywheel.cells import BASE_CELLS, TUNED_CELLS, RowFile, Told, measured, old_tasks, play_cells, unplayed
from coach.flywheel.coached_lane import Memory
from coach.flywheel.homes import Plan
from coach.flywheel.lessons import coach_home
from coach.line_file import append_line
from coach.processes.child import dies_with
from robot_bridge.arms.kitchen.world import Kitchen
from robot_bridge.protocol.errors import CoachError

if TYPE_CHECKING:
    from coach.evaluate.lockstep import Together

NAME = "coached"
CHUNK = 6  # jobs of each cell and home before the next checkpoint has its turn
BASE_EPISODES, BASE_STILLS = 120, 3000


@dataclasses.dataclass(frozen=True)
class Settings:
    """What is run.

    Args:
        base: folder of the checkpoint that everything starts from.
        data: folder with `stills` and `demos`; made where it lacks them.
        jobs: of each cell, over all homes.
        old: tasks of the base checkpoint.
        steps: of fine-tuning; 0: as in its recipe.
        minutes: no new chunk begins after that.
        motion: as in `LaneConfig`.
    """

    config: Config
    base: Path
    data: Path
    out: Path
    jobs: int
    old: int
    steps: int
    workers: int
    lanes: int
    minutes: float
    motion: Literal["policy", "expert"] = "policy"


def run_experiment(settings: Settings, plan: Plan, tell: Told) -> None:
    """Coach, train, measure what is missing.

    Raises:
        CoachError: a part of it failed; the same command goes on from there.
    """
    settings.out.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + 60 * settings.minutes
    with _timed(settings.out, "coaching"):
        _in_parallel(settings, plan, _coach, range(len(plan.homes)), until)
    for name, count in corrections_in(settings.out, plan).items():
        tell(f"{name}: {count} corrections")
    data = _base_data(settings, tell)
    with ThreadPoolExecutor(settings.workers) as pool:
        list(pool.map(lambda home: _train(settings, home.name, data, tell), plan.homes))
    with _timed(settings.out, "measuring"):
        _in_parallel(settings, plan, _measure, range(settings.workers), until)


def rows_in(out: Path) -> list[Row]:
    return [row for path in sorted(out.glob("rows-*.jsonl")) for row in RowFile(path).rows()]


def corrections_in(out: Path, plan: Plan) -> dict[str, int]:
    """How many corrections each home has to learn from."""
    from memory.store import Store

    found = {}
    for home in plan.homes:
        with Store.open(out / home.name / "memory.db") as store:
            found[home.name] = sum(lesson.outcome != "retracted" for lesson in store.corrections(limit=10_000))
    return found


def tuned_in(out: Path, plan: Plan) -> dict[str, Path]:
    """The folder of what was fine-tuned in each home."""
    return {home.name: out / home.name / "checkpoints" / NAME / "checkpoint" for home in plan.homes}


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
            config = dataclasses.replace(settings.config, home=folder, person="coach")
            with Store.open(config.memory_path) as store:
                memory = Memory(config, store, "base", record=True)
                coach_home(batch, kitchens, plan, number, lane, memory, RowFile(folder / "coached.jsonl"))


def _measure(settings: Settings, plan: Plan, share: range, until: float) -> None:
    """Every so-many-th chunk of all cells, checkpoint after checkpoint, until the time is over."""
    from memory.store import Store

    file, each = RowFile(settings.out / f"rows-{share.start}.jsonl"), -(-settings.jobs // len(plan.homes))
    tuned = tuned_in(settings.out, plan)
    chunks = [range(at, min(at + CHUNK, each)) for at in range(0, each, CHUNK)]
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as open_things:
        config = dataclasses.replace(settings.config, home=Path(folder), person="coach")
        store = open_things.enter_context(Store.open(config.memory_path))
        memory = Memory(config, store, "base", record=False)
        kitchens = open_things.enter_context(_kitchens(settings))
        players = {path: _player(settings, path) for path in (settings.base, *tuned.values())}
        for index in range(share.start, len(chunks), settings.workers):
            span, old = chunks[index], _old_span(settings.old, index, len(chunks))
            base = [job for n in range(len(plan.homes)) for job in measured(plan, n, BASE_CELLS, span)]
            work = {settings.base: base + old_tasks("", old)}
            for number, (name, path) in enumerate(tuned.items()):
                work[path] = measured(plan, number, TUNED_CELLS, span) + old_tasks(name, old)
            for path, todo in work.items():
                batch, lane = players[path]
                began, count = time.process_time(), 0
                for row in play_cells(batch, kitchens, unplayed(todo, rows_in(settings.out)), lane, memory, plan):
                    file.add(row)
                    count += 1
                _log(settings.out, "jobs", cpu_seconds=round(time.process_time() - began, 1), jobs=count)
            if time.monotonic() > until:
                return


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


def _train(settings: Settings, home: str, data: Path, tell: Told) -> None:
    """`coach train --from-corrections` in a home; nothing where that is finished."""
    folder = settings.out / home
    if (folder / "trained").exists():
        return
    recipe = yaml.safe_load((resources.files("coach.flywheel") / "recipe.yaml").read_text("utf-8"))
    if settings.steps:
        recipe["stages"][0]["steps"] = settings.steps
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe), "utf-8")
    command = [sys.executable, "-m", "coach", "train", "--from-corrections", "--home", str(folder), "--name", NAME,
               "--start", str(settings.base), "--data", str(data), "--recipe", str(folder / "recipe.yaml")]  # fmt: skip
    with (folder / "train.log").open("a") as log, _timed(settings.out, f"fine-tuning {home}"):
        done = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, check=False,
                              preexec_fn=dies_with(os.getpid()))  # fmt: skip
    if done.returncode:
        raise CoachError(f"the fine-tuning of {home} failed", next_step=f"see {folder / 'train.log'}")
    (folder / "trained").touch()
    tell(f"{home}: fine-tuned")


def _base_data(settings: Settings, tell: Told) -> Path:
    """Where stills and demonstrations are; a small set is made where there are none."""
    if all(any((settings.data / part).glob("*-*")) for part in ("stills", "demos")):
        return settings.data
    out = settings.out / "base"
    tell(f"no stills and demonstrations in {settings.data}: making some in {out}")
    command = [sys.executable, "-m", "coach", "demos", "--episodes", str(BASE_EPISODES), "--stills", str(BASE_STILLS),
               "--out", str(out), "--workers", str(settings.workers)]  # fmt: skip
    if subprocess.run(command, check=False, preexec_fn=dies_with(os.getpid())).returncode:
        raise CoachError("the base data could not be made", next_step=f"make it with coach demos --out {out}")
    return out


@contextlib.contextmanager
def _timed(out: Path, part: str) -> Iterator[None]:
    began = time.monotonic()
    try:
        yield
    finally:
        _log(out, part, seconds=round(time.monotonic() - began, 1))


def _log(out: Path, part: str, **values: float) -> None:
    append_line(out / "times.jsonl", json.dumps({"part": part, **values}))
