"""`coach policy serve`: the policy server alone."""

from __future__ import annotations

import argparse
import logging
import os
import re
from typing import TYPE_CHECKING

from robot_bridge.protocol.errors import CheckpointError, ConfigError, UsageError

if TYPE_CHECKING:
    from coach.config import Config
    from coach.processes.orphans import Orphans
    from policy.model.pi0_policy import PI0Policy

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
    from coach.processes.forking import can_fork, keep_forking, noting
    from robot_bridge.protocol.settle import settle

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    checkpoint = _wanted(args, config)
    threads = _limit_threads(args.threads)
    policy = _load(checkpoint, args.device)  # with a single thread, which is all that survives a fork
    if not can_fork(args.device):
        settle()
        return _serve(args, config, policy, threads)

    def serve() -> int:
        now = _wanted(args, config)  # another one may have been promoted meanwhile
        return _serve(args, config, policy if now == checkpoint else _load(now, args.device), threads)

    settle()  # before the fork, so that each server has it at once
    return keep_forking(serve, noting(config, "policy"), _orphans(args.bind or config.policy_address, config))


def _orphans(address: str, config: Config) -> Orphans:
    """Of the servers at this address."""
    from coach.processes.orphans import Orphans

    return Orphans(config.home / "run" / f"policy-{re.sub(r'[^0-9A-Za-z]+', '-', address)}.json")


def _wanted(args: argparse.Namespace, config: Config) -> str:
    """The checkpoint to serve now."""
    from coach.config import load_config
    from coach.processes.plan import find_checkpoint

    if args.checkpoint is not None:
        return find_checkpoint(config, args.checkpoint)
    return find_checkpoint(config, load_config(args.config, config.home).checkpoint)


def _load(checkpoint: str, device: str) -> PI0Policy:
    import policy.server  # noqa: F401 - here and not in the forked process, which is to be there at once
    from policy.loading import load_policy  # here, not above: torch comes with it

    try:
        return load_policy(checkpoint, device)
    except CheckpointError as error:  # wrong input: starting again would not help
        raise ConfigError(error.what, error.allowed, error.next_step) from error


def _serve(args: argparse.Namespace, config: Config, policy: PI0Policy, threads: int) -> int:
    import torch

    from coach.lines import security
    from coach.processes.plan import find_checkpoint
    from coach.processes.signals import stop_on_signals
    from policy.loading import load_policy
    from policy.server import serve

    torch.set_num_threads(threads)
    stop = stop_on_signals()

    def ready(where: str) -> None:
        log.info(
            "serving %s (%s parameters, %s) at %s", policy.checkpoint, f"{policy.parameters:,}", policy.device, where
        )

    serve(policy, args.bind or config.policy_address, stop, ready=ready, security=security(config),
          load=lambda name: load_policy(find_checkpoint(config, name), args.device))  # fmt: skip
    return 0


def _limit_threads(wanted: int | None) -> int:
    """How many threads to compute with; before torch starts any, and one for now.

    Two busy processes with two threads each on two cores are ten times slower.
    """
    if wanted is not None and wanted < 1:
        raise UsageError(f"--threads {wanted}", "1 or more")
    threads = wanted or max(1, (os.cpu_count() or 1) - 2)
    os.environ["OMP_NUM_THREADS"] = str(threads)
    import torch

    torch.set_num_threads(1)
    return threads
