"""Whether the guard over workspace and self-collision leaves right work alone: demonstrations of the expert behind it.

Each demonstration runs as a bridge would run it: 50 targets a second through the limiter and the gate. The expert's
motion is right, so that every hold is a false one, unless the arms come nearer to each other than the margin.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from coach.bench.report import Report, Row, commit, machine
from robot_bridge.arms.kitchen.driver import KitchenArms
from robot_bridge.arms.kitchen.episodes import DemoConfig, record
from robot_bridge.body_gate import BodyGate
from robot_bridge.safety import Limiter

TELL_EVERY = 20


class Guarded:
    """The way of a target into the kitchen, as in the control loop, and what the gate said on the way."""

    def __init__(self, arms: KitchenArms) -> None:
        self._arms = arms
        self._tick_s = 1.0 / arms.embodiment.control_hz
        self._gate = BodyGate(arms, arms.embodiment)
        self._limiter = Limiter.for_body(arms.embodiment, arms.embodiment.home)
        self.checks_us: list[float] = []
        self.reasons: list[str] = []

    def begin(self) -> None:
        """The arms were put somewhere else."""
        self._limiter.anchor(self._arms.read())

    def drive(self, goal: np.ndarray, seconds: float) -> None:
        """Towards float32[14] in a straight line over this time, tick by tick."""
        ticks = max(1, round(seconds / self._tick_s))
        start = self._limiter.target
        for tick in range(1, ticks + 1):
            before = self._limiter.target
            target = self._limiter.step((start + (goal - start) * (tick / ticks)).astype(np.float32)).target
            passage = self._gate.check(before, target, time.monotonic())
            self.checks_us.append(self._gate.took_s * 1e6)
            if passage.reason:
                self.reasons.append(passage.reason)
                self._limiter.retract(passage.held)
            self._arms.command(self._limiter.target)


def measure(episodes: int, seed: int, command: str, tell: Callable[[str], None]) -> Report:
    """So many demonstrations from this seed on."""
    arms, config = KitchenArms(), DemoConfig()
    arms.connect()
    guarded, held, succeeded = Guarded(arms), 0, 0
    try:
        for number in range(episodes):
            known = len(guarded.reasons)
            result = record(arms.kitchen, seed + number, config, guarded.drive, guarded.begin)
            succeeded += result.ok
            held += len(guarded.reasons) > known
            if number % TELL_EVERY == 0:
                tell(f"demonstration {number} of {episodes}, {len(guarded.reasons)} holds")
    finally:
        arms.close()
    rows = (
        Row("episodes with a hold", "", episodes, held, held),
        Row("ticks held", "", len(guarded.checks_us), len(guarded.reasons), len(guarded.reasons)),
        Row("demonstrations that succeed", "", episodes, succeeded, succeeded),
        Row.of("one check", "µs", guarded.checks_us),
    )
    notes = tuple(sorted(set(guarded.reasons)))[:10]
    return Report("guard", command, rows, episodes, seed, "none", machine(), commit(), notes)
