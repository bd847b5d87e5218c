"""`coach bench loop`: the measurements that the README quotes."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from typing import TYPE_CHECKING

from robot_bridge.protocol.errors import UsageError

if TYPE_CHECKING:
    from coach.config import Config

EXAMPLE = """coach bench loop
coach bench loop --rounds 5 --json
coach bench loop --write"""

MAX_ROUNDS = 1000


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=["loop"], help="loop: from a person's words to the joints, on real processes")
    parser.add_argument("--rounds", type=int, default=20, metavar="N", help="corrections to measure (default: 20)")
    parser.add_argument(
        "--seed", type=int, metavar="N", help="layout of the first round (default: the configuration's)"
    )
    parser.add_argument("--checkpoint", metavar="DIR", help="what to measure (default: the configuration's)")
    parser.add_argument("--write", action="store_true", help="store the table as tests/results/loop.json")


def run(args: argparse.Namespace, config: Config) -> int:
    from coach.bench.loop import measure
    from coach.processes.plan import find_checkpoint

    if not 1 <= args.rounds <= MAX_ROUNDS:
        raise UsageError(f"--rounds {args.rounds}", f"1 to {MAX_ROUNDS}")
    checkpoint = find_checkpoint(config, config.checkpoint if args.checkpoint is None else args.checkpoint)
    seed = config.seed if args.seed is None else args.seed
    settings = dataclasses.replace(config, checkpoint=checkpoint, seed=seed)
    report = measure(settings, args.rounds, f"coach bench loop --rounds {args.rounds} --seed {seed}", _show_progress)
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    print(report.to_json() if args.json else report.table())
    if args.write:
        print(f"written to {report.write()}", file=sys.stderr)
    return 0


def _show_progress(words: str) -> None:
    """On one line of a terminal, else line by line; on stderr, since stdout holds the result."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{words} …", end="", file=sys.stderr, flush=True)
    else:
        print(words, file=sys.stderr, flush=True)
