"""`coach bridge serve`: the bridge alone, beside the arms."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from coach.config import Config

EXAMPLE = """coach bridge serve
coach bridge serve --bind tcp://0.0.0.0:5651 --events tcp://0.0.0.0:5652 --policy tcp://gpu-host:5650"""

NICE = -5


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("verb", choices=["serve"], help="serve: run the control loop until stopped")
    parser.add_argument("--bind", metavar="ADDR", help="where coaches ask (default: bridge_address)")
    parser.add_argument("--events", metavar="ADDR", help="where it publishes (default: events_address)")
    parser.add_argument("--policy", metavar="ADDR", help="the policy server (default: policy_address)")
    parser.add_argument("--seed", type=int, metavar="N", help="layout of the simulated kitchen (default: seed)")


def run(args: argparse.Namespace, config: Config) -> int:
    from coach.lines import security
    from coach.processes.forking import can_fork, keep_forking, noting
    from coach.processes.plan import snapshot_path
    from coach.processes.signals import stop_on_signals
    from robot_bridge.arms import make_arms
    from robot_bridge.config import BridgeConfig
    from robot_bridge.protocol.settle import settle
    from robot_bridge.server import serve

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    _favour_the_control_loop()
    seed = config.seed if args.seed is None else args.seed
    snapshot = snapshot_path(config.home, config.arms, seed)
    snapshot.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings = BridgeConfig(
        address=args.bind or config.bridge_address, events_address=args.events or config.events_address,
        policy_address=args.policy or config.policy_address, policy_key=config.policy_key, security=security(config),
        jpeg_quality=config.jpeg_quality, seed=seed, snapshot_path=snapshot,
        real_time_chunks=config.chunks == "real_time", ask_below=config.ask_below_percent / 100,
    )  # fmt: skip
    arms = make_arms(config.arms, seed, config.grasp)
    settle()

    def serve_once() -> int:
        serve(settings, arms, stop_on_signals())
        return 0

    return keep_forking(serve_once, noting(config, "bridge")) if can_fork("cpu") else serve_once()


def _favour_the_control_loop() -> None:
    """A tick every 20 ms must not wait for a busy policy on the same cores."""
    with contextlib.suppress(OSError):  # only the superuser may
        os.nice(NICE)
