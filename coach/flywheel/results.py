"""What the experiment says: rates of each cell, the pairs that differ, the bars, a table and a plot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from coach.evaluate.figures import paired
from coach.evaluate.rows import Row
from coach.evaluate.statistics import wilson
from coach.flywheel.cells import CELLS, OLD
from coach.flywheel.homes import Plan
from robot_bridge.protocol.errors import UsageError

BARS = {"b": 0.85, "d": 0.80}
OLD_LOSS = 3.0  # points at most
PAIRS = (("a", "b"), ("a", "c"), ("a", "d"), ("d", "e"), ("c", "d"))


def results(rows: Sequence[Row], plan: Plan, corrections: Mapping[str, int], times: Mapping[str, Any],
            **labels: Any) -> dict[str, Any]:  # fmt: skip
    """Everything that is quoted; only jobs that were played in all cells count."""
    homes = [home.name for home in plan.homes]
    of = {(row.variant, row.kind, row.seed): row for row in rows if not row.variant.startswith(OLD)}
    whole = sorted({key[1:] for key in of if all((cell, *key[1:]) in of for cell in CELLS)})
    cells = {cell: [of[(cell, *key)] for key in whole] for cell in CELLS}
    found = {
        **labels, "homes": {home.name: {"rules": home.rules, "dropped": home.dropped} for home in plan.homes},
        "jobs": len(whole), "corrections": dict(corrections),
        "cells": {cell: _cell(CELLS[cell], these, homes, BARS.get(cell)) for cell, these in cells.items()},
        "pairs": {f"{two} against {one}": paired(cells[one], cells[two]) for one, two in PAIRS},
        "old": _old(rows, homes), "times": dict(times),
    }  # fmt: skip
    jobs, cpu = times.get("jobs", {}).get("jobs", 0), times.get("jobs", {}).get("cpu_seconds", 0.0)
    if jobs and whole:
        found["cpu_seconds_a_job"] = round(cpu / jobs, 2)
        found["proof_cpu_seconds_a_home"] = round(2 * len(whole) / len(homes) * cpu / jobs, 1)
    return found


def _cell(name: str, rows: Sequence[Row], homes: Sequence[str], bar: float | None) -> dict[str, Any]:
    right, objects = sum(row.objects_right for row in rows), sum(row.objects for row in rows)
    found: dict[str, Any] = {
        "name": name, **_rate(sum(row.success for row in rows), len(rows)),
        "objects": _rate(right, objects),
        "wrong_place": _rate(sum(row.objects_wrong for row in rows), objects),
        "said_a_job": round(sum(row.said for row in rows) / max(len(rows), 1), 2),
        "homes": {home: _rate(sum(row.success and row.kind == home for row in rows),
                              sum(row.kind == home for row in rows)) for home in homes},
    }  # fmt: skip
    return {**found, "bar": bar} if bar is not None else found


def _old(rows: Sequence[Row], homes: Sequence[str]) -> dict[str, Any]:
    """The base checkpoint's own tasks, before and after, on the same layouts."""
    of = {(row.variant, row.seed): row for row in rows if row.variant.startswith(OLD)}
    seeds = sorted(
        {seed for _, seed in of if all((f"{OLD} {home}", seed) in of for home in homes) and (OLD, seed) in of}
    )
    before = [of[OLD, seed] for seed in seeds]
    after = {home: [of[f"{OLD} {home}", seed] for seed in seeds] for home in homes}
    every = [row for these in after.values() for row in these]
    return {
        "before": _rate(sum(row.success for row in before), len(before)),
        "after": _rate(sum(row.success for row in every), len(every)),
        "points": round(paired(before * len(homes), every)["points"], 2), "allowed": -OLD_LOSS,
        "homes": {home: paired(before, these) for home, these in after.items()},
    }  # fmt: skip


def _rate(right: int, count: int) -> dict[str, Any]:
    low, high = wilson(right, count)
    return {"rate": round(right / max(count, 1), 4), "n": count, "ci95": [round(low, 4), round(high, 4)]}


def table(found: Mapping[str, Any]) -> str:
    """Markdown, to be quoted as it is."""
    told = ", ".join(f"{name} {count}" for name, count in found["corrections"].items())
    lines = ["| | whole jobs right | objects right | objects in a wrong place | bar |", "|---|---:|---:|---:|---:|"]
    for letter, cell in found["cells"].items():
        bar = f"{100 * cell['bar']:.0f} %" if "bar" in cell else ""
        cells = (_shown(cell), _shown(cell["objects"]), f"{100 * cell['wrong_place']['rate']:.1f} %", bar)
        lines.append(f"| ({letter}) {cell['name']} | {' | '.join(cells)} |")
    old = found["old"]
    lines.append(f"| old tasks before fine-tuning | {_shown(old['before'])} | | | |")
    lines.append(
        f"| old tasks after | {_shown(old['after'])} | | | {old['points']:+.1f} points of {old['allowed']:.0f} |"
    )
    lines += ["", f"{found['jobs']} jobs a cell; corrections: {told}; 95 % Wilson intervals"]
    for name, pair in found["pairs"].items():
        jobs = "job" if pair["better"] == 1 else "jobs"
        lines.append(f"{name}: {pair['points']:+.1f} points, {pair['better']} {jobs} gained, {pair['worse']} lost, "
                     f"McNemar p = {pair['p']:.2g}")  # fmt: skip
    lines.append(f"{found['machine']}; checkpoint {found['checkpoint']}; commit {found['commit']}")
    return "\n".join([*lines, f"`{found['command']}`"])


def _shown(cell: Mapping[str, Any]) -> str:
    low, high = cell["ci95"]
    return f"{100 * cell['rate']:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"


def plot(path: Path, found: Mapping[str, Any]) -> None:
    """A bar for each cell with its interval, the share of each home as a dot.

    Raises:
        UsageError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise UsageError("a plot needs matplotlib", next_step="pip install 'robot-coach[plot]'") from None
    drawing = Figure(figsize=(8, 3.6), layout="constrained")
    axes = drawing.add_subplot()
    for at, cell in enumerate(found["cells"].values()):
        axes.bar(at, 100 * cell["rate"], color="#4c78a8", width=0.6)
        axes.plot([at, at], [100 * bound for bound in cell["ci95"]], color="#222222")
        for home in cell["homes"].values():
            axes.plot(at + 0.18, 100 * home["rate"], "o", color="#f58518", markersize=4)
        if "bar" in cell:
            axes.plot([at - 0.35, at + 0.35], [100 * cell["bar"]] * 2, color="#e45756", linewidth=2)
    names = [f"({letter}) {cell['name']}" for letter, cell in found["cells"].items()]
    wrapped = [name.replace(", ", ",\n").replace(" on the", "\non the") for name in names]
    axes.set_xticks(range(len(names)), wrapped, fontsize=8)
    axes.set_ylim(0, 100)
    axes.set_ylabel("whole jobs right, %")
    drawing.savefig(path)
