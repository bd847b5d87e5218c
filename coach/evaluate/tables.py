"""A suite's figures as text, as a file with every row, and as a plot."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from coach.evaluate.rows import Row
from robot_bridge.protocol.errors import ConfigError, UsageError


def table(found: Mapping[str, Any]) -> str:
    """What `coach eval` prints of one suite."""
    lines = [f"{found['suite']}, {found['grasp']} grasp, checkpoint {found['checkpoint']}, {found['episodes']} episodes"
             f" on unseen layouts, seed {found['seed']}"]  # fmt: skip
    width = max(len(figure["name"]) for figure in found["figures"])
    lines += [_line(figure, width) for figure in found["figures"]]
    for variant, pair in found.get("against_trained", {}).items():
        change = f"{pair['points']:+.1f} points ({pair['better']} layouts gained, {pair['worse']} lost"
        lines.append(f"  {variant} against trained wording: {change}, McNemar p = {pair['p']:.3g})")
    if found["where_px_p50"] is not None:
        lines.append(f"  first place off by {found['where_px_p50']:.1f} px (median, at 96 px)")
    for title in ("per_object", "per_place"):
        cells = [f"{name} {percent(cell['success'])} of {cell['episodes']}" for name, cell in found[title].items()]
        if len(cells) > 1:
            lines.append(f"  {title.removeprefix('per_'):<7} {'; '.join(cells)}")
    return "\n".join([*lines, f"  {found['machine']}"])


def _line(figure: Mapping[str, Any], width: int) -> str:
    low, high = figure["ci95"]
    bar = ""
    if "bar" in figure:
        bar = f"   bar {percent(figure['bar'])}: {'reached' if figure['rate'] >= figure['bar'] else 'missed'}"
    return (f"  {figure['name']:<{width}}  {percent(figure['rate']):>7}  [{percent(low)}, {percent(high)}]"
            f"  of {figure['n']}{bar}")  # fmt: skip


def compared(answer: Mapping[str, Any]) -> str:
    """One sentence about two checkpoints."""
    if "paired" not in answer:
        return ""
    pair = answer["paired"]
    more = f"; about {pair['more']} more episodes needed to tell" if pair.get("more") else ""
    return (f"\n\n{answer['checkpoint']} against {answer['against']['checkpoint']}: {pair['verdict']} "
            f"({pair['better']} layouts gained, {pair['worse']} lost, McNemar p = {pair['p']:.3g}{more})")  # fmt: skip


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def write(path: Path, found: Mapping[str, Any], rows: Sequence[Row]) -> None:
    """The figures, and a line for each row.

    Raises:
        ConfigError: the file cannot be written.
    """
    head = json.dumps(dict(found), indent=1, ensure_ascii=False)
    lines = ",\n  ".join(json.dumps(row.as_dict(), ensure_ascii=False) for row in rows)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'{head[:-2]},\n "rows": [\n  {lines}\n ]\n}}\n', "utf-8")
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}", next_step="name another file") from None


def plot(path: Path, tables: Sequence[Mapping[str, Any]]) -> None:
    """A bar with its interval for each figure that has a bar to reach, and each suite's first.

    Raises:
        UsageError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise UsageError("a plot needs matplotlib", next_step="pip install 'robot-coach[plot]'") from None
    shown = [(f"{one['suite'].replace('_', ' ')}: {figure['name']}", figure) for one in tables
             for index, figure in enumerate(one["figures"]) if index == 0 or "bar" in figure]  # fmt: skip
    drawing = Figure(figsize=(8, 0.42 * len(shown) + 1.0), layout="constrained")
    axes = drawing.add_subplot()
    for row, (_, figure) in enumerate(shown):
        low, high = figure["ci95"]
        axes.barh(row, figure["rate"], color="#4c78a8", height=0.6)
        axes.plot([low, high], [row, row], color="#222222", linewidth=1.5)
        if "bar" in figure:
            axes.plot([figure["bar"]] * 2, [row - 0.4, row + 0.4], color="#e45756", linewidth=2)
    axes.set_yticks(range(len(shown)), [name for name, _ in shown])
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_xlabel("share, with 95 % Wilson interval; red: the bar")
    drawing.savefig(path)
