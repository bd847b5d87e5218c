"""`coach rollback`: serve the previous checkpoint again."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from coach.config import Config

EXAMPLE = """coach rollback
coach rollback --json"""


def configure(parser: argparse.ArgumentParser) -> None:
    """There is nothing to choose: it is the previous one."""


def run(args: argparse.Namespace, config: Config) -> int:
    from coach.checkpoints.switch import rollback
    from coach.commands.promote import print_switched

    print_switched(rollback(config), args.json)
    return 0
