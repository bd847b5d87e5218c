"""What is compared, and the playing of it: jobs of several cells and homes share one pass through a policy."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from coach.evaluate.jobs import Job
from coach.evaluate.lane import Lane, LaneConfig
from coach.evaluate.rows import Row
from coach.evaluate.suites import pick_place
from coach.flywheel.coached_lane import CoachedLane, Memory
from coach.flywheel.homes import Plan, jobs
from coach.line_file import append_line
from robot_bridge.arms.kitchen.tasks import Task

if TYPE_CHECKING:
    from coach.evaluate.lockstep import Together
    from robot_bridge.arms.kitchen.world import Kitchen

CELLS = {  # every job is played in each of them
    "a": "base",
    "b": "base, live coach",
    "c": "base, rules as notes",
    "d": "fine-tuned on the words",
    "e": "fine-tuned, rules as notes",
}
ALONE = "d'"  # where it is asked for
NAMES = {**CELLS, ALONE: "fine-tuned on the words alone, the base data not put right"}
BASE_CELLS, TUNED_CELLS = ("a", "b", "c"), ("d", "e")
COACHED = "b"
NOTED = ("c", "e")
OLD = "old"  # tasks of the base checkpoint, in no home
OLD_SEED = 9  # of the suite `pick_place`


def measured(plan: Plan, home: int, cells: Sequence[str], span: range) -> list[Job]:
    """The jobs of these numbers in a home, in each of the cells."""
    found = []
    for cell in cells:
        stream = jobs(plan, home, "measured", noted=cell in NOTED)
        found += [replace(job, variant=cell) for job in islice(stream, span.start, span.stop)]
    return found


def old_tasks(home: str, span: range) -> list[Job]:
    """The same tasks for the base checkpoint (`home` empty) and for what each home made of it."""
    return [replace(job, variant=f"{OLD} {home}".strip()) for job in pick_place(span.stop, OLD_SEED)[span.start :]]


def play_cells(batch: Together, kitchens: Sequence[Kitchen], work: Iterable[Job], config: LaneConfig, memory: Memory,
               plan: Plan) -> Iterator[Row]:  # fmt: skip
    """Rows as the jobs end; a coach stands beside those of its cell."""
    from coach.evaluate.lockstep import play

    def open_lane(kitchen: Kitchen, job: Job) -> Lane:
        if job.variant == COACHED and not isinstance(job.task, Task):
            return CoachedLane(kitchen, job, config, memory, plan.coach)
        return Lane(kitchen, job, config)

    for lane in play(batch, kitchens, work, open_lane):
        yield lane.row


class RowFile:
    """Rows, one a line, appended as they come: what was played is never played again."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def rows(self) -> list[Row]:
        """What is there; a line cut short by a crash is left out."""
        if not self._path.exists():
            return []
        found = []
        for line in self._path.read_text("utf-8").splitlines():
            try:
                found.append(Row(**json.loads(line)))
            except (ValueError, TypeError):
                continue
        return found

    def add(self, row: Row) -> None:
        """Keep a row, with its trace."""
        whole = {"seed": row.seed, "variant": row.variant, "words": row.words, "kind": row.kind, "place": row.place}
        append_line(self._path, json.dumps({**whole, **row.as_dict(), "trace": row.trace}))


def unplayed(work: Sequence[Job], rows: Sequence[Row]) -> list[Job]:
    """The jobs without a row."""
    done = {(row.kind, *row.key) for row in rows}
    return [job for job in work if (job.kind, *job.key) not in done]


Told = Callable[[str], None]
