"""Fine-tuning in each home of the experiment, by the command that people use for it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import yaml

from coach.flywheel.cells import Told
from coach.flywheel.homes import Plan
from coach.flywheel.settings import Settings, has_data, recipe_of
from coach.line_file import append_line
from coach.processes.child import dies_with
from policy.fingerprint import fingerprint
from policy.training.making import EPISODES, STILLS
from robot_bridge.protocol.errors import CoachError

NAME = "coached"
ALONE_NAME = "coached-alone"  # without putting the base data right


def tuned_in(out: Path, plan: Plan, name: str = NAME) -> dict[str, Path]:
    """The folder of what was fine-tuned in each home."""
    return {home.name: out / home.name / "checkpoints" / name / "checkpoint" for home in plan.homes}


def train_homes(settings: Settings, plan: Plan, until: float, tell: Told) -> bool:
    """Fine-tune in each home, or go on with it.

    Args:
        until: no step begins after that, `time.monotonic()`.

    Returns:
        Whether all of them are finished.

    Raises:
        CoachError: one of them failed; the same command goes on from there.
    """
    names = (NAME, ALONE_NAME) if settings.alone else (NAME,)
    missing = [(home.name, name) for name in names for home in plan.homes
               if not _finished(settings, home.name, name)]  # fmt: skip
    if not missing:
        return True
    data = _base_data(settings, tell)
    with ThreadPoolExecutor(settings.workers) as pool:
        return all(list(pool.map(lambda one: _train(settings, one[0], one[1], data, until, tell), missing)))


def learned_in(out: Path, plan: Plan) -> dict[str, Any]:
    """What the fine-tuning of each home had to learn from: steps, stills and frames of the base data, and lessons."""
    from policy.checkpoint import read_card
    from policy.training.config import load_train_config

    found = {}
    for home, folder in tuned_in(out, plan).items():
        if not (folder / "checkpoint.yaml").exists():
            continue
        seeds, [stage] = read_card(folder).seeds, load_train_config(out / home / f"{NAME}.yaml").stages
        mixed = {"stills": stage.steps * stage.batch, "frames": stage.steps * (stage.batch - stage.taught),
                 "lessons": stage.steps * stage.taught}  # fmt: skip
        there = {part: seeds.get(part, 0) for part in mixed}
        found[home] = {"steps": stage.steps, "batch": stage.batch, "there": there, "drawn": mixed}
    return found


@contextlib.contextmanager
def timed(out: Path, part: str) -> Iterator[None]:
    """Keep the seconds that a part takes, also where it fails."""
    began = time.monotonic()
    try:
        yield
    finally:
        log_time(out, part, seconds=round(time.monotonic() - began, 1))


def log_time(out: Path, part: str, **values: float) -> None:
    """Add to what a part took; `times_in` sums it up."""
    append_line(out / "times.jsonl", json.dumps({"part": part, **values}))


def _finished(settings: Settings, home: str, name: str) -> bool:
    """Raises: CoachError: it was, but these are other weights now, of which the rows say nothing."""
    mark, folder = _mark(settings, home, name), settings.out / home / "checkpoints" / name / "checkpoint"
    if mark.exists() and mark.read_text("utf-8") != fingerprint(folder):
        raise CoachError(f"{folder} was changed since the experiment made it",
                         next_step="name another folder with --out")  # fmt: skip
    return mark.exists()


def _mark(settings: Settings, home: str, name: str) -> Path:
    return settings.out / home / ("trained" if name == NAME else f"trained-{name}")


def _train(settings: Settings, home: str, name: str, data: Path, until: float, tell: Told) -> bool:
    """`coach train --from-corrections` in a home; whether it is finished."""
    from policy.training.run import progress_of

    folder, minutes = settings.out / home, (until - time.monotonic()) / 60
    if minutes <= 0:
        return False
    recipe = {**recipe_of(settings), "put_right": name != ALONE_NAME}
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(recipe), "utf-8")
    command = [sys.executable, "-m", "coach", "train", "--from-corrections", "--home", str(folder), "--name", name,
               "--start", str(settings.base), "--data", str(data), "--recipe", str(folder / f"{name}.yaml"),
               "--minutes", str(minutes)]  # fmt: skip
    with (folder / "train.log").open("a") as log, timed(settings.out, f"fine-tuning {home} ({name})"):
        done = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, check=False,
                              preexec_fn=dies_with(os.getpid()))  # fmt: skip
    if done.returncode:
        raise CoachError(f"the fine-tuning of {home} failed", next_step=f"see {folder / 'train.log'}")
    if progress_of(folder / "checkpoints" / name)["stage"] < len(recipe["stages"]):
        return False
    made = fingerprint(folder / "checkpoints" / name / "checkpoint")
    _mark(settings, home, name).write_text(made, "utf-8")
    tell(f"{home}: fine-tuned" + (", lessons alone" if name == ALONE_NAME else ""))
    return True


def _base_data(settings: Settings, tell: Told) -> Path:
    """Where stills and demonstrations are; a small set is made where there are none."""
    if has_data(settings.data):
        return settings.data
    out = settings.out / "base"
    tell(f"no stills and demonstrations in {settings.data}: making some in {out}")
    command = [sys.executable, "-m", "coach", "demos", "--episodes", str(EPISODES), "--stills", str(STILLS),
               "--out", str(out), "--workers", str(settings.workers)]  # fmt: skip
    if subprocess.run(command, check=False, preexec_fn=dies_with(os.getpid())).returncode:
        raise CoachError("the base data could not be made", next_step=f"make it with coach demos --out {out}")
    return out
