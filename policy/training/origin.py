"""What a training run began from: a folder is gone on with only from the same."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import msgspec

from policy.fingerprint import fingerprint
from policy.training.config import TrainConfig
from policy.training.lessons import Lessons
from robot_bridge.protocol.errors import UsageError

PROGRESS = "progress.json"


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """What decides the result of a run, as checksums.

    Args:
        start: of the checkpoint whose weights it began from; empty: from nothing.
        recipe: of its stages, sizes and rates.
        lessons, lesson_count: of the lessons from people, and how many there were.
    """

    start: str = ""
    recipe: str = ""
    lessons: str = ""
    lesson_count: int = 0

    def differs(self, before: Origin) -> str:
        """What is not as it was, in words; empty where all is."""
        parts = []
        if self.start != before.start:
            parts.append("from other weights")
        if self.recipe != before.recipe:
            parts.append("with another recipe")
        if self.lesson_count != before.lesson_count:
            parts.append(f"with {count_of(before.lesson_count)}, not {self.lesson_count}")
        elif self.lessons != before.lessons:
            parts.append(f"with {count_of(before.lesson_count)} that read otherwise")
        return ", ".join(parts)


def origin(config: TrainConfig, start: Path | None, lessons: Lessons | None) -> Origin:
    """What a run would begin from now.

    Args:
        config: as the recipe has it.

    Raises:
        CheckpointError: the checkpoint to begin from is not whole.
    """
    written = msgspec.structs.replace(config, log_every=0, save_every=0, measure_every=0)
    return Origin(
        start=fingerprint(start) if start is not None else "",
        recipe=hashlib.sha256(msgspec.json.encode(written)).hexdigest(),
        lessons=lessons.digest if lessons is not None else "",
        lesson_count=len(lessons) if lessons is not None else 0,
    )


def progress_of(folder: Path) -> dict[str, Any]:
    """`stage` and `step` that a run has reached, all its stages once it is finished; `began`: its origin."""
    path = folder / PROGRESS
    reached: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {"stage": 0, "step": 0}
    return reached


def write_progress(folder: Path, reached: dict[str, Any], began: Origin) -> None:
    """A crash leaves the old one or the new one."""
    partial = folder / f".{PROGRESS}.partial"
    partial.write_text(json.dumps({**reached, "began": msgspec.to_builtins(began)}))
    os.replace(partial, folder / PROGRESS)


def unlike(folder: Path, now: Origin) -> str:
    """What sets a run that is begun apart from one that would begin now; empty where nothing does or nobody knows."""
    before = progress_of(folder).get("began")
    return now.differs(msgspec.convert(before, Origin)) if before is not None else ""


def check_same(folder: Path, now: Origin) -> None:
    """Raises: UsageError: a run lies there that began from something else."""
    if why := unlike(folder, now):
        raise UsageError(f"the run '{folder.name}' was begun {why}: it cannot go on from here",
                         next_step=f"take another --name, or begin it anew after: rm -r '{folder}'")  # fmt: skip


def count_of(lessons: int) -> str:
    return f"{lessons} lesson{'' if lessons == 1 else 's'}"
