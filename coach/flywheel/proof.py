"""What the experiment proves of each home's checkpoint, kept where `coach promote` looks for it: in that home."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from coach.checkpoints.proofs import record
from coach.evaluate.figures import paired, summary
from coach.evaluate.rows import Row
from coach.flywheel.cells import OLD, OLD_SEED
from coach.flywheel.homes import APART, Plan

BASE, TUNED = "a", "d"
CHOICES = " (choices)"  # of a suite in which the expert moved the arms


def keep_proofs(out: Path, base: Path, tuned: Mapping[str, Path], plan: Plan, rows: Sequence[Row],
                **labels: str) -> dict[str, str]:  # fmt: skip
    """Keep how each home's checkpoint did against the base: in its own home, and at the old tasks.

    Args:
        tuned: home → folder of what was fine-tuned there.
        labels: `checkpoint` and `against`, names of the two, `motion`, who moved the arms, and `machine`.

    Returns:
        Home → the verdict of `coach.evaluate.statistics` in that home; homes without a measured pair are left out.

    Raises:
        CoachError: a checkpoint is not whole, or a home folder cannot be written.
    """
    found = {}
    for number, home in enumerate(plan.homes):
        own = _pair([row for row in rows if row.kind == home.name], BASE, TUNED)
        old = _pair(rows, OLD, f"{OLD} {home.name}")
        layouts = plan.seeds.measured + number * APART
        for suite, (before, after), seed in (("home", own, layouts), ("pick_place", old, OLD_SEED)):
            if before:
                answer = _answer(suite, before, after, seed, labels)
                record(out / home.name, base, tuned[home.name], answer)
                if suite == "home":
                    found[home.name] = str(answer["paired"]["verdict"])
    return found


def _pair(rows: Sequence[Row], first: str, second: str) -> tuple[list[Row], list[Row]]:
    """The same jobs of two cells."""
    of = {(row.variant, row.seed): row for row in rows if row.variant in (first, second)}
    seeds = sorted(seed for variant, seed in of if variant == first and (second, seed) in of)
    return [of[first, seed] for seed in seeds], [of[second, seed] for seed in seeds]


def _answer(suite: str, before: Sequence[Row], after: Sequence[Row], seed: int,
            labels: Mapping[str, str]) -> dict[str, Any]:  # fmt: skip
    """As `coach eval A B --json` prints it."""
    tables = [summary(suite, rows, "sticky", checkpoint=labels[name], seed=seed, machine=labels["machine"])
              for name, rows in (("against", before), ("checkpoint", after))]  # fmt: skip
    named = suite + (CHOICES if labels["motion"] == "expert" else "")
    return {**tables[1], "suite": named, "against": tables[0], "paired": paired(before, after)}
