"""`coach policy serve`: the policy server alone."""

from __future__ import annotations

import argparse
import logging
import os
from typing import TYPE_CHECKING

from robot_bridge.protocol.errors import CheckpointError, ConfigError, UsageError

if TYPE_CHECKING:
    from coach.config import Config

EXAMPLE = """coach policy serve
coach policy serve --bind tcp://0.0.0.0:5650 --device cuda --checkpoint ./checkpoints/mine"""

log = logging.getLogger(__name__)


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("verb", choices=["serve"], help="serve: answer until stopped")
    parser.add_argument("--bind", metavar="ADDR", help="where to listen (default: policy_address of the configuration)")
    parser.add_argument("--checkpoint", metavar="DIR", help="a folder, or a name under the home's checkpoints; "
                        "empty is the one in the package (default: the configuration's)")  # fmt: skip
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto", help="default: auto")
    parser.add_argument("--threads", type=int, metavar="N", help="processor threads (default: all but two, at least 1)")


def run(args: argparse.Namespace, config: Config) -> int:
    from coach.lines import security
    from coach.processes.plan import find_checkpoint
    from coach.processes.signals import stop_on_signals

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    address = args.bind or config.policy_address
    checkpoint = find_checkpoint(config, config.checkpoint if args.checkpoint is None else args.checkpoint)
    _limit_threads(args.threads)

    from policy.loading import load_policy  # here, not above: torch comes with it
    from policy.server import serve
    from robot_bridge.protocol.settle import settle

    try:
        policy = load_policy(checkpoint, args.device)
    except CheckpointError as error:  # wrong input: starting again would not help
        raise ConfigError(error.what, error.allowed, error.next_step) from error
    stop = stop_on_signals()
    settle()

    def ready(where: str) -> None:
        log.info(
            "serving %s (%s parameters, %s) at %s", policy.checkpoint, f"{policy.parameters:,}", policy.device, where
        )

    serve(policy, address, stop, load=lambda name: load_policy(find_checkpoint(config, name), args.device), ready=ready,
          security=security(config))  # fmt: skip
    return 0


def _limit_threads(wanted: int | None) -> None:
    """Before torch starts its threads: two busy processes with two threads each on two cores are ten times slower."""
    if wanted is not None and wanted < 1:
        raise UsageError(f"--threads {wanted}", "1 or more")
    threads = wanted or max(1, (os.cpu_count() or 1) - 2)
    os.environ["OMP_NUM_THREADS"] = str(threads)
    import torch

    torch.set_num_threads(threads)
