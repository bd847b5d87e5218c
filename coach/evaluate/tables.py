"""A suite's figures as text, as a file with every row, and as a plot."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from coach.evaluate.rows import Row
from robot_bridge.protocol.errors import ConfigError, UsageError

COLOURS = ("#f58518", "#4c78a8")  # the checkpoint that another one is compared with, and that one


def table(found: Mapping[str, Any]) -> str:
    """What `coach eval` prints of one suite."""
    lines = [f"{found['suite']}, {found['grasp']} grasp, checkpoint {found['checkpoint']}, {found['episodes']} episodes"
             f" on unseen layouts, seed {found['seed']}"]  # fmt: skip
    width = max(len(figure["name"]) for figure in found["figures"])
    lines += [_line(figure, width) for figure in found["figures"]]
    for variant, pair in found.get("against_trained", {}).items():
        change = f"{pair['points']:+.1f} points ({counted(pair['better'], 'layout')} gained, {pair['worse']} lost"
        lines.append(f"  {variant} against trained wording: {change}, McNemar p = {pair['p']:.3g})")
    if "rules" in found:
        lines.append("  rules   " + "; ".join(f"{kind}s go in the {place}" for kind, place in found["rules"].items()))
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
    """What two checkpoints are beside each other: task by task, then in one sentence."""
    if "paired" not in answer:
        return ""
    pair, first, second = answer["paired"], answer["against"]["checkpoint"], answer["checkpoint"]
    lines = [f"first: {first}, second: {second}, on the same layouts", *_by_task(answer)]
    more = f"; about {counted(pair['more'], 'more episode')} needed" if pair["more"] else ""
    low, high = pair["points_ci95"]
    lines.append(f"{second} against {first}: {pair['verdict']}{more} ({pair['points']:+.1f} points, 95 % interval "
                 f"{low:+.1f} to {high:+.1f}, {counted(pair['better'], 'layout')} gained, {pair['worse']} lost, "
                 f"McNemar p = {pair['p']:.3g})")  # fmt: skip
    return "\n\n" + "\n".join(lines)


def _by_task(answer: Mapping[str, Any]) -> list[str]:
    """A line for each task, or for each rule of the home."""
    by = answer.get("paired_by", {})
    title = "rule" if answer["suite"] == "home" else "task"
    width = max([len(title), *map(len, by)])
    head = f"  {title:<{width}}  episodes    first   second  gained  lost  p"
    lines = [
        f"  {name:<{width}}  {row['episodes']:>8}  {percent(row['first']):>7}  {percent(row['second']):>7}"
        f"  {row['better']:>6}  {row['worse']:>4}  {row['p']:.2g}"
        for name, row in by.items()
    ]
    return [head, *lines]


def counted(number: int, what: str) -> str:
    """`1 layout`, `2 layouts`."""
    return f"{number} {what}{'' if number == 1 else 's'}"


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
    """A bar with its interval for each figure that has a bar to reach, and each suite's first; two checkpoints side by
    side.

    Raises:
        UsageError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise UsageError("a plot needs matplotlib", next_step="pip install 'robot-coach[plot]'") from None
    shown = _shown(tables)
    height = 0.38 if any(len(bars) > 1 for _, bars in shown) else 0.6
    drawing = Figure(figsize=(8, 0.42 * sum(max(1, 0.8 * len(bars)) for _, bars in shown) + 1.3), layout="constrained")
    axes = drawing.add_subplot()
    named: dict[str, Any] = {}
    for row, (_, bars) in enumerate(shown):
        for index, (checkpoint, figure) in enumerate(bars):
            at, (low, high) = row + (index - (len(bars) - 1) / 2) * height, figure["ci95"]
            bar = axes.barh(at, figure["rate"], color=COLOURS[-1 if index == len(bars) - 1 else 0], height=height)
            named.setdefault(checkpoint, bar)
            axes.plot([low, high], [at, at], color="#222222", linewidth=1.5)
        if "bar" in bars[-1][1]:
            axes.plot([bars[-1][1]["bar"]] * 2, [row - 0.4, row + 0.4], color="#e45756", linewidth=2)
    axes.set_yticks(range(len(shown)), [name for name, _ in shown])
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_xlabel("share, with 95 % Wilson interval; red: the bar")
    if len(named) > 1:
        drawing.legend(named.values(), named.keys(), loc="outside upper center", ncols=len(named), fontsize=8)
    drawing.savefig(path)


def _shown(tables: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[tuple[str, Mapping[str, Any]]]]]:
    """What is drawn in a row: the figure of each checkpoint, the first one before the one that is compared with it."""
    rows = []
    for one in tables:
        for index, figure in enumerate(one["figures"]):
            if index and "bar" not in figure:
                continue
            before = [(one["against"]["checkpoint"], one["against"]["figures"][index])] if "against" in one else []
            name = f"{one['suite'].replace('_', ' ')}: {figure['name']}"
            rows.append((name, [*before, (one["checkpoint"], figure)]))
    return rows
