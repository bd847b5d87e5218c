"""`coach train`: train a checkpoint on demonstrations and stills, or fine-tune one on what people told it."""

from __future__ import annotations

import argparse
import itertools
import sys
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coach.config import Config

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from memory.store import Store
    from policy.checkpoint import Card
    from policy.training.lessons import Lessons
    from policy.training.origin import Origin

EXAMPLE = """
coach train --name kitchen --data data
coach train --name quick --data data --recipe policy/training/kitchen.yaml --minutes 30
coach train --from-corrections --minutes 15
coach train --from-corrections --motion
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `coach train`."""
    told = ("fine-tune the served checkpoint on the stored lessons, mixed with demonstrations and stills; the first "
            "time make these with: coach demos --episodes 120 --stills 3000")  # fmt: skip
    parser.add_argument("--from-corrections", action="store_true", help=told)
    parser.add_argument("--motion", action="store_true", help="with --from-corrections: learn recorded motion too, of "
                        "takeovers and of tasks that were done, without what a correction was against")  # fmt: skip
    parser.add_argument("--name", help="name of the checkpoint (default: kitchen; from corrections: coached-1, -2, …)")
    parser.add_argument("--data", metavar="DIR", help="what `coach demos` wrote (default: data in the home folder)")
    parser.add_argument("--recipe", metavar="FILE", help="stages, sizes, rates (default: the embedded checkpoint's)")
    parser.add_argument("--start", metavar="CHECKPOINT", help="begin from these weights (default: from nothing; from "
                        "corrections: those that are served)")  # fmt: skip
    parser.add_argument("--minutes", type=float, default=1e6, help="stop after this long; the same command goes on")
    parser.add_argument("--threads", type=int, default=1, help="of this process (default: 1)")
    parser.add_argument("--measure", type=int, default=0, metavar="EPISODES",
                        help="also play so many every now and then, into the log (default: none)")  # fmt: skip
    parser.add_argument("--plot", metavar="FILE", help="draw losses and success of the run (.svg, .png) when it ends")


def run(args: argparse.Namespace, config: Config) -> int:
    """Train, or go on training; Ctrl-C keeps what was saved last."""
    _check(args)
    if not args.from_corrections:
        return _train(args, config, "kitchen.yaml", args.start, None)
    from coach.evaluate.home import home_rules
    from coach.finetune.stored_lessons import StoredLessons, no_lessons

    if not config.memory_path.exists():
        raise no_lessons(f"there are no corrections to train from: there is no memory at {config.memory_path} yet")
    from memory.store import Store
    from policy.training.origin import count_of

    start = args.start or config.checkpoint or "embedded"
    with Store.open(config.memory_path) as store:
        lessons = StoredLessons(store, config.embodiment, *_eyes(config, start))
        print(f"{count_of(len(lessons))} to learn from", file=sys.stderr)
        flags = " --suite home" if home_rules(store) else ""  # the other suites hold no rule of a home
        recipe = "corrections_motion.yaml" if args.motion else "corrections.yaml"
        return _train(args, config, recipe, start, lessons, flags, partial(_recorded, store, config))


def _check(args: argparse.Namespace) -> None:
    """Raises: UsageError: an option that cannot be; the first one is named."""
    from coach.checkpoints.served import EMBEDDED
    from robot_bridge.protocol.errors import UsageError

    if not (args.name or "kitchen").replace("-", "").replace("_", "").isalnum():
        raise UsageError(f"--name '{args.name[:80]}'", "letters, digits, - and _")
    if args.name == EMBEDDED:
        raise UsageError(f"--name {EMBEDDED} is the checkpoint of the installation and cannot be trained over",
                         "another name")  # fmt: skip
    if args.minutes <= 0:
        raise UsageError(f"--minutes {args.minutes:g}", "more than 0")
    if args.threads < 1:
        raise UsageError(f"--threads {args.threads}", "at least 1")
    if args.measure < 0:
        raise UsageError(f"--measure {args.measure}", "0 episodes or more")
    if args.motion and not args.from_corrections:
        raise UsageError("--motion is of what the robot recorded", "--from-corrections --motion")


def _eyes(config: Config, start: str) -> tuple[Callable[[np.ndarray, str], float | None] | None, str]:
    """What tells dirty things from clean ones in pictures, where the checkpoint can, and of which camera."""
    from coach.processes.plan import find_checkpoint
    from policy.checkpoint import embedded_folder, load_model, load_sight, read_card
    from policy.model.looks import Looks

    @cache
    def looks() -> Looks:  # loaded where dirt decides, which is seldom
        model = load_model(folder, "cpu").eval()
        sight = load_sight(folder, card, model.sizes)
        assert sight is not None, "a card with classes has a scene head"
        return Looks(model, sight.head, sight.names)

    def dirt(picture: np.ndarray, name: str) -> float | None:
        return looks().dirt(picture, name)

    folder = Path(find_checkpoint(config, start) or embedded_folder())
    card = read_card(folder)
    return (dirt if card.classes else None), card.cameras[0]


