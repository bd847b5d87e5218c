"""The suite `home`: clearing the counter as the people of this home want it, with none of their rules in the prompt.

What it measures is what a checkpoint has learned of the home; the other suites hold nobody's rules.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from coach.evaluate.jobs import FIRST_SEED, Job
from coach.session.errand import errand_said
from coach.session.rules_in_force import place_of
from memory.lessons import instruction_of, thought_of
from robot_bridge.arms.kitchen.layout import Layout, make_layout
from robot_bridge.arms.kitchen.objects import KINDS
from robot_bridge.arms.kitchen.places import PLACES
from robot_bridge.arms.kitchen.tasks import Chores
from robot_bridge.protocol.errors import UsageError

if TYPE_CHECKING:
    from memory.store import Store

SUITE = "home"
THINGS = (1, 3)  # on the counter: few, so that what is measured is where they go and not how long it takes
EACH_S, LEAST_S = 12.0, 24.0  # patience, for each thing and for a job
_SPACE = 70_000  # between the layouts of this suite and those of the others of the same seed
_PAGE = 500


def home_rules(store: Store) -> dict[str, str]:
    """Kind → place, as the rules of this home say, and where they say nothing, most of its lessons."""
    told: dict[str, Counter[str]] = {}
    for offset in range(0, store.count_corrections(), _PAGE):
        for lesson in store.corrections(_PAGE, offset):
            errand = errand_said(thought_of(lesson))
            if errand is None or not errand.place:
                continue
            place = errand.place.partition(" the ")[2]
            if place in PLACES and place not in instruction_of(lesson):  # else it was about that one thing
                told.setdefault(errand.thing.split()[-1], Counter())[place] += 1
    found = {kind: places.most_common(1)[0][0] for kind, places in told.items() if kind in KINDS}
    for rule in reversed(store.rules.holding()):  # the newest last: it holds
        kind, place = rule.subject.removeprefix("place of "), place_of(rule.text)
        if kind in KINDS and place in PLACES:
            found[kind] = place
    return dict(sorted(found.items()))


def home_suite(rules: dict[str, str], episodes: int, seed: int) -> list[Job]:
    """Each rule in turn, on layouts with a thing that it is about; nothing is trained on them.

    Raises:
        UsageError: there are no rules, or fewer than one episode.
    """
    if not rules:
        raise UsageError("this home has no rules that could be measured", next_step="tell one, as in: "
                         'coach say "plates always go in the drying rack"')  # fmt: skip
    if not 1 <= episodes <= 20_000:
        raise UsageError(f"{episodes} episodes", "1 to 20000")
    chores, jobs = Chores("clear", tuple(rules.items())), list[Job]()
    number = FIRST_SEED + seed * 100_000 + _SPACE
    while len(jobs) < episodes:
        kind = list(rules)[len(jobs) % len(rules)]
        layout = _layout_with(kind, number)
        jobs.append(Job(number, chores, chores.instruction(), variant=SUITE, kind=kind, place=rules[kind],
                        layout=layout, longest_s=max(LEAST_S, EACH_S * len(layout.objects))))  # fmt: skip
        number += 1
    return jobs


def _layout_with(kind: str, number: int) -> Layout:
    """The first of a seed's layouts that holds a thing of this kind."""
    rng = np.random.default_rng([number, 14])
    while True:
        layout = make_layout(int(rng.integers(1 << 62)), int(rng.integers(THINGS[0], THINGS[1] + 1)))
        if any(thing.kind == kind for thing in layout.objects):
            return layout
