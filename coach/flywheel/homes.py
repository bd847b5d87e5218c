"""The homes of the experiment, and the jobs in them. Everything follows from one committed file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from importlib import resources

import msgspec
import numpy as np
import yaml

from coach.evaluate.jobs import Job
from robot_bridge.arms.kitchen.layout import Layout, make_layout
from robot_bridge.arms.kitchen.objects import KINDS
from robot_bridge.arms.kitchen.tasks import Chores

FILE = "homes.yaml"
APART = 1_000_000  # seeds between one home's layouts and the next one's


class Home(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A home where some things go elsewhere than the base was taught.

    Args:
        rules: kind → place.
        dropped: where a dish goes that got dirty in the robot's hand, if that is settled.
    """

    name: str
    rules: dict[str, str]
    dropped: str = ""

    @property
    def chores(self) -> Chores:
        """What "clear the counter" means here."""
        return Chores("clear", tuple(self.rules.items()), self.dropped)


class Colours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Colours of the things that are coached on, and those of the things that are measured; no colour is in both."""

    coached: tuple[str, ...]
    measured: tuple[str, ...]


class Seeds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first layout of the first home that is tried, for coaching and for measuring."""

    coached: int
    measured: int


class Manner(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the simulated coach speaks. Args: delay_s: shortest and longest; misheard: share of words."""

    delay_s: tuple[float, float]
    misheard: float


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The experiment as it was fixed; the fields are explained in the file."""

    homes: tuple[Home, ...]
    instruction: str
    things: tuple[int, int]
    colours: Colours
    seeds: Seeds
    dropping: float
    corrections: int
    coached_jobs: int
    patience_s: float
    early_s: float
    coach: Manner


@cache
def load_plan() -> Plan:
    """The plan of the package."""
    return msgspec.convert(yaml.safe_load((resources.files("coach.flywheel") / FILE).read_text("utf-8")), Plan)


def jobs(plan: Plan, number: int, part: str, noted: bool = False) -> Iterator[Job]:
    """Jobs without end in home `number`, on the layouts and in the colours of one part (`coached` or `measured`).

    Args:
        noted: the rules stand in the notes.
    """
    home, colours = plan.homes[number], getattr(plan.colours, part)
    seed = getattr(plan.seeds, part) + number * APART
    while True:
        rng = np.random.default_rng([seed, 21])
        count = int(rng.integers(plan.things[0], plan.things[1] + 1))
        layout = make_layout(seed, count, colours=colours)
        if any(thing.kind in home.rules for thing in layout.objects):
            scene, drops = _clean(layout, home), home.dropped and rng.random() < plan.dropping
            longest_s = plan.patience_s * len(layout.objects)
            notes = home.chores.notes() if noted else ()
            yield Job(seed, home.chores, plan.instruction, home.name, kind=home.name, layout=scene, notes=notes,
                      longest_s=longest_s, event="drops" if drops else "")  # fmt: skip
        seed += 1


def _clean(layout: Layout, home: Home) -> Layout:
    """All dishes clean where a rule is about those that become dirty."""
    if not home.dropped:
        return layout
    return Layout(tuple(replace(t, dirty=False) if KINDS[t.kind].dish else t for t in layout.objects))