def _recorded(store: Store, config: Config, card: Card, folder: Path) -> Path:
    """What the robot recorded, as shards below a folder."""
    from coach.finetune.recorded_motion import write_recorded
    from robot_bridge.protocol.embodiment import load_embodiment

    width = load_embodiment(config.embodiment).width
    frames = write_recorded(store, folder, config.embodiment, width, card.cameras, card.dt_s)
    print(f"{frames} frames of recorded motion to learn from", file=sys.stderr)
    return folder


def _train(args: argparse.Namespace, config: Config, recipe: str, start: str | None, lessons: Lessons | None,
           proof_flags: str = "", recorded: Callable[[Card, Path], Path] | None = None) -> int:  # fmt: skip
    """
    Args:
        proof_flags: of the `coach eval` that shows what was learned.
        recorded: writes what the robot recorded into a folder, for a checkpoint to begin from.
    """
    import torch

    from coach.evaluate.paraphrases import composed_for_training, picks_for_training
    from coach.processes.plan import find_checkpoint
    from policy.checkpoint import embedded_folder, read_card
    from policy.training.config import load_train_config
    from policy.training.origin import origin, progress_of
    from policy.training.plot import plot_run
    from policy.training.run import Data, train
    from policy.training.still_texts import Wordings
    from robot_bridge.arms.kitchen.tasks import BELONGS
    from robot_bridge.arms.kitchen.wordings import CHORE_WORDINGS, NOTE_WORDINGS, OTHER_NAMES, PUT_WORDINGS
    from robot_bridge.protocol.errors import UsageError

    torch.set_num_threads(args.threads)
    settings = load_train_config(Path(args.recipe) if args.recipe else embedded_folder().parent / "training" / recipe)
    begin = Path(find_checkpoint(config, start) or embedded_folder()) if start is not None else None
    name = args.name or "kitchen"
    if lessons is not None and not args.name:
        name = _next_name(config.checkpoints, len(settings.stages), origin(settings, begin, lessons))
    folder = config.checkpoints / name
    finished = progress_of(folder)["stage"] >= len(settings.stages)
    base = Path(args.data) if args.data else config.home / "data"
    wordings = Wordings(PUT_WORDINGS, CHORE_WORDINGS, NOTE_WORDINGS, BELONGS, composed_for_training(), OTHER_NAMES,
                        picks_for_training())  # fmt: skip
    data = Data(base / "stills", base / "demos", wordings)
    shown = any(stage.recorded for stage in settings.stages)
    if args.motion and not shown:
        raise UsageError(f"no stage of {args.recipe} learns recorded motion", "a stage with act: 1 and recorded: 0.25")
    if recorded is not None and begin is not None and shown and not finished:
        data = replace(data, recorded=recorded(read_card(begin), folder / "recorded"))
    measure = partial(_measure, args.measure) if args.measure else None
    try:
        made = train(settings, data, folder, name, args.minutes, begin, _tell, lessons, measure)
    finally:
        if args.plot:
            plot_run(folder, Path(args.plot))
    proof = f"coach eval {start} {name}{proof_flags}" if lessons is not None else ""
    print(_said(made, folder, finished, args.minutes, proof))
    return 0


def _said(made: Path | None, folder: Path, finished: bool, minutes: float, proof: str) -> str:
    """What came of a run. Args: finished: before it; proof: the command that shows what lessons taught."""
    if made is None:
        return f"not finished after {minutes:g} minutes; the same command goes on from {folder}"
    trained = f"finished already: {made}; train anew under another --name" if finished else f"trained: {made}"
    if not proof:
        return f"{trained}; measure it with `coach eval {made}`"
    return f"{trained}; prove it with `{proof}`, then serve it with `coach promote {folder.name}`"


def _next_name(folder: Path, stages: int, began: Origin) -> str:
    """The first of coached-1, coached-2, … that is not finished, so that the same command goes on after a break; but
    none that was begun from something else."""
    from policy.training.origin import progress_of, unlike

    return next(name for name in (f"coached-{number}" for number in itertools.count(1))
                if progress_of(folder / name)["stage"] < stages and not unlike(folder / name, began))  # fmt: skip


def _measure(episodes: int, folder: Path) -> dict[str, Any]:
    """Success of "put X in Y" on layouts that are neither trained on nor those of `coach eval`."""
    from coach.evaluate.evaluation import Setting, evaluate
    from coach.evaluate.statistics import wilson
    from coach.evaluate.suites import suite

    rows = evaluate(suite("pick_place", episodes, seed=9), Setting(str(folder)))
    success = sum(row.success for row in rows)
    return {"success": success / len(rows), "ci95": wilson(success, len(rows)), "episodes": len(rows)}


def _tell(row: dict[str, Any]) -> None:
    share = row["step"] / row["of"]
    bar = "█" * round(20 * share)
    losses = "  ".join(f"{k} {v}" for k, v in row.items() if k not in ("stage", "step", "of", "rate", "steps_per_s"))
    speed = f"{row['steps_per_s']} steps/s" if "steps_per_s" in row else ""
    line = f"{row['stage']} {bar:<20} {row['step']}/{row['of']}  {losses}  {speed}"
    end = "\r" if sys.stderr.isatty() else "\n"
    print(line, end=end, file=sys.stderr, flush=True)
