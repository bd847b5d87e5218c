"""`coach replay`: an episode plays again, on the screen, in Rerun or as lines; or the lessons as training has them."""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from robot_bridge.protocol.errors import UsageError

if TYPE_CHECKING:
    from coach.config import Config
    from memory.store import Store

EXAMPLE = """coach replay
coach replay 12 --text --speed 1
coach replay 12 --rerun
coach replay --corrections --json-lines
coach replay --corrections --mixture 7 --limit 100 --json-lines"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("episode", nargs="?", type=int, metavar="EPISODE", help="its number (default: the last one)")
    parser.add_argument("--list", action="store_true", help="list the recorded episodes instead, newest first")
    parser.add_argument("--corrections", action="store_true", help="the stored lessons instead, oldest first")
    parser.add_argument("--mixture", type=int, metavar="SEED",
                        help="lessons as training draws them, endless: by how much they teach")  # fmt: skip
    parser.add_argument("--limit", type=int, metavar="N", help="stop after so many lines")
    parser.add_argument("--speed", type=float, default=0.0, metavar="X", help="1: as fast as it was; 0: at once")
    parser.add_argument("--text", action="store_true", help="lines of text, also where there is a terminal")
    parser.add_argument("--rerun", action="store_true", help="in the Rerun viewer instead (extra `rerun`)")
    parser.add_argument("--json-lines", action="store_true", help="one JSON object a line on stdout, nothing else")


def run(args: argparse.Namespace, config: Config) -> int:
    _check(args)
    if not config.memory_path.exists():
        print(f"there is no memory at {config.memory_path} yet; it begins with: coach run", file=sys.stderr)
        return 0
    from memory.store import Store

    with Store.open(config.memory_path) as store:
        if args.rerun:
            return _in_rerun(store, args, config)
        lines = args.text or args.json_lines or args.list or args.corrections or args.speed or args.limit
        if not lines and sys.stdin.isatty() and sys.stdout.isatty() and next(iter(store.episodes(1)), None):
            return _on_screen(store, args, config)
        shown = 0
        for row, line in itertools.islice(_rows(store, args), args.limit):
            print(json.dumps(row, ensure_ascii=False) if args.json_lines else line, flush=args.speed > 0)
            shown += 1
    if not shown:
        print("there are no lessons yet" if args.corrections else "nothing is recorded yet", file=sys.stderr)
    return 0


def _on_screen(store: Store, args: argparse.Namespace, config: Config) -> int:
    from coach.app.replay_app import ReplayApp
    from coach.review.recording import Recording
    from memory.timeline import timeline

    number = store.episodes(1)[0].id if args.episode is None else args.episode
    recording = Recording(store, number)
    ReplayApp(config, recording, timeline(store, number)).run()
    return 0


def _in_rerun(store: Store, args: argparse.Namespace, config: Config) -> int:
    from coach.export import rerun_file
    from coach.export.episodes import rows_of
    from robot_bridge.protocol.embodiment import load_embodiment

    latest = next(iter(store.episodes(1)), None)
    episode = store.episode(args.episode) if args.episode is not None else latest
    body = load_embodiment(config.embodiment)
    rows = rows_of(store, episode, body.width) if episode is not None else []
    if not rows:
        raise UsageError("that episode has no frames", next_step="see them with: coach replay --list")
    print(f"{rerun_file.write(None, rows, body, f'episode-{episode.id if episode else 0}')} frames sent to the viewer")
    return 0


def _check(args: argparse.Namespace) -> None:
    if args.mixture is not None:
        args.corrections = True
    if args.corrections + args.list + (args.episode is not None) > 1:
        raise UsageError("an episode, --list and --corrections were asked for together", "one of them")
    _check_together(args)
    if args.limit is not None and args.limit < 1:
        raise UsageError(f"--limit {args.limit}", "a limit of 1 or more")
    if not 0 <= args.speed <= 1000:
        raise UsageError(f"--speed {args.speed:g}", "a speed of 0 to 1000")
    if args.mixture is not None and (args.limit is None or args.mixture < 0):
        raise UsageError(f"--mixture {args.mixture} has no end", "a seed of 0 or more, and a --limit",
                         "as in: coach replay --mixture 7 --limit 100")  # fmt: skip


def _check_together(args: argparse.Namespace) -> None:
    """Refuse what would say nothing beside what else was asked for."""
    given = [flag for flag, value in (
        ("--mixture", args.mixture is not None), ("--list", args.list),
        ("--corrections", args.corrections and args.mixture is None), ("--limit", args.limit is not None),
        ("--speed", args.speed), ("--text", args.text), ("--json-lines", args.json_lines),
    ) if value]  # fmt: skip
    if args.rerun and given:
        raise UsageError(f"--rerun shows one episode whole, and {', '.join(given)} was asked for with it",
                         "--rerun and an episode")  # fmt: skip
    if args.speed and (args.list or args.corrections):
        raise UsageError("--speed was asked for with what has no time of its own", "--speed with an episode")
    if args.text and args.json_lines:
        raise UsageError("--text and --json-lines were asked for together", "one of them")


def _rows(store: Store, args: argparse.Namespace) -> Iterator[tuple[dict[str, Any], str]]:
    """What is to be shown, each as plain values and as a line for a person."""
    if args.corrections:
        from memory.replay import mixed, stream

        lessons = stream(store) if args.mixture is None else mixed(store, args.mixture)
        yield from ((row := lesson.summary(), _lesson_line(row)) for lesson in lessons)
    elif args.list:
        for row in (episode.to_json() for episode in _episodes(store)):
            yield row, _episode_line(row)
    else:
        episode = store.episode(args.episode) if args.episode is not None else next(iter(store.episodes(1)), None)
        if episode is not None:
            from memory.timeline import timeline

            rows = (moment.to_json() for moment in timeline(store, episode.id))
            yield from ((row, _moment_line(row)) for row in _paced(rows, args.speed))


def _episodes(store: Store) -> Iterator[Any]:
    for offset in itertools.count(0, 100):
        page = store.episodes(100, offset)
        yield from page
        if len(page) < 100:
            return


def _paced(rows: Iterable[dict[str, Any]], speed: float) -> Iterator[dict[str, Any]]:
    """At the pace of the recording, `speed` times as fast; 0 for at once."""
    began_s = time.monotonic()
    for row in rows:
        if speed:
            time.sleep(max(0.0, began_s + row["at_s"] / speed - time.monotonic()))
        yield row


def _moment_line(row: dict[str, Any]) -> str:
    return f"{row['at_s']:7.1f} s  {row['kind']:10}  {_flat(row['text'])}"


def _episode_line(row: dict[str, Any]) -> str:
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(row["started_s"]))
    lessons = "lesson " if row["corrections"] == 1 else "lessons"
    return (f"{row['id']:5}  {when}  {row['outcome'] or 'running':11}  {row['frames']:5} frames  "
            f"{row['corrections']:3} {lessons}  {row['instruction']}")  # fmt: skip


def _lesson_line(row: dict[str, Any]) -> str:
    return (f"{row['id'][:12]:12}  {row['weight']:6.3f}  {row['frames']:4} frames  {row['instruction']} | "
            f"{_flat(row['thought_was'])} → {_flat(row['thought'])}")  # fmt: skip


def _flat(text: str) -> str:
    return " / ".join(text.split("\n")).strip(" /")
