"""`coach promote`: serve another checkpoint from now on."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from robot_bridge.protocol.errors import UsageError

if TYPE_CHECKING:
    from coach.checkpoints.switch import Switched
    from coach.config import Config

EXAMPLE = """coach promote coached-1
coach promote ./somewhere/checkpoint --force --json"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", metavar="CHECKPOINT", help="a name under the home's checkpoints, or a folder")
    parser.add_argument("--force", action="store_true", help="also one that has not beaten the served one")


def run(args: argparse.Namespace, config: Config) -> int:
    from coach.checkpoints.switch import folder_of, promote
    from coach.checkpoints.unfinished import unfinished

    if rest := unfinished(folder_of(config, args.checkpoint)):
        if not args.force:
            raise UsageError(f"the training of '{args.checkpoint}' is {rest}",
                             next_step="give the same `coach train` again to end it, or serve it all the same with "
                             "--force")  # fmt: skip
        print(f"the training of '{args.checkpoint}' is {rest}", file=sys.stderr)
    print_switched(promote(config, args.checkpoint, args.force), args.json)
    return 0


def print_switched(switched: Switched, as_json: bool) -> None:
    """What is served now and was before."""
    if as_json:
        print(json.dumps(switched.to_json(), ensure_ascii=False))
        return
    when = "from now on" if switched.running else "from the next start on (no policy server runs)"
    print(f"{switched.served} is served {when}; {switched.previous} comes back with `coach rollback`")
