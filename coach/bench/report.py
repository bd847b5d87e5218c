"""What a measurement leaves behind: rows with median and p95, and all that is needed to repeat it."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from robot_bridge.protocol.errors import UsageError


@dataclass(frozen=True)
class Row:
    """One quantity, measured `n` times."""

    name: str
    unit: str
    n: int
    median: float
    p95: float

    @classmethod
    def of(cls, name: str, unit: str, values: Sequence[float]) -> Row:
        median, p95 = np.percentile(values, (50, 95)) if values else (float("nan"), float("nan"))
        return cls(name, unit, len(values), round(float(median), 3), round(float(p95), 3))


@dataclass(frozen=True)
class Report:
    """A measurement and its circumstances.

    Args:
        commit: of the code that was measured; empty outside a repository.
        notes: what went otherwise than asked, one sentence each.
    """

    bench: str
    command: str
    rows: tuple[Row, ...]
    rounds: int
    seed: int
    checkpoint: str
    machine: str
    commit: str
    notes: tuple[str, ...] = field(default=())

    def table(self) -> str:
        """Markdown, to be quoted as it is."""
        lines = ["| | median | p95 | unit | n |", "|---|---:|---:|---|---:|"]
        for row in self.rows:
            lines.append(f"| {row.name} | {_shown(row.median)} | {_shown(row.p95)} | {row.unit} | {row.n} |")
        made = f"checkpoint {self.checkpoint}; seed {self.seed}; {self.rounds} rounds; commit {self.commit}"
        return "\n".join([*lines, "", f"{self.machine}; {made}", f"`{self.command}`", *self.notes])

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    def write(self) -> Path:
        """Store it as `tests/results/NAME.json` of the source tree.

        Raises:
            UsageError: this is an installed package without its source tree.
        """
        return store(self.bench, asdict(self))


def _shown(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def store(bench: str, result: dict[str, Any]) -> Path:
    """Store a result as `tests/results/NAME.json` of the source tree.

    Raises:
        UsageError: this is an installed package without its source tree.
    """
    folder = source_root() / "tests" / "results"
    if not folder.parent.is_dir():
        raise UsageError("--write needs the project's source tree, which is not here", next_step="use --json > FILE")
    folder.mkdir(exist_ok=True)
    path = folder / f"{bench}.json"
    path.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return path


def source_root() -> Path:
    return Path(__file__).resolve().parents[2]


def machine() -> str:
    """Processor, cores, memory, operating system, Python: one line."""
    model = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), model)
        memory = f", {os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GB"
    except (OSError, ValueError):
        memory = ""
    system = f"{platform.system()}, Python {platform.python_version()}"
    return f"{model}, {os.cpu_count()} cores{memory}, {system}"


def commit() -> str:
    """The commit of the source tree, with a `+` where files differ from it; empty outside a repository."""
    try:
        git = ["git", "-C", str(source_root())]
        name = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, timeout=5)
        changed = subprocess.run([*git, "status", "--porcelain", "-uno"], capture_output=True, text=True, timeout=5)
    except (OSError, subprocess.SubprocessError):
        return ""
    return name.stdout.strip() + ("+" if name.returncode == 0 and changed.stdout.strip() else "")
