"""`coach review`: look at an episode afterwards and write what the robot should have thought."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from robot_bridge.protocol.errors import UsageError

if TYPE_CHECKING:
    from coach.config import Config
    from coach.review.recording import Recording
    from memory.store import Store

EXAMPLE = """coach review
coach review 12
coach review 12 --look-again"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("episode", nargs="?", type=int, metavar="EPISODE",
                        help="its number, as in coach replay --list (default: the last one)")  # fmt: skip

    parser.add_argument("--look-again", action="store_true",
                        help="have the served checkpoint think about the frames once more first; where it comes to "
                        "another thought it suggests that; nothing is learnt before you accept it")  # fmt: skip


def run(args: argparse.Namespace, config: Config) -> int:
    if not config.memory_path.exists():
        raise UsageError(f"there is no memory at {config.memory_path} yet", next_step="it begins with: coach run")
    from coach.review.recording import Recording
    from memory.store import Store

    with Store.open(config.memory_path) as store:
        newest = next(iter(store.episodes(1)), None)
        if args.episode is None and newest is None:
            raise UsageError("no episode is recorded yet", next_step="record one with: coach run")
        recording = Recording(store, newest.id if args.episode is None and newest else args.episode)
        if args.look_again:
            _look_again(config, store, recording)
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            raise UsageError("coach review needs a terminal", next_step="elsewhere, see: coach replay --json-lines")
        from coach.app.review_app import ReviewApp

        ReviewApp(config, store, recording).run()
    return 0


def _look_again(config: Config, store: Store, recording: Recording) -> None:
    """Raises: CoachError: neither the policy server nor the checkpoint can be asked."""
    from coach.review.asking import asking
    from coach.review.second_look import keep, look_again

    def told(done: int, of: int) -> None:
        if sys.stderr.isatty():
            print(f"\r\x1b[Klooking again, {done} of {of} pictures …", end="", file=sys.stderr, flush=True)

    with asking(config) as think:
        found = look_again(recording, think, told)
    keep(store, recording, found)
    line = "\r\x1b[K" if sys.stderr.isatty() else ""
    print(f"{line}{len(found)} suggestions from a second look", file=sys.stderr)
