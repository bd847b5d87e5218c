"""`coach checkpoints`: which there are, which is served, which was before."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from robot_bridge.protocol.errors import CoachError

if TYPE_CHECKING:
    from coach.config import Config

EXAMPLE = """coach checkpoints
coach checkpoints --json"""


def configure(parser: argparse.ArgumentParser) -> None:
    """There is nothing to choose."""


def run(args: argparse.Namespace, config: Config) -> int:
    from coach.checkpoints.served import EMBEDDED
    from coach.checkpoints.switch import in_force, running

    choice = in_force(config)
    served, previous = config.checkpoint or EMBEDDED, choice.previous if choice is not None else ""
    kept = sorted(path.name for path in config.checkpoints.glob("*/") if not path.name.startswith("."))
    names = dict.fromkeys([EMBEDDED, *kept, served, *filter(None, [previous])])
    rows, now = [_about(config, name) for name in names], running(config)
    if args.json:
        answer = {"served": served, "previous": previous, "running": now, "checkpoints": rows}
        print(json.dumps(answer, ensure_ascii=False))
        return 0
    for row in rows:
        mark = {previous: "previous", served: "served"}.get(row["name"], "")
        about = f"{_when(row['made_s'])}  {row['megabytes']:6.1f} MB" if row["whole"] else "not a whole checkpoint"
        rest = f"  {row['unfinished']}" if row["unfinished"] else ""
        print(f"{mark:8}  {row['name']:24}  {about}{rest}")
    print("no policy server runs" if now is None else f"the policy server serves {now}")
    return 0


def _about(config: Config, name: str) -> dict[str, Any]:
    """A row of the table; `whole` is false where weights are missing, `unfinished` how far its training went."""
    from coach.checkpoints.switch import folder_of
    from coach.checkpoints.unfinished import unfinished
    from policy.fingerprint import NEEDED

    try:
        folder: Path | None = folder_of(config, name)
        sizes = [(folder_of(config, name) / part).stat() for part in NEEDED]
    except (CoachError, OSError):
        folder, sizes = None, []
    return {"name": name, "folder": str(folder) if folder else "", "whole": bool(sizes),
            "unfinished": unfinished(folder) if folder else "",
            "made_s": max((size.st_mtime for size in sizes), default=0.0),
            "megabytes": round(sum(size.st_size for size in sizes) / 2**20, 1)}  # fmt: skip


def _when(wall_s: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(wall_s))
