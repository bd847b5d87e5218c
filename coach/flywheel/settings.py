"""What an experiment is of, written into its folder at first, so that no two are ever mixed there."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import msgspec
import yaml

from coach.flywheel.homes import Plan
from policy.fingerprint import fingerprint
from policy.training.making import EPISODES, STILLS
from robot_bridge.protocol.errors import UsageError

FILE = "settings.json"
_MADE = f"made here: {EPISODES} demonstrations, {STILLS} stills"
_IN_WORDS = {
    "base": "the checkpoint that is coached",
    "motion": "--motion",
    "steps": "--steps",
    "coached": "--coached",
    "data": "stills and demonstrations (--data)",
    "recipe": "coach/flywheel/recipe.yaml",
    "homes": "coach/flywheel/homes.yaml",
}


@dataclasses.dataclass(frozen=True)
class Settings:
    """What is run.

    Args:
        base: folder of the checkpoint that everything starts from.
        data: folder with `stills` and `demos`; made where it lacks them.
        jobs: of each cell, over all homes.
        old: tasks of the base checkpoint.
        steps: of fine-tuning; 0: as in its recipe.
        minutes: nothing new begins after that.
        motion: as in `LaneConfig`.
        alone: also fine-tune without putting the base data right.
    """

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
    alone: bool = False


def recipe_of(settings: Settings) -> dict[str, Any]:
    """How a home's checkpoint learns: the recipe of the package, with the steps that were asked for."""
    recipe: dict[str, Any] = yaml.safe_load((resources.files("coach.flywheel") / "recipe.yaml").read_text("utf-8"))
    if settings.steps:
        recipe["stages"][0]["steps"] = settings.steps
    return recipe


def has_data(folder: Path) -> bool:
    """Whether there are stills and demonstrations in a folder."""
    return all(any((folder / part).glob("*-*")) for part in ("stills", "demos"))


def check_settings(settings: Settings, plan: Plan) -> None:
    """Write down what this experiment is of; in a folder with one, see that it is the same.

    Raises:
        UsageError: the folder holds an experiment with other settings, or one that does not tell.
        CheckpointError: there is no whole checkpoint to coach.
    """
    path, wanted = settings.out / FILE, _identity(settings, plan)
    if not path.exists():
        begun = [*settings.out.glob("rows-*.jsonl"), *settings.out.glob("*/coached.jsonl")]
        if begun:
            raise _other(settings.out, f"there is no {FILE} beside {begun[0].name}, so that nobody knows of what it is")
        settings.out.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(wanted, indent=1) + "\n", "utf-8")
        os.replace(partial, path)
        return
    try:
        known = json.loads(path.read_text("utf-8"))
    except ValueError:
        raise _other(settings.out, f"{FILE} cannot be read") from None
    differing = [name for name in wanted if known.get(name) != wanted[name]]
    if differing:
        told = (f"{_IN_WORDS[name]}: {_short(known.get(name))} there, {_short(wanted[name])} now" for name in differing)
        raise _other(settings.out, "; ".join(told))


def _identity(settings: Settings, plan: Plan) -> dict[str, Any]:
    """All that the rows and lessons of an experiment depend on, but the code."""
    recipe, homes = recipe_of(settings), msgspec.to_builtins(plan)
    steps, coached = recipe["stages"][0].pop("steps"), homes.pop("coached_jobs")
    return {
        "base": fingerprint(settings.base), "motion": settings.motion, "steps": steps, "coached": coached,
        "data": _data(settings.data), "recipe": _digest(json.dumps(recipe, sort_keys=True)),
        "homes": _digest(json.dumps(homes, sort_keys=True)),
    }  # fmt: skip


def _data(folder: Path) -> str:
    """The files of the base data, by name and size."""
    if not has_data(folder):
        return _MADE
    files = sorted(path for part in ("stills", "demos") for path in (folder / part).glob("*-*/*") if path.is_file())
    return _digest("\n".join(f"{path.relative_to(folder)} {path.stat().st_size}" for path in files))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _short(value: Any) -> str:
    """A digest by its beginning."""
    text = str(value)
    return text[:8] if len(text) == hashlib.sha256().digest_size * 2 else text


def _other(out: Path, why: str) -> UsageError:
    return UsageError(f"{out} holds an experiment with other settings ({why})",
                      next_step="name another folder with --out")  # fmt: skip
