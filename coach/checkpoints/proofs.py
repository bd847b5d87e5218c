"""What was measured of two checkpoints on the same episodes, kept in `evaluations.jsonl` in the home folder.

Checkpoints are known by their contents, so that a measurement says nothing of a folder that was overwritten since.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from coach.line_file import append_line
from policy.fingerprint import fingerprint
from robot_bridge.protocol.errors import ConfigError

FILE = "evaluations.jsonl"


def record(home: Path, first: Path, second: Path, answer: Mapping[str, Any]) -> None:
    """Keep how `second` did against `first`.

    Args:
        answer: as `coach eval A B --json` prints it.

    Raises:
        ConfigError: the home folder cannot be written.
    """
    kept = {name: answer[name] for name in ("suite", "grasp", "seed", "episodes", "success", "ci95", "paired")}
    against = {name: answer["against"][name] for name in ("checkpoint", "success", "ci95")}
    row = {"wall_s": time.time(), "checkpoint": answer["checkpoint"], "sha256": fingerprint(second),
           "against": {**against, "sha256": fingerprint(first)}, **kept}  # fmt: skip
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        append_line(home / FILE, json.dumps(row))
    except OSError as error:
        raise ConfigError(f"the comparison is not kept: {home / FILE} cannot be written: {error.strerror}",
                          next_step="name another folder with --home") from None  # fmt: skip


def measured(home: Path, first: Path, second: Path) -> list[dict[str, Any]]:
    """The last comparison of these two on each suite, `second` against `first`; a line cut short is left out."""
    try:
        lines = (home / FILE).read_text("utf-8").splitlines()
    except FileNotFoundError:
        return []
    pair = fingerprint(first), fingerprint(second)
    last: dict[tuple[str, str], dict[str, Any]] = {}
    for line in lines:
        try:
            row = json.loads(line)
            if (row["against"]["sha256"], row["sha256"]) == pair:
                last[row["suite"], row["grasp"]] = row
        except (ValueError, KeyError, TypeError):
            continue
    return list(last.values())


def objection(home: Path, first: Path, second: Path) -> str:
    """Why `second` must not take the place of `first`, as part of a sentence; empty where it was proved better."""
    verdicts = {
        f"{row['suite']}, {row['grasp']} grasp": row["paired"]["verdict"] for row in measured(home, first, second)
    }
    worse = [name for name, verdict in verdicts.items() if verdict == "worse"]
    if worse:
        return f"it was worse on {'; '.join(worse)}"
    if "better" in verdicts.values():
        return ""
    if verdicts:
        return f"it cannot be told whether it is better ({'; '.join(verdicts)})"
    return "the two, as they are now, were never measured against each other"
