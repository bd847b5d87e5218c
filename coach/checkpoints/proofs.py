"""What was measured of two checkpoints on the same episodes, kept in `evaluations.jsonl` in the home folder.

Checkpoints are known by their contents, so that a measurement says nothing of a folder that was overwritten since.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from coach.evaluate.statistics import BETTER, WORSE, holm, mcnemar, more_needed, verdict
from coach.evaluate.tables import counted
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
    """The comparisons of these two, `second` against `first`; of those on the same layouts the one with most episodes,
    of equals the last. A line cut short is left out."""
    try:
        lines = (home / FILE).read_text("utf-8").splitlines()
    except FileNotFoundError:
        return []
    pair = fingerprint(first), fingerprint(second)
    found: dict[tuple[str, str, int], dict[str, Any]] = {}
    for line in lines:
        try:
            row = json.loads(line)
            if (row["against"]["sha256"], row["sha256"]) == pair and all(count >= 0 for count in _counts(row)):
                key = row["suite"], row["grasp"], row["seed"]
                found[key] = max(row, found.get(key, row), key=lambda one: int(one["episodes"]))
        except (ValueError, KeyError, TypeError):
            continue
    return list(found.values())


def objection(home: Path, first: Path, second: Path) -> str:
    """Why `second` must not take the place of `first`, as part of a sentence; empty where it was proved better.

    All layouts of a suite count together, whatever seed they are of. It is proved better where it is on one suite at
    least, corrected for how many were measured, and worse on none.
    """
    pools: dict[str, tuple[int, ...]] = {}
    for row in measured(home, first, second):
        name, counts = f"{row['suite']}, {row['grasp']} grasp", _counts(row)
        pools[name] = tuple(map(sum, zip(pools.get(name, (0, 0, 0)), counts, strict=True)))
    verdicts = {name: verdict(*counts) for name, counts in pools.items()}
    if worse := [name for name, found in verdicts.items() if found == WORSE]:
        return f"it was worse on {'; '.join(worse)}"
    corrected = holm([mcnemar(better, worse) for better, worse, _ in pools.values()])
    better = [name for name, found in verdicts.items() if found == BETTER]
    if any(p < 0.05 for name, p in zip(pools, corrected, strict=True) if name in better):
        return ""
    if better:
        return f"it was better on {'; '.join(better)}, which is likely chance where {len(pools)} suites were measured"
    if pools:
        told = [_told(name, verdicts[name], more_needed(*counts)) for name, counts in pools.items()]
        return f"it was not proved better ({'; '.join(told)})"
    return "the two, as they are now, were never measured against each other"


def _counts(row: Mapping[str, Any]) -> tuple[int, int, int]:
    """How often it was better, how often worse, in how many episodes."""
    return int(row["paired"]["better"]), int(row["paired"]["worse"]), int(row["episodes"])


def _told(name: str, found: str, more: int) -> str:
    """`more`: episodes that could tell, in layouts of another seed."""
    return f"{name}: {found}" + (f", about {counted(more, 'more episode')} needed" if more else "")
