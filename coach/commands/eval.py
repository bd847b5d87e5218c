"""`coach eval`: measure one checkpoint on unseen kitchens, or two on the same ones."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coach.config import Config

if TYPE_CHECKING:
    from coach.evaluate.jobs import Job
    from coach.evaluate.rows import Row

EXAMPLE = """
coach eval --suite pick_place --episodes 200
coach eval --suite all --write --plot skills.svg
coach eval --suite clear_counter --grasp contact --json > clear.json
coach eval checkpoints/old checkpoints/new --episodes 200
coach eval embedded coached-1 --suite home --plot proof.svg
"""
PLOTS = (".svg", ".png", ".pdf")
DEFAULT = "tests/results/SUITE.json"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `coach eval`."""
    parser.add_argument("checkpoints", nargs="*", metavar="CHECKPOINT", help="none: the one in use; two: compare them")
    suites = (
        "pick_place, clear_counter, wash_up, paraphrases, moved_object, fetched, corrected, among_others, "
        "thought_text, failures, scene; all: these; home: clearing the counter by the rules and corrections of this "
        "home, with none of them in the prompt, which shows what a checkpoint has learned of it (default: pick_place)"
    )
    parser.add_argument("--suite", default="pick_place", help=suites)
    parser.add_argument("--episodes", type=int, default=200, help="layouts of each suite (default: 200)")
    parser.add_argument("--seed", type=int, default=0, help="which layouts; none of them is ever trained on")
    parser.add_argument("--grasp", choices=("sticky", "contact"), default="sticky", help="how fingers hold")
    parser.add_argument("--workers", type=int, default=2, help="processes, one thread each (default: 2)")
    parser.add_argument("--lanes", type=int, default=8, help="kitchens that a process plays at a time (default: 8)")
    written = (
        f"also write the table, with every episode, to a JSON file; SUITE stands for the suite (default: {DEFAULT})"
    )
    parser.add_argument("--write", metavar="FILE", nargs="?", const=DEFAULT, help=written)
    parser.add_argument("--plot", metavar="FILE", help="also draw the figures (svg, png, pdf)")


def run(args: argparse.Namespace, config: Config) -> int:
    """Play the suites and print their tables."""
    from coach.evaluate.suites import SUITES
    from coach.evaluate.tables import compared, plot, table
    from robot_bridge.protocol.errors import UsageError

    names = args.checkpoints or [config.checkpoint or "embedded"]
    if len(names) > 2:
        raise UsageError(f"{len(names)} checkpoints were given", "one, or two to compare")
    for option, number in (("--workers", args.workers), ("--lanes", args.lanes)):
        if number < 1:
            raise UsageError(f"{option} {number}", "at least 1")
    _check_files(args)
    _check_checkpoints(names, config)
    answers = []
    for suite in SUITES if args.suite == "all" else [args.suite]:
        answer = _measure(suite, names, args, config)
        answers.append(answer)
        if not args.json:
            print(*(table(one) for one in (answer.get("against"), answer) if one), sep="\n\n", end="")
            print(f"{compared(answer)}\n", flush=True)
    if args.json:
        print(json.dumps(answers if args.suite == "all" else answers[0]))
    if args.plot:
        plot(Path(args.plot), answers)
    return 0


def _check_files(args: argparse.Namespace) -> None:
    """Before anything is measured. Raises: UsageError: what is to be written at the end could not be."""
    from coach.bench.report import source_root
    from coach.disk import check_file, make_folder

    if args.plot:
        check_file(Path(args.plot), PLOTS)
    if args.write:
        make_folder((source_root() / DEFAULT if args.write == DEFAULT else Path(args.write)).parent)


def _check_checkpoints(names: Sequence[str], config: Config) -> None:
    """Before anything is measured. Raises: CoachError: one of them is not there, or not whole."""
    from coach.checkpoints.switch import folder_of
    from coach.checkpoints.unfinished import unfinished
    from policy.fingerprint import fingerprint

    for name in names:
        fingerprint(folder_of(config, name))
        if rest := unfinished(folder_of(config, name)):
            print(f"the training of '{name}' is {rest}", file=sys.stderr)


def _measure(suite_name: str, names: Sequence[str], args: argparse.Namespace, config: Config) -> dict[str, Any]:
    """One suite with one or two checkpoints; the comparison is kept for `coach promote`."""
    from coach.bench.report import commit, machine
    from coach.checkpoints.proofs import record
    from coach.checkpoints.switch import folder_of
    from coach.evaluate.evaluation import Setting, evaluate
    from coach.evaluate.figures import paired, paired_by, summary
    from coach.processes.plan import find_checkpoint

    jobs, labels = _jobs(suite_name, args, config)
    played: list[list[Row]] = []
    for name in names:
        counter = _Progress(f"{suite_name}, {name}", len(jobs))
        setting = Setting(find_checkpoint(config, name), args.grasp, args.workers, args.lanes)
        rows = evaluate(jobs, setting, counter.add)
        counter.end()
        if len(rows) < len(jobs):
            print(f"interrupted: {len(rows)} of {len(jobs)} episodes", file=sys.stderr)
            finished = {row.key for row in rows}
            jobs = [job for job in jobs if job.key in finished]
        played.append(rows)
    keys = {row.key for row in played[-1]}
    played = [[row for row in rows if row.key in keys] for rows in played]
    tables = [summary(suite_name, rows, args.grasp, checkpoint=name, seed=args.seed, machine=machine(), **labels)
              for name, rows in zip(names, played, strict=True)]  # fmt: skip
    answer = tables[-1]
    if len(names) == 2:
        answer = {**answer, "against": tables[0], "paired": paired(*played), "paired_by": paired_by(*played)}
        first, second = (folder_of(config, name) for name in names)
        record(config.home, first, second, answer)
    if args.write:
        _write(args, answer, played[-1], " ".join(names), commit())
    return answer


def _jobs(suite_name: str, args: argparse.Namespace, config: Config) -> tuple[list[Job], dict[str, Any]]:
    """The jobs of a suite, and what else is to be told of it."""
    from coach.evaluate.home import SUITE, home_rules, home_suite
    from coach.evaluate.suites import suite

    if suite_name != SUITE:
        return suite(suite_name, args.episodes, args.seed), {}
    rules: dict[str, str] = {}
    if config.memory_path.exists():
        from memory.store import Store

        with Store.open(config.memory_path) as store:
            rules = home_rules(store)
    return home_suite(rules, args.episodes, args.seed), {"rules": rules}


def _write(args: argparse.Namespace, answer: dict[str, Any], rows: Sequence[Row], names: str, commit: str) -> None:
    from coach.bench.report import source_root
    from coach.evaluate.tables import write

    suite = answer["suite"]
    file = suite if args.grasp == "sticky" else f"{suite}_{args.grasp}"
    path = source_root() / DEFAULT if args.write == DEFAULT else Path(args.write)
    flags = f"--suite {suite} --episodes {args.episodes} --seed {args.seed} --grasp {args.grasp}"
    write(Path(str(path).replace("SUITE", file)),
          {"command": f"coach eval {names} {flags}", "commit": commit, **answer}, rows)  # fmt: skip


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
