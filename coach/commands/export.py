"""`coach export`: recorded episodes and lessons as datasets for other trainers, and for the Rerun viewer."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from robot_bridge.protocol.errors import UsageError

if TYPE_CHECKING:
    from coach.config import Config
    from memory.store import Store

EXAMPLE = """coach export lerobot ./dataset
coach export lerobot ./dataset --episode 12 --episode 13
coach export jsonl lessons.jsonl --pictures
coach export jsonl lessons.jsonl --episode 12
coach export rerun episode.rrd --episode 12"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("form", choices=["lerobot", "jsonl", "rerun"],
                        help="lerobot: a dataset of version 3.0; jsonl: the lessons, one a line; "
                        "rerun: one episode for the viewer")  # fmt: skip
    parser.add_argument("to", metavar="PATH", type=Path, help="a folder or file that is not there yet")
    parser.add_argument("--episode", type=int, action="append", default=[], metavar="N",
                        help="these episodes alone, of jsonl their lessons (default: all; "
                        "of rerun: the last one)")  # fmt: skip
    parser.add_argument("--pictures", action="store_true", help="of jsonl: what the robot saw goes with each lesson")


def run(args: argparse.Namespace, config: Config) -> int:
    if args.pictures and args.form != "jsonl":
        raise UsageError(f"--pictures says nothing to {args.form}, which holds them anyway", "it with jsonl alone")
    if not config.memory_path.exists():
        raise UsageError(f"there is no memory at {config.memory_path} yet", next_step="it begins with: coach run")
    from memory.store import Store

    with Store.open(config.memory_path) as store:
        told = {"lerobot": _lerobot, "jsonl": _jsonl, "rerun": _rerun}[args.form](store, args, config)
    print(f"{told} written to {args.to}")
    return 0


def _lerobot(store: Store, args: argparse.Namespace, config: Config) -> str:
    from coach.export import lerobot
    from coach.export.episodes import chosen_episodes, rows_of
    from robot_bridge.protocol.embodiment import load_embodiment

    body = load_embodiment(config.embodiment)
    chosen = (rows_of(store, episode, body.width) for episode in chosen_episodes(store, tuple(args.episode)))
    return f"{lerobot.write(args.to, chosen, body, _progress)} frames"


def _jsonl(store: Store, args: argparse.Namespace, config: Config) -> str:
    from coach.export import jsonl

    chosen = {number: store.episode(number).corrections for number in args.episode}  # told before a file is made
    written = jsonl.write(args.to, store, args.pictures, chosen)
    left_out = (sum(chosen.values()) if chosen else store.count_corrections()) - written
    return f"{written} lessons" + (f" ({left_out} teach no thought, or were undone or taken back)" if left_out else "")


def _rerun(store: Store, args: argparse.Namespace, config: Config) -> str:
    from coach.export import rerun_file
    from coach.export.episodes import rows_of
    from robot_bridge.protocol.embodiment import load_embodiment

    if len(args.episode) > 1:
        raise UsageError("a Rerun file holds one episode", "one --episode")
    episode = store.episode(args.episode[0]) if args.episode else next(iter(store.episodes(1)), None)
    body = load_embodiment(config.embodiment)
    rows = rows_of(store, episode, body.width) if episode is not None else []
    if not rows:
        raise UsageError("that episode has no frames", next_step="see them with: coach replay --list")
    return f"{rerun_file.write(args.to, rows, body, f'episode-{episode.id if episode else 0}')} frames"


def _progress(words: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{words} …", end="", file=sys.stderr, flush=True)
