"""`coach train`: train a checkpoint on demonstrations and stills."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from coach.config import Config

EXAMPLE = """
coach train --name kitchen --data data
coach train --name quick --data data --recipe policy/training/kitchen.yaml --minutes 30
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `coach train`."""
    parser.add_argument("--name", default="kitchen", help="name of the checkpoint (default: kitchen)")
    parser.add_argument("--data", metavar="DIR", help="what `coach demos` wrote (default: data in the home folder)")
    parser.add_argument("--recipe", metavar="FILE", help="stages, sizes, rates (default: the embedded checkpoint's)")
    parser.add_argument("--start", metavar="CHECKPOINT", help="begin from these weights instead of from nothing")
    parser.add_argument("--minutes", type=float, default=1e6, help="stop after this long; the same command goes on")
    parser.add_argument("--threads", type=int, default=1, help="of this process (default: 1)")


def run(args: argparse.Namespace, config: Config) -> int:
    """Train, or go on training; Ctrl-C keeps what was saved last."""
    import torch

    from policy.checkpoint import embedded_folder
    from policy.training.config import load_train_config
    from policy.training.run import Data, train
    from robot_bridge.arms.kitchen.tasks import PUT_WORDINGS
    from robot_bridge.protocol.errors import UsageError

    if args.minutes <= 0 or args.threads < 1 or not args.name.replace("-", "").replace("_", "").isalnum():
        raise UsageError(f"name '{args.name}', {args.minutes} minutes, {args.threads} threads",
                         "letters, digits, - and _ in a name; more than 0 minutes; at least 1 thread")  # fmt: skip
    torch.set_num_threads(args.threads)
    recipe = load_train_config(
        Path(args.recipe) if args.recipe else embedded_folder().parent / "training" / "kitchen.yaml"
    )
    folder = config.checkpoints / args.name
    data = Path(args.data) if args.data else config.home / "data"
    start = Path(args.start) if args.start else None
    made = train(
        recipe, Data(data / "stills", data / "demos", PUT_WORDINGS), folder, args.name, args.minutes, start, _tell
    )
    if made is None:
        print(f"not finished after {args.minutes:g} minutes; the same command goes on from {folder}")
    else:
        print(f"trained: {made}; measure it with `coach eval {made}`")
    return 0


def _tell(row: dict[str, Any]) -> None:
    share = row["step"] / row["of"]
    bar = "█" * round(20 * share)
    losses = "  ".join(f"{k} {v}" for k, v in row.items() if k not in ("stage", "step", "of", "rate", "steps_per_s"))
    line = f"{row['stage']} {bar:<20} {row['step']}/{row['of']}  {losses}  {row['steps_per_s']} steps/s"
    end = "\r" if sys.stderr.isatty() else "\n"
    print(line, end=end, file=sys.stderr, flush=True)
