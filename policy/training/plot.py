"""Losses and success of a run over its steps, from its log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from robot_bridge.protocol.errors import ConfigError

_BESIDE = ("stage", "step", "of", "rate", "steps_per_s", "success", "ci95", "episodes")


def plot_run(folder: Path, target: Path) -> None:
    """Draw `log.jsonl` of a run: losses above, measured success with its interval below.

    Args:
        target: picture to write; the ending says its kind (.svg, .png).
    Raises:
        ConfigError: matplotlib is not installed, or there is nothing to draw.
    """
    try:
        import matplotlib
    except ImportError:
        raise ConfigError("drawing needs matplotlib", next_step="pip install 'robot-coach[plot]'") from None
    matplotlib.use("Agg")
    from matplotlib import pyplot

    rows, ends = read_log(folder / "log.jsonl")
    figure, (above, below) = pyplot.subplots(2, 1, sharex=True, figsize=(8, 6), height_ratios=(2, 1))
    for name in dict.fromkeys(key for row in rows for key in row if key not in (*_BESIDE, "at")):
        known = [row for row in rows if name in row]
        above.plot([r["at"] for r in known], [r[name] for r in known], label=name.replace("_", " "), linewidth=1)
    measured = [row for row in rows if "success" in row]
    heights = [100 * row["success"] for row in measured]
    spread = [[100 * abs(row["success"] - row["ci95"][side]) for row in measured] for side in (0, 1)]
    below.errorbar([row["at"] for row in measured], heights, spread, fmt="o-", capsize=3)
    for stage, at in ends.items():
        above.axvline(at, color="grey", linewidth=0.5)
        above.text(at, above.get_ylim()[1], f"{stage} ", ha="right", va="top", fontsize=8)
    above.set(ylabel="loss", yscale="log")
    above.legend(fontsize=8)
    below.set(xlabel="optimiser steps", ylabel="object in place, %", ylim=(0, 100))
    figure.tight_layout()
    figure.savefig(target)
    pyplot.close(figure)


def read_log(path: Path) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """Lines of a log with `at`, the steps of all stages so far; and where each stage ended, as far as it got.

    Raises:
        ConfigError: there is no log yet.
    """
    if not path.exists():
        raise ConfigError(f"nothing was trained in {path.parent}", next_step="start with `coach train`")
    rows: list[dict[str, Any]] = []
    ends: dict[str, int] = {}
    before, stage = 0, ""
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        if row["stage"] != stage:
            before, stage = ends.get(stage, 0), row["stage"]
        row["at"] = before + row["step"]
        ends[stage] = row["at"]
        rows.append(row)
    return rows, ends
