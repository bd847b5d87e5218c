"""`coach eval`: measure one checkpoint on unseen kitchens, or two on the same ones."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from coach.config import Config

EXAMPLE = """
coach eval --suite pick_place --episodes 200
coach eval --episodes 50 --json > before.json
coach eval checkpoints/old checkpoints/new --episodes 200
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `coach eval`."""
    parser.add_argument("checkpoints", nargs="*", metavar="CHECKPOINT", help="none: the one in use; two: compare them")
    parser.add_argument("--suite", default="pick_place", help="what to do (default: pick_place)")
    parser.add_argument("--episodes", type=int, default=200, help="layouts (default: 200)")
    parser.add_argument("--seed", type=int, default=0, help="which layouts; none of them is ever trained on")
    parser.add_argument("--grasp", choices=("sticky", "contact"), default="sticky", help="how fingers hold")
    parser.add_argument("--workers", type=int, default=2, help="processes, one thread each (default: 2)")
    parser.add_argument("--write", metavar="FILE", help="also write the table, with every episode, to a JSON file")


def run(args: argparse.Namespace, config: Config) -> int:
    """Play the suite and print the table."""
    from coach.bench.report import commit
    from coach.checkpoints.proofs import record
    from coach.checkpoints.switch import folder_of
    from coach.evaluate.evaluation import evaluate, paired, summary
    from coach.evaluate.suites import suite
    from coach.processes.plan import find_checkpoint
    from robot_bridge.protocol.errors import UsageError

    names = args.checkpoints or [config.checkpoint or "embedded"]
    folders = [find_checkpoint(config, name) for name in names]
    if len(names) > 2 or args.workers < 1:
        raise UsageError(
            f"{len(names)} checkpoints, {args.workers} workers", "one or two checkpoints, at least one worker"
        )
    jobs = suite(args.suite, args.episodes, args.seed)
    played, tables = [], []
    finished = {seed for seed, _ in jobs}
    for name, folder in zip(names, folders, strict=True):
        counter = _Progress(name, len(jobs))
        rows = evaluate(folder, jobs, args.grasp, args.workers, progress=counter.add)
        counter.end()
        if len(rows) < len(jobs):
            print(f"interrupted: {len(rows)} of {len(jobs)} episodes", file=sys.stderr)
            finished &= {row.seed for row in rows}
            jobs = [job for job in jobs if job[0] in finished]
        played.append(rows)
        tables.append(summary(rows, suite=args.suite, checkpoint=name, grasp=args.grasp, seed=args.seed))
    answer: dict[str, Any] = tables[-1]
    if len(names) == 2:
        both = [[row for row in rows if row.seed in finished] for rows in played]
        answer = {**answer, "against": tables[0], "paired": paired(*both)}
    if args.write:
        flags = f"--suite {args.suite} --episodes {args.episodes} --seed {args.seed} --grasp {args.grasp}"
        command = f"coach eval {' '.join(names)} {flags}"
        whole = {"command": command, "commit": commit(), **answer, "rows": [row.as_dict() for row in played[-1]]}
        Path(args.write).write_text(json.dumps(whole, indent=1), "utf-8")
    print(json.dumps(answer) if args.json else "\n\n".join(_table(t) for t in tables) + _compared(answer))
    if len(names) == 2:
        first, second = (folder_of(config, name) for name in names)
        record(config.home, first, second, answer)
    return 0


class _Progress:
    """Successes so far, on one line of a terminal or a line every tenth elsewhere; always on stderr."""

    def __init__(self, name: str, total: int) -> None:
        self._name, self._total, self._done, self._successes = name, total, 0, 0

    def add(self, row: Any) -> None:
        self._done += 1
        self._successes += row.success
        line = f"{self._name}: {self._done}/{self._total} episodes, {self._successes} succeeded"
        if sys.stderr.isatty():
            bar = "█" * (20 * self._done // self._total)
            print(f"\r{bar:<20} {line}", end="", file=sys.stderr, flush=True)
        elif self._done % max(1, self._total // 10) == 0:
            print(line, file=sys.stderr, flush=True)

    def end(self) -> None:
        if sys.stderr.isatty():
            print(file=sys.stderr)


def _table(result: dict[str, Any]) -> str:
    low, high = result["ci95"]
    first, every = result["subtask_first"], result["subtask_all"]
    lines = [
        f"{result['suite']}, {result['grasp']} grasp, checkpoint {result['checkpoint']}, "
        f"{result['episodes']} unseen layouts, seed {result['seed']}",
        f"  object in the right place   {_percent(result['success'])}  [{_percent(low)}, {_percent(high)}]",
        f"  first subtask right         {_percent(first['rate'])}  [{', '.join(map(_percent, first['ci95']))}]",
        f"  all subtasks right          {_percent(every['rate'])}  [{', '.join(map(_percent, every['ci95']))}]"
        f"  of {every['thoughts']} thoughts",
    ]
    if result["where_px_p50"] is not None:
        lines.append(f"  first place off by          {result['where_px_p50']:.1f} px (median, at 96 px)")
    for title in ("per_object", "per_place"):
        cells = [f"{name} {_percent(cell['success'])} of {cell['episodes']}" for name, cell in result[title].items()]
        lines.append(f"  {title.removeprefix('per_'):<7} {'; '.join(cells)}")
    return "\n".join([*lines, f"  {result['machine']}"])


def _compared(answer: dict[str, Any]) -> str:
    if "paired" not in answer:
        return ""
    pair = answer["paired"]
    return (f"\n\n{answer['checkpoint']} against {answer['against']['checkpoint']}: {pair['verdict']} "
            f"({pair['better']} layouts gained, {pair['worse']} lost, McNemar p = {pair['p']:.3g})")  # fmt: skip


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
