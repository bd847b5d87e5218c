"""`coach say`: one utterance to the running system, also while its screen is open."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from robot_bridge.protocol.errors import UnreachableError

if TYPE_CHECKING:
    from coach.config import Config
    from coach.session.replies import Reply

EXAMPLE = """coach say "put the red cup in the sink"
coach say "no, put it in the drying rack" --json"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("text", metavar="TEXT", nargs="+", help="what you would say; quotes may be left out")
    parser.add_argument("--by", metavar="NAME", help="who says it (default: person of the configuration)")


def run(args: argparse.Namespace, config: Config) -> int:
    from coach.session.once import hear_once

    reply: Reply = hear_once(config, " ".join(args.text), args.by or config.person)
    if args.json:
        print(json.dumps({"reply": reply.said, "understood": reply.understood, "task_id": reply.task_id}))
        return 0 if reply.ok else 1
    if reply.unreachable:
        raise UnreachableError(reply.said)
    print(reply.said)
    return 0 if reply.ok else 1
