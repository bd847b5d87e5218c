"""What the experiment found, to be read: a table in Markdown and a plot."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from coach.evaluate.tables import counted
from robot_bridge.protocol.errors import UsageError

BASE = "a"


def table(found: Mapping[str, Any]) -> str:
    """Markdown, to be quoted as it is."""
    within_s = found["cells"][BASE]["early"]["within_s_a_thing"]
    lines = [f"| | whole jobs right | within {within_s:g} s a thing | things in their place | in a wrong place | bar |",
             "|---|---:|---:|---:|---:|---:|"]  # fmt: skip
    lines += [_line(letter, cell) for letter, cell in found["cells"].items()]
    lines += [*_old_lines(found["old"]), ""]
    told = ", ".join(f"{name} {count}" for name, count in found["corrections"].items())
    lines += [f"{found['jobs']} jobs a cell; corrections: {told}; 95 % Wilson intervals", *_notes(found, within_s), ""]
    lines += [f"{name}: {_differing(pair)}" for name, pair in found["pairs"].items()]
    lines += [f"old tasks, {home}: {_differing(pair)}" for home, pair in found["old"]["homes"].items()]
    lines.append(f"{found['machine']}; checkpoint {found['checkpoint']}; commit {found['commit']}")
    return "\n".join([*lines, f"`{found['command']}`"])


def _line(letter: str, cell: Mapping[str, Any]) -> str:
    bar = f"{100 * cell['bar']:.0f} %, {_met(cell['met'])}" if "bar" in cell else ""
    wrong = f"{100 * cell['wrong_place']['rate']:.1f} %"
    cells = (f"({letter}) {cell['name']}", _shown(cell), _shown(cell["early"]), _shown(cell["objects"]), wrong, bar)
    return f"| {' | '.join(cells)} |"


def _old_lines(old: Mapping[str, Any]) -> list[str]:
    """The bar is met where the homes lose no more than it allows on average, and none of them significantly."""
    worst = f"worst in {old['worst']}: {_differing(old['homes'][old['worst']])}"
    bar = f"{old['points']:+.1f} points of {old['allowed']:.0f}, {_met(old['met'])}; {worst}"
    return [f"| old tasks before fine-tuning | {_shown(old['before'])} | | | | |",
            f"| old tasks after, mean of the homes | {_shown(old['after'])} | | | | {bar} |"]  # fmt: skip


def _notes(found: Mapping[str, Any], within_s: float) -> list[str]:
    """What the numbers do not say by themselves."""
    base = found["cells"][BASE]
    notes = [
        f"({BASE}) would have a whole job right by mistake alone: in each a rule that the base cannot know holds for "
        f"something. What it can be compared by is the things in their place: {_shown(base['objects'])}.",
        f"All cells have the same time. Within {within_s:g} s a thing: everything in its place, and the robot done.",
    ]
    for home, learned in found.get("learned", {}).items():
        there, drawn = learned["there"], learned["drawn"]
        notes.append(f"{home} was fine-tuned in {learned['steps']} steps on {there['lessons']} lessons (drawn "
                     f"{drawn['lessons']} times), {there['stills']} stills ({drawn['stills']}) and {there['frames']} "
                     f"frames ({drawn['frames']}) of the base data.")  # fmt: skip
    return notes


def _differing(pair: Mapping[str, Any]) -> str:
    return (f"{pair['points']:+.1f} points, {counted(pair['better'], 'job')} gained, {pair['worse']} lost, "
            f"McNemar p = {pair['p']:.2g}")  # fmt: skip


def _met(met: bool) -> str:
    return "met" if met else "missed"


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
