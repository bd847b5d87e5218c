"""Python, packages, home folder, disk, memory and weights."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import sys
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from coach.doctor.check import Check
from robot_bridge.protocol.errors import CoachError

if TYPE_CHECKING:
    from coach.config import Config

NEEDED_MB = 500
REINSTALL = "pip install -e . (in the project's folder)"


def check_python(config: Config) -> Check:
    found = ".".join(map(str, sys.version_info[:3]))
    ok = sys.version_info >= (3, 11)
    return Check("python", ok, f"Python {found}", "" if ok else "install Python 3.11 or newer")


def check_packages(config: Config) -> Check:
    """Every package that we name as ours to need is installed, in a version that we allow."""
    wrong, found = [], []
    for requirement in importlib.metadata.requires("robot-coach") or []:
        if "extra ==" in requirement:
            continue
        name = re.split(r"[^A-Za-z0-9_.-]", requirement, maxsplit=1)[0]
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            wrong.append(f"{name} is missing")
            continue
        found.append(f"{name} {version}")
        if not _fits(requirement, version):
            wrong.append(f"{name} is {version} where {requirement} is needed")
    return Check("packages", not wrong, "; ".join(wrong) or ", ".join(found), REINSTALL if wrong else "")


def _fits(requirement: str, version: str) -> bool:
    try:
        from packaging.requirements import Requirement
    except ImportError:  # then pip has checked it, not we
        return True
    return Requirement(requirement).specifier.contains(version, prereleases=True)


def check_disk(config: Config) -> Check:
    folder = _nearest_folder(config.home)
    free_mb = shutil.disk_usage(folder).free // 2**20
    detail = f"{free_mb / 1024:.1f} GB free at {folder}"
    return Check(
        "disk",
        free_mb >= NEEDED_MB,
        detail,
        "" if free_mb >= NEEDED_MB else f"free {NEEDED_MB} MB there, or choose another --home",
    )


def check_home(config: Config) -> Check:
    folder = _nearest_folder(config.home)
    if not config.home.exists():
        ok = folder.is_dir() and os.access(folder, os.W_OK)
        detail = f"{config.home} will be made" if ok else f"{config.home} cannot be made in {folder}"
        return Check("home", ok, detail, "" if ok else "name a folder of yours: coach doctor --home ~/robot-coach")
    ok = config.home.is_dir() and os.access(config.home, os.W_OK)
    mend = "" if ok else f"chmod u+rwx '{config.home}', or name another with --home"
    return Check("home", ok, f"{config.home} {'can' if ok else 'cannot'} be written", mend)


def check_memory(config: Config) -> Check:
    path = config.memory_path
    if not path.exists():
        return Check("memory", True, f"{path} will be made")
    from memory.store import Store

    try:
        with Store.open(path) as store:
            store.check()
            count, lost = store.count_corrections(), store.lost_frames
    except CoachError as error:
        return Check("memory", False, str(error), f"set it aside: mv '{path}' '{path}.old'")
    given_up = f", {lost} frames lost to a slow disk so far" if lost else ""
    return Check("memory", True, f"{path}, {count} corrections, {path.stat().st_size / 2**20:.1f} MB{given_up}")


def check_weights(config: Config) -> Check:
    """The weights are whole: their header promises as many bytes as the file has."""
    folder = _checkpoint_folder(config)
    if folder is None:
        return Check("weights", False, f"no checkpoint '{config.checkpoint}' in {config.checkpoints}",
                     "serve another with coach promote, or remove 'checkpoint' from config.yaml")  # fmt: skip
    mend = REINSTALL if not config.checkpoint else "copy the folder again, or remove 'checkpoint' from config.yaml"
    path = folder / "model.safetensors"
    try:
        from safetensors import SafetensorError, safe_open

        with safe_open(str(path), "np") as weights:
            names = list(weights.keys())
            count = sum(_size(weights.get_slice(name).get_shape()) for name in names)
    except (OSError, SafetensorError) as error:
        return Check("weights", False, f"{path} cannot be read: {error}", mend)
    missing = [name for name in ("checkpoint.yaml", "config.json", "tokenizer.json") if not (folder / name).exists()]
    if missing:
        return Check("weights", False, f"{folder} lacks {', '.join(missing)}", mend)
    name = config.checkpoint or "embedded"
    return Check("weights", True, f"{name}: {count / 1e6:.1f} M numbers, {path.stat().st_size / 2**20:.1f} MB")


def _checkpoint_folder(config: Config) -> Path | None:
    if config.checkpoint in ("", "embedded"):
        return Path(str(resources.files("policy"))) / "embedded"
    from coach.processes.plan import find_checkpoint

    try:
        return Path(find_checkpoint(config, config.checkpoint))
    except CoachError:
        return None


def _size(shape: list[int]) -> int:
    size = 1
    for length in shape:
        size *= length
    return size


def _nearest_folder(path: Path) -> Path:
    while not path.exists() and path != path.parent:
        path = path.parent
    return path
