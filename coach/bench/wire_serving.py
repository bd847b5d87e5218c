"""`coach bench serving`: one policy server for one, four and sixteen robots, with the shipped model.

Every robot asks for a thought, then for the chunk under it, then anew with its next observation, as fast as it is
answered. Two servers are measured in turn: one computes requests that meet together, one all of them one by one.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator

import numpy as np

from coach.bench.report import Report, Row, commit, machine
from coach.bench.wire_lines import serving
from coach.bench.wire_robots import FLOOD_HZ, Seconds, drive
from policy.interface import Policy
from policy.server import serve as serve_policy
from robot_bridge.protocol.messages import Observation
from robot_bridge.protocol.settle import settle

ROBOTS = (1, 4, 16)
HOW = {"together": "together", "alone": "one by one"}
WINDOW_S = 10.0  # of one number of robots in one round
SEED = 20_000_000  # of the first robot's kitchen


def serve(how: str, ready: Callable[[str], None]) -> None:
    """The policy server with the shipped model, until the process is ended. `how`: a key of HOW."""
    import torch

    from policy.loading import load_policy

    torch.set_num_threads(1)
    policy: Policy = load_policy()
    served = policy if how == "together" else OneByOne(policy)
    settle()
    serve_policy(served, "tcp://127.0.0.1:*", threading.Event(), ready=ready)


class OneByOne:
    """A policy that can do nothing but `think` and `act`."""

    def __init__(self, policy: Policy) -> None:
        self.checkpoint, self.device, self.parameters = policy.checkpoint, policy.device, policy.parameters
        self.think, self.act = policy.think, policy.act


def measure(rounds: int, command: str, tell: Callable[[str], None]) -> Report:
    """The report of so many rounds. Raises: CoachError: a server did not start or failed."""
    load, scenes = os.getloadavg()[0], _scenes(4)
    found: dict[tuple[str, int, bool], list[Seconds]] = {}
    with contextlib.ExitStack() as stack:
        servers = {how: stack.enter_context(serving(how)) for how in HOW}
        for number in range(rounds):
            for robots, flood in [*((n, False) for n in ROBOTS), (4, True)]:
                for how, address in list(servers.items())[:: 1 if number % 2 else -1]:
                    if flood and how == "alone":
                        continue
                    tell(f"round {number + 1} of {rounds}: {robots} robots, {HOW[how]}")
                    found.setdefault((how, robots, flood), []).append(drive(address, scenes, robots, WINDOW_S, flood))
    notes = (
        "one think and one act are a turn; the model has one processor thread; robots and servers share the machine",
        f"load average {load:.1f} before and {os.getloadavg()[0]:.1f} after, of {os.cpu_count()} cores",
    )
    return Report("serving", command, tuple(_rows(found)), rounds, SEED, "embedded", machine(), commit(), notes)


def _scenes(number: int) -> list[tuple[Observation, str]]:
    """What robots in so many kitchens see and are asked for."""
    from coach.evaluate.suites import suite
    from robot_bridge.arms.kitchen.world import Kitchen

    kitchen, scenes = Kitchen("sticky"), []
    try:
        for job in suite("pick_place", number, SEED):
            kitchen.reset(job.scene)
            state = kitchen.body.pad(kitchen.state())
            scenes.append((Observation(sequence=0, time_s=0.0, state=state, images=kitchen.render()), job.words))
    finally:
        kitchen.close()
    return scenes


def _rows(found: dict[tuple[str, int, bool], list[Seconds]]) -> Iterator[Row]:
    for (how, robots, flood), rounds in sorted(found.items(), key=lambda item: (item[0][1], item[0][2], item[0][0])):
        if flood:
            continue
        label = f"{robots} robot{'s'[: robots > 1]}, {HOW[how]}: "
        yield Row.of(label + "turns a second, all robots", "1/s", [sum(r.turns) / WINDOW_S for r in rounds])
        yield Row.of(label + "a thought after", "ms", [1e3 * s for r in rounds for s in r.thought])
        yield Row.of(label + "a chunk after", "ms", [1e3 * s for r in rounds for s in r.chunk])
        if robots > 1:
            yield Row.of(label + "least served ÷ most served robot", "", [min(r.turns) / max(r.turns) for r in rounds])
    for robots in ROBOTS[1:]:
        pairs = zip(found["together", robots, False], found["alone", robots, False], strict=True)
        yield Row.of(
            f"{robots} robots: turns together ÷ one by one", "×", [sum(a.turns) / sum(b.turns) for a, b in pairs]
        )
    calm, pestered = found["together", 4, False], found["together", 4, True]
    label = (
        f"3 robots beside one that asks {FLOOD_HZ:g} times a second and never reads ÷ beside a fourth of their own: "
    )
    for name in ("thought", "chunk"):
        times = [[float(np.median(getattr(seconds, name))) for seconds in rounds] for rounds in (pestered, calm)]
        yield Row.of(f"{label}a {name} after", "×", [a / b for a, b in zip(*times, strict=True)])
