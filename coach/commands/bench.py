"""`coach bench`: the measurements that the README quotes."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from robot_bridge.protocol.errors import UsageError

if TYPE_CHECKING:
    from coach.bench.report import Report
    from coach.config import Config

EXAMPLE = """coach bench loop
coach bench loop --rounds 5 --json
coach bench wire --rounds 10
coach bench serving --rounds 4
coach bench interpret
coach bench speech --rounds 20
coach bench guard --rounds 200
coach bench policy
coach bench delay --rounds 100
coach bench calibration --rounds 100 --fit
coach bench nudges --rounds 60
coach bench loop --write"""

MAX_ROUNDS = 1000
GUARD_SEED = 20_000_000  # of the first demonstration


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=list(_MEASURES),
                        help="loop: from a person's words to the joints, on real processes; "
                        "wire: round trips to a policy that takes no time, beside its peers; "
                        "serving: one policy server for several robots; "
                        "interpret: a table of utterances and what they mean; "
                        "speech: from the end of what was said to text and to the stop; "
                        "guard: demonstrations behind the guard over workspace and self-collision; "
                        "policy: thoughts and chunks beside transformers' own; "
                        "delay: success and smoothness when the policy answers late; "
                        "store: the memory with 100,000 lessons in it; "
                        "nudges: what \"a bit to the left\" is worth; "
                        "calibration: whether the model is as sure as it is right")  # fmt: skip
    parser.add_argument(
        "--rounds", type=int, default=20, metavar="N", help="corrections, episodes or rounds (default: 20)"
    )
    parser.add_argument(
        "--seed", type=int, metavar="N", help="layout of the first round (default: the configuration's)"
    )
    parser.add_argument("--table", type=Path, metavar="FILE", default=Path("tests/coach/heldout_utterances.yaml"),
                        help="of interpret: utterances and their items (default: the held-out ones)")  # fmt: skip
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="of policy: for both sides (default: 1)")
    parser.add_argument("--fit", action="store_true", help="of calibration: fit it anew, and keep it with the weights")
    parser.add_argument("--checkpoint", metavar="DIR", help="what to measure (default: the configuration's)")
    parser.add_argument("--write", action="store_true", help="store the table as tests/results/NAME.json")


def run(args: argparse.Namespace, config: Config) -> int:
    if not 1 <= args.rounds <= MAX_ROUNDS:
        raise UsageError(f"--rounds {args.rounds}", f"1 to {MAX_ROUNDS}")
    report = _MEASURES[args.what](args, config)
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    print(report.to_json() if args.json else report.table())
    if args.write:
        print(f"written to {report.write()}", file=sys.stderr)
    return 0


def _interpret(args: argparse.Namespace, config: Config) -> Report:
    from coach.bench.interpret import measure

    return measure(args.table)


def _speech(args: argparse.Namespace, config: Config) -> Report:
    from coach.bench.speech import measure

    return measure(config, args.seed or 0, args.rounds, f"coach bench speech --rounds {args.rounds}", _show_progress)


def _wire(args: argparse.Namespace, config: Config) -> Report:
    from coach.bench.wire import measure

    return measure(args.rounds, f"coach bench wire --rounds {args.rounds}", _show_progress)


def _serving(args: argparse.Namespace, config: Config) -> Report:
    from coach.bench.wire_serving import measure

    return measure(args.rounds, f"coach bench serving --rounds {args.rounds}", _show_progress)


def _loop(args: argparse.Namespace, config: Config) -> Report:
    from coach.bench.loop import measure
    from coach.processes.plan import find_checkpoint

    checkpoint = find_checkpoint(config, config.checkpoint if args.checkpoint is None else args.checkpoint)
    seed = config.seed if args.seed is None else args.seed
    settings = dataclasses.replace(config, checkpoint=checkpoint, seed=seed)
    return measure(settings, args.rounds, f"coach bench loop --rounds {args.rounds} --seed {seed}", _show_progress)


def _guard(args: argparse.Namespace, config: Config) -> Report:
    from coach.bench.guard import measure

    seed = GUARD_SEED if args.seed is None else args.seed
    return measure(args.rounds, seed, f"coach bench guard --rounds {args.rounds} --seed {seed}", _show_progress)


def _policy(args: argparse.Namespace, config: Config) -> Report:
    from coach.bench.policy import measure

    checkpoint, seed = _checkpoint(args, config), args.seed or 0
    command = f"coach bench policy --rounds {args.rounds} --seed {seed} --threads {args.threads}"
    return measure(checkpoint, seed, args.rounds, max(1, args.threads), command, _show_progress)


def _delay(args: argparse.Namespace, config: Config) -> Result:
    from coach.bench.delay import measure

    checkpoint, seed = _checkpoint(args, config), args.seed or 0
    command = f"coach bench delay --rounds {args.rounds} --seed {seed}"
    return measure(checkpoint, args.rounds, seed, command, _show_progress)


def _calibration(args: argparse.Namespace, config: Config) -> Result:
    from coach.bench.calibration import measure

    checkpoint, seed = _checkpoint(args, config), args.seed or 0
    command = f"coach bench calibration --rounds {args.rounds} --seed {seed}{' --fit' * args.fit}"
    return measure(checkpoint, args.rounds, seed, args.fit, command, _show_progress)


def _checkpoint(args: argparse.Namespace, config: Config) -> str:
    """The folder to measure; empty for the one in the package."""
    from coach.processes.plan import find_checkpoint

    return find_checkpoint(config, config.checkpoint if args.checkpoint is None else args.checkpoint)


class Result(Protocol):
    """What a measurement gives."""

    def table(self) -> str: ...

    def to_json(self) -> str: ...

    def write(self) -> Path: ...


def _nudges(args: argparse.Namespace, config: Config) -> Result:
    import torch

    from coach.bench.nudges import SEED, measure
    from coach.processes.plan import find_checkpoint
    from policy.loading import load_policy

    torch.set_num_threads(args.threads)
    seed = SEED if args.seed is None else args.seed
    policy = load_policy(find_checkpoint(config, config.checkpoint if args.checkpoint is None else args.checkpoint))
    seeds = range(seed, seed + args.rounds)
    return measure(policy, seeds, f"coach bench nudges --rounds {args.rounds} --seed {seed}", _show_progress)


def _store(args: argparse.Namespace, config: Config) -> Report:
    from coach.bench.store import measure

    seed = 1 if args.seed is None else args.seed
    return measure(args.rounds, seed, f"coach bench store --rounds {args.rounds} --seed {seed}", _show_progress)


_MEASURES: dict[str, Callable[[argparse.Namespace, Config], Result]] = {
    "loop": _loop, "wire": _wire, "serving": _serving, "interpret": _interpret, "speech": _speech, "guard": _guard,
    "policy": _policy, "delay": _delay, "nudges": _nudges, "calibration": _calibration,
    "store": _store,
}  # fmt: skip


def _show_progress(words: str) -> None:
    """On one line of a terminal, else line by line; on stderr, since stdout holds the result."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{words} …", end="", file=sys.stderr, flush=True)
    else:
        print(words, file=sys.stderr, flush=True)
