"""What the experiment says: rates of each cell, the pairs that differ, the bars, and the rows behind them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from coach.evaluate.figures import paired
from coach.evaluate.rows import Row
from coach.evaluate.statistics import wilson
from coach.flywheel.cells import ALONE, CELLS, NAMES, OLD
from coach.flywheel.homes import Plan

BARS = {"b": 0.85, "d": 0.80}
OLD_LOSS = 3.0  # points at most
PAIRS = (("a", "b"), ("a", "c"), ("a", "d"), ("d", "e"), ("c", "d"), ("a", ALONE), (ALONE, "d"))

Key = tuple[str, int]  # home and seed of a job


def results(rows: Sequence[Row], plan: Plan, corrections: Mapping[str, int], times: Mapping[str, Any],
            **labels: Any) -> dict[str, Any]:  # fmt: skip
    """Everything that is quoted. Only jobs that were played in all cells count; `ALONE` may have fewer of them."""
    homes = [home.name for home in plan.homes]
    of: dict[str, dict[Key, Row]] = {cell: {} for cell in NAMES}
    for row in rows:
        if row.variant in of:
            of[row.variant][row.kind, row.seed] = row
    whole = sorted(key for key in of["a"] if all(key in of[cell] for cell in CELLS))
    cells = {
        cell: {key: of[cell][key] for key in whole if key in of[cell]} for cell in NAMES if cell in CELLS or of[cell]
    }
    found = {
        **labels, "homes": {home.name: {"rules": home.rules, "dropped": home.dropped} for home in plan.homes},
        "jobs": len(whole), "corrections": dict(corrections),
        "cells": {cell: _cell(cell, list(these.values()), homes, plan) for cell, these in cells.items()},
        "pairs": {f"{two} against {one}": _against(cells[one], cells[two]) for one, two in PAIRS
                  if one in cells and two in cells},
        "old": _old(rows, homes), "times": dict(times), "rows": [_told(row) for row in rows],
    }  # fmt: skip
    jobs, cpu = times.get("jobs", {}).get("jobs", 0), times.get("jobs", {}).get("cpu_seconds", 0.0)
    if jobs and whole:
        found["cpu_seconds_a_job"] = round(cpu / jobs, 2)
        found["proof_cpu_seconds_a_home"] = round(2 * len(whole) / len(homes) * cpu / jobs, 1)
    return found


def as_text(found: Mapping[str, Any]) -> str:
    """JSON with each row on a line of its own."""
    others = {name: value for name, value in found.items() if name != "rows"}
    head = json.dumps({**others, "rows": None}, indent=1, ensure_ascii=False).removesuffix('"rows": null\n}')
    lines = ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in found["rows"])
    return f'{head}"rows": [\n{lines}\n ]\n}}\n'


def _against(first: Mapping[Key, Row], second: Mapping[Key, Row]) -> dict[str, Any]:
    """The second cell on the same jobs as the first."""
    both = [key for key in first if key in second]
    return paired([first[key] for key in both], [second[key] for key in both])


def _told(row: Row) -> dict[str, Any]:
    """A row, as little of it as everything above can be computed from, and what a coach said."""
    cell, _, home = row.variant.partition(" ") if row.variant.startswith(OLD) else (row.variant, "", row.kind)
    found: dict[str, Any] = {
        "home": home, "cell": cell, "seed": row.seed, "right": row.success, "things": row.objects,
        "things_right": row.objects_right, "things_wrong": row.objects_wrong, "ended_s": row.seconds,
    }  # fmt: skip
    said = [line for line in row.trace if line.startswith('"')] if row.said else []
    return {**found, "said": said} if said else found


def _cell(cell: str, rows: Sequence[Row], homes: Sequence[str], plan: Plan) -> dict[str, Any]:
    bar = BARS.get(cell)
    early = sum(row.success and row.seconds <= plan.early_s * row.objects for row in rows)
    right, objects = sum(row.objects_right for row in rows), sum(row.objects for row in rows)
    found: dict[str, Any] = {
        "name": NAMES[cell], **_rate(sum(row.success for row in rows), len(rows)),
        "early": {**_rate(early, len(rows)), "within_s_a_thing": plan.early_s},
        "objects": _rate(right, objects),
        "wrong_place": _rate(sum(row.objects_wrong for row in rows), objects),
        "said_a_job": round(sum(row.said for row in rows) / max(len(rows), 1), 2),
        "homes": {home: _rate(sum(row.success and row.kind == home for row in rows),
                              sum(row.kind == home for row in rows)) for home in homes},
    }  # fmt: skip
    return {**found, "bar": bar, "met": found["rate"] >= bar} if bar is not None else found


def _old(rows: Sequence[Row], homes: Sequence[str]) -> dict[str, Any]:
    """The base checkpoint's own tasks, before and after, on the same layouts."""
    of = {(row.variant, row.seed): row for row in rows if row.variant.startswith(OLD)}
    seeds = sorted(
        {seed for _, seed in of if all((f"{OLD} {home}", seed) in of for home in homes) and (OLD, seed) in of}
    )
    before = [of[OLD, seed] for seed in seeds]
    after = {home: [of[f"{OLD} {home}", seed] for seed in seeds] for home in homes}
    every = [row for these in after.values() for row in these]
    points = round(paired(before * len(homes), every)["points"], 2)
    each = {home: paired(before, these) for home, these in after.items()}
    return {
        "before": _rate(sum(row.success for row in before), len(before)),
        "after": _rate(sum(row.success for row in every), len(every)),
        "points": points, "allowed": -OLD_LOSS, "homes": each,
        "worst": min(each, key=lambda home: each[home]["points"]),
        "met": points >= -OLD_LOSS and all(pair["verdict"] != "worse" for pair in each.values()),
    }  # fmt: skip


def _rate(right: int, count: int) -> dict[str, Any]:
    low, high = wilson(right, count)
    return {"rate": round(right / max(count, 1), 4), "n": count, "ci95": [round(low, 4), round(high, 4)]}
