"""`coach ears`: make, train and measure the small ears of the package (they hear synthetic English)."""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from robot_bridge.protocol.errors import UsageError

if TYPE_CHECKING:
    from coach.config import Config

EXAMPLE = """coach ears data --count 20000
coach ears train whisper --minutes 60
coach ears train spotter --steps 13000
coach ears eval --json"""

_COUNTS = {"sentences": 1.0, "stops": 0.125, "confusables": 0.125}


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="data|train|eval")
    data = actions.add_parser("data", help="let espeak-ng say household sentences; goes on where it was interrupted")
    data.add_argument("--count", type=int, default=16_000, help="sentences (default: 16000)")
    data.add_argument("--workers", type=int, default=1, help="processes (default: 1)")
    train = actions.add_parser("train", help="train a model from nothing; whisper goes on from its checkpoint")
    train.add_argument("model", choices=["whisper", "spotter"])
    train.add_argument("--steps", type=int, help="(default: 5000 of whisper, 13000 of spotter)")
    train.add_argument("--minutes", type=float, default=math.inf, help="of whisper: end then at the latest")
    train.add_argument("--threads", type=int, default=1, help="(default: 1)")
    evaluate = actions.add_parser("eval", help="word error rates and stops, on voices and sentences held out")
    evaluate.add_argument("--sentences", type=int, default=300, help="of each kind (default: 300)")
    evaluate.add_argument("--hours", type=float, default=3.0, help="of talk and noise for false stops (default: 3)")
    evaluate.add_argument("--whisper", metavar="FILE", type=Path, help="another model file")
    evaluate.add_argument("--spotter", metavar="FILE", type=Path, help="another spotter file")
    evaluate.add_argument("--write", action="store_true", help="store the table as tests/results/ears.json")
    evaluate.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    for each in (data, train, evaluate):
        each.add_argument("--seed", type=int, default=0, help="(default: 0)")
    for each in (data, train):
        each.add_argument("--out", metavar="DIR", type=Path, help="folder (default: ears in the home folder)")


def run(args: argparse.Namespace, config: Config) -> int:
    """Do what was asked; what is written is printed."""
    if args.seed < 0:
        raise UsageError(f"--seed {args.seed} cannot be", "0 or more")
    return {"data": _data, "train": _train, "eval": _evaluate}[args.action](args, config)


def _data(args: argparse.Namespace, config: Config) -> int:
    from coach.speech.ears.data import make

    if args.count < 1 or args.workers < 1:
        raise UsageError("nothing can be made with these numbers", "--count and --workers of at least 1")
    folder = _folder(args, config) / "data"
    files = 0
    for collection, share in _COUNTS.items():
        count = max(1, round(args.count * share))
        files += len(make(folder, collection, count, args.seed, args.workers, _tell))
    print(f"{files} files in {folder}")
    return 0


def _train(args: argparse.Namespace, config: Config) -> int:
    import torch

    from coach.speech.ears import spotter_training, whisper_training
    from coach.speech.ears.export import export

    folder = _folder(args, config)
    steps = args.steps if args.steps is not None else {"whisper": 5000, "spotter": 13_000}[args.model]
    if steps < 1 or args.threads < 1 or not args.minutes > 0:
        raise UsageError(
            "nothing can be trained with these numbers", "--steps and --threads of at least 1, --minutes above 0"
        )
    torch.set_num_threads(args.threads)
    if args.model == "whisper":
        checkpoint = whisper_training.train(folder / "data", folder, steps, args.seed, _tell, args.minutes)
        print(export(checkpoint, folder / "tiny.pt"))
    else:
        print(spotter_training.train(folder / "data", folder, steps, args.seed, _tell))
    print("it hears synthetic English; people need a real Whisper model", file=sys.stderr)
    return 0


def _evaluate(args: argparse.Namespace, config: Config) -> int:
    from coach.speech.ears.evaluation import evaluate

    if args.sentences < 1 or args.hours <= 0:
        raise UsageError("nothing can be measured with these numbers", "--sentences and --hours above 0")
    report = evaluate(args.sentences, args.hours, args.seed, args.whisper, args.spotter, _tell)
    print(report.to_json() if args.json else report.table())
    if args.write:
        print(report.write(), file=sys.stderr)
    return 0


def _folder(args: argparse.Namespace, config: Config) -> Path:
    return args.out if args.out else config.home / "ears"


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
