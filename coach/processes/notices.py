"""What the supervisor tells the UI: one JSON line for each restart, in `run/restarts.jsonl` of the home folder."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path


@dataclass(frozen=True)
class Restart:
    """A process died unexpectedly.

    Args:
        wall_s: Unix time.
        process: `ui`, `bridge` or `policy`.
        reason: how it died.
        count: how often it died within the last minute.
        gave_up: it is not started again.
        text: all this in one sentence for a person.
        told: it was said on the terminal already.
    """

    wall_s: float
    process: str
    reason: str
    count: int
    gave_up: bool = False
    text: str = ""
    told: bool = False


def notices_path(home: Path) -> Path:
    return home / "run" / "restarts.jsonl"


def write_restart(home: Path, restart: Restart) -> None:
    with notices_path(home).open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(restart)) + "\n")


def read_restarts(home: Path, since: float = 0.0) -> list[Restart]:
    """The restarts after `since` (Unix time) of the running or latest `coach run`, oldest first."""
    try:
        lines = notices_path(home).read_text("utf-8").splitlines()
    except OSError:
        return []
    return [restart for restart in map(_parse, lines) if restart is not None and restart.wall_s > since]


def _parse(line: str) -> Restart | None:
    """None for a line that is still being written, or is not ours."""
    try:
        values = json.loads(line)
        return Restart(**{f.name: values[f.name] for f in fields(Restart) if f.name in values})
    except (ValueError, TypeError):
        return None
