"""`coach demos`: demonstrations and labelled stills from the simulated kitchen, and a learner's practice in it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from coach.config import Config
from coach.disk import make_folder
from coach.session.errand import KINDS
from robot_bridge.protocol.errors import UsageError

if TYPE_CHECKING:
    from robot_bridge.arms.kitchen.episodes import DemoConfig

EXAMPLE = """
coach demos --episodes 200
coach demos --episodes 3000 --stills 20000 --out data --workers 2
coach demos --learner kitchen --seed 30000 --episodes 600 --out data
"""
FIRST_DEMO, FIRST_STILL, FIRST_BUSY = 0, 1_000_000, 2_000_000


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `coach demos`."""
    parser.add_argument("--episodes", type=int, default=200, help="demonstrations (default: 200)")
    parser.add_argument("--stills", type=int, default=0, help="labelled pictures (default: none)")
    parser.add_argument("--busy", type=int, default=0, help="labelled pictures of chores under way (default: none)")
    parser.add_argument("--out", metavar="DIR", help="where to (default: data in the home folder)")
    parser.add_argument("--workers", type=int, default=1, help="processes (default: 1)")
    parser.add_argument("--seed", type=int, default=0, help="first seed of the demonstrations (default: 0)")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument(
        "--chores", action="store_true", help="nothing but clearing and washing up (default: all kinds of tasks)"
    )
    kind.add_argument("--fetch", action="store_true", help="nothing but taking things out of one receptacle to another")
    kind.add_argument("--change", action="store_true", help="nothing but changes of mind on the way")
    parser.add_argument("--kind", choices=KINDS, default="", help="tasks on this kind of thing, where there is one")
    parser.add_argument("--learner", metavar="CHECKPOINT", help="let this checkpoint act, and write down what the "
                        "teacher would have thought of what it got itself into")  # fmt: skip


def run(args: argparse.Namespace, config: Config) -> int:
    """Write what is missing; what is there already is kept, so an interrupted run goes on."""
    from coach.evaluate.jobs import FIRST_SEED
    from robot_bridge.arms.kitchen.demos import generate
    from robot_bridge.arms.kitchen.stills import stills

    _check_together(args)
    last = max(args.seed + args.episodes, FIRST_STILL + args.stills, FIRST_BUSY + args.busy)
    if min(args.episodes, args.stills, args.busy, args.seed) < 0 or args.workers < 1 or last > FIRST_SEED:
        allowed = f"none negative, at least one worker, seeds below {FIRST_SEED} (those above are for evaluation)"
        raise UsageError("these numbers of episodes, stills, seed or workers cannot be made", allowed)
    out = Path(args.out) if args.out else config.home / "data"
    make_folder(out)
    if args.learner:
        return _practise(args, config, out)
    if args.stills:
        stills(range(FIRST_STILL, FIRST_STILL + args.stills), out / "stills")
    if args.busy:
        stills(range(FIRST_BUSY, FIRST_BUSY + args.busy), out / "stills", busy=True)
    shards = generate(range(args.seed, args.seed + args.episodes), out / "demos", args.workers, _kinds(args),
                      report=lambda line: print(line, file=sys.stderr, flush=True))  # fmt: skip
    print(f"{args.episodes} demonstrations in {len(shards)} shards and {args.stills + args.busy} stills in {out}")
    return 0


def _check_together(args: argparse.Namespace) -> None:
    """Refuse what would say nothing beside what else was asked for."""
    if args.chores and args.kind:
        raise UsageError(f"--chores are about all that stands there, and --kind {args.kind} was asked for with it",
                         "--kind without --chores")  # fmt: skip
    if args.learner and (args.stills or args.busy):
        raise UsageError("--learner makes episodes alone, and pictures were asked for with it",
                         next_step="make --stills and --busy by a call of their own")  # fmt: skip


def _practise(args: argparse.Namespace, config: Config, out: Path) -> int:
    import torch

    from coach.practice.learner import practise
    from coach.processes.plan import find_checkpoint
    from policy.loading import load_policy

    torch.set_num_threads(args.workers)
    policy = load_policy(find_checkpoint(config, args.learner), "cpu")
    seeds = range(args.seed, args.seed + args.episodes)
    shards = practise(policy, seeds, out / "demos", _kinds(args),
                      report=lambda line: print(line, file=sys.stderr, flush=True))  # fmt: skip
    print(f"{args.episodes} episodes of practice of {args.learner} in {len(shards)} shards in {out}")
    return 0


def _kinds(args: argparse.Namespace) -> DemoConfig:
    from robot_bridge.arms.kitchen.episodes import DemoConfig

    if args.chores:
        return DemoConfig(put=0, pick=0, change=0, ask=0)
    if args.fetch:
        return DemoConfig(put=0, pick=0, change=0, ask=0, clear=0, wash=0, fetch=1, stored=1, kind=args.kind)
    if args.change:
        return DemoConfig(put=0, pick=0, change=1, ask=0, clear=0, wash=0, kind=args.kind)
    return DemoConfig(kind=args.kind)
