"""`coach flywheel`: the coaching experiment, whole: homes, a coach that only speaks, fine-tuning, and the proof."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from coach.config import Config

EXAMPLE = """
coach flywheel
coach flywheel --jobs 30 --old 30 --out /tmp/flywheel
coach flywheel --minutes 20 --json > flywheel.json
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `coach flywheel`."""
    add = parser.add_argument
    add("--checkpoint", metavar="CHECKPOINT", help="what is coached (default: the one in use)")
    add("--jobs", type=int, default=201, help="in each cell, over all homes (default: 201)")
    add("--old", type=int, default=200, help="tasks to see what was forgotten (default: 200)")
    add("--steps", type=int, default=0, help="of fine-tuning (default: those of coach/flywheel/recipe.yaml)")
    add(
        "--coached", type=int, default=0, help="coached jobs in each home (default: those of coach/flywheel/homes.yaml)"
    )
    add("--motion", choices=("policy", "expert"), default="policy", help="who moves the arms as the thoughts say; the "
        "expert shows what the words alone are worth (default: policy)")  # fmt: skip
    add("--out", metavar="DIR", help="all of it; the same command goes on from there (default: flywheel in the home)")
    add("--data", metavar="DIR", help="stills and demos (default: data in the home folder; made where there are none)")
    add("--workers", type=int, default=2, help="processes, one thread each (default: 2)")
    add("--lanes", type=int, default=8, help="kitchens that a process plays at a time (default: 8)")
    add("--minutes", type=float, default=1e6, help="begin no job and no step of fine-tuning after that; the table is "
        "that of the jobs so far, and the same command goes on (making --data, once, is not counted in)")  # fmt: skip
    add("--lessons-alone", action="store_true", help="also fine-tune without putting the base data right where the "
        "lessons speak against it, and measure that as another cell")  # fmt: skip
    add(
        "--write",
        action="store_true",
        help="also write tests/results/flywheel.json (flywheel_choices.json with --motion expert), and the plot",
    )


def run(args: argparse.Namespace, config: Config) -> int:
    """Run what is missing of the experiment, then print the table."""
    import msgspec

    from coach.bench.report import commit, machine
    from coach.flywheel.experiment import corrections_in, rows_in, run_experiment, times_in
    from coach.flywheel.homes import load_plan
    from coach.flywheel.proof import keep_proofs
    from coach.flywheel.results import results
    from coach.flywheel.settings import Settings
    from coach.flywheel.table import table
    from coach.flywheel.training import NAME, learned_in, tuned_in
    from coach.processes.plan import find_checkpoint
    from policy.checkpoint import embedded_folder
    from robot_bridge.protocol.errors import UsageError

    plan = load_plan()
    counts = (args.jobs, args.workers, args.lanes, args.old + 1, args.steps + 1, args.coached + 1)
    if min(counts) < 1 or args.jobs > 3000 or args.minutes <= 0:
        raise UsageError("these numbers of jobs, workers, lanes, steps or minutes cannot be run",
                         "1 to 3000 jobs, at least one worker and one lane, none negative")  # fmt: skip
    if args.coached:
        plan = msgspec.structs.replace(plan, coached_jobs=args.coached)
    name = args.checkpoint or config.checkpoint or "embedded"
    base = Path(find_checkpoint(config, name) or embedded_folder())
    out = Path(args.out) if args.out else config.home / "flywheel"
    settings = Settings(base, Path(args.data) if args.data else config.home / "data", out.absolute(), args.jobs,
                        args.old, args.steps, args.workers, args.lanes, args.minutes, args.motion,
                        args.lessons_alone)  # fmt: skip
    run_experiment(settings, plan, lambda line: print(line, file=sys.stderr, flush=True))
    rows, where = rows_in(out), machine()
    proofs = keep_proofs(out, base, tuned_in(out, plan), plan, rows, checkpoint=NAME, against=name, motion=args.motion,
                         machine=where)  # fmt: skip
    for home, verdict in proofs.items():
        serve = f"; serve it there with `coach promote {NAME} --home {out / home}`" if verdict == "better" else ""
        print(f"{home}: {NAME} against {name}: {verdict}{serve}", file=sys.stderr)
    found = results(rows, plan, corrections_in(out, plan), times_in(out), command=_command(args), checkpoint=name,
                    commit=commit(), machine=where, motion=args.motion, learned=learned_in(out, plan))  # fmt: skip
    print(json.dumps(found) if args.json else table(found))
    if args.write:
        _write(found)
    return 0


def _command(args: argparse.Namespace) -> str:
    """The command with every option that is not as it is by default."""
    parser = argparse.ArgumentParser()
    configure(parser)
    words = ["coach", "flywheel"]
    for name, usual in {"config": None, "home": None, **vars(parser.parse_args([]))}.items():
        value = getattr(args, name, usual)
        if value != usual:
            words.append(f"--{name.replace('_', '-')}")
            words += [] if value is True else [f"{value:g}" if isinstance(value, float) else str(value)]
    return shlex.join(words)


def _write(found: Mapping[str, Any]) -> None:
    from coach.bench.report import source_root
    from coach.flywheel.results import as_text
    from coach.flywheel.table import plot

    folder, name = source_root(), "flywheel" if found["motion"] == "policy" else "flywheel_choices"
    (folder / "tests" / "results" / f"{name}.json").write_text(as_text(found), "utf-8")
    plot(folder / ".github" / f"{name}.svg", found)
