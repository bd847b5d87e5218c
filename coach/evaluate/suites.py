"""What is measured: lists of jobs that no training data touches. A suite is a function of (episodes, seed)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import numpy as np

from coach.evaluate.jobs import FIRST_SEED, Job, put
from coach.evaluate.paraphrases import paraphrased
from robot_bridge.arms.kitchen.layout import Layout, arrange, make_layout
from robot_bridge.arms.kitchen.objects import COLOURS, KINDS
from robot_bridge.arms.kitchen.places import PLACES
from robot_bridge.arms.kitchen.tasks import Chores, Task
from robot_bridge.protocol.errors import UsageError

EACH_S = 12.0  # patience of a chore, for each thing
CHORE_THINGS = 6
CORRECTED_S, CORRECTED_LONGEST_S = (0.5, 7.0), 40.0
_WANDERING = 1_000  # seeds in a row that do not fit before giving up


def pick_place(episodes: int, seed: int) -> list[Job]:
    """ "Put X in Y" for an object of each layout and each place in turn; nothing is in its place beforehand."""
    return [put(number, _task(number, index)) for index, number in enumerate(_seeds(episodes, seed))]


def clear_counter(episodes: int, seed: int) -> list[Job]:
    """Six things, each to where it belongs."""
    return _chores("clear", episodes, seed, lambda layout: True)


def wash_up(episodes: int, seed: int) -> list[Job]:
    """Six things, of which the dirty dishes go in the sink and the clean ones in the rack; one of each at least."""

    def mixed(layout: Layout) -> bool:
        return len({thing.dirty for thing in layout.objects if KINDS[thing.kind].dish}) == 2

    return _chores("wash", episodes, seed, mixed)


def paraphrases(episodes: int, seed: int) -> list[Job]:
    """The same task in the trained wording, in words never trained on, and in what the interpreter makes of those."""
    return [job for index, number in enumerate(_seeds(episodes, seed)) for job in _three_ways(number, index)]


def moved_object(episodes: int, seed: int) -> list[Job]:
    """ "Put X in Y", and somebody moves X while the hand reaches for it."""
    return [put(number, _task(number, index), event="moved") for index, number in enumerate(_seeds(episodes, seed))]


def fetched(episodes: int, seed: int) -> list[Job]:
    """ "Put X in Y", and X lies in another receptacle."""
    jobs = []
    for index, number in enumerate(_seeds(episodes, seed)):
        task = _task(number, index)
        jobs.append(put(number, task, layout=_astray(number, task)))
    return jobs


def corrected(episodes: int, seed: int) -> list[Job]:
    """ "Put X in Y", and on the way, or just after: "no, in Z", or every third time another thing altogether."""
    return [_corrected(number, index) for index, number in enumerate(_seeds(episodes, seed))]


def among_others(episodes: int, seed: int) -> list[Job]:
    """ "Put the red cup in Y" beside a cup in another colour and two or three other red things."""
    jobs = []
    for index, number in enumerate(_seeds(episodes, seed)):
        colour, kind, layout = _crowd(number)
        task = Task(kind, colour, list(PLACES)[index % len(PLACES)])
        jobs.append(put(number, task, layout=layout))
    return jobs


def thought_text(episodes: int, seed: int) -> list[Job]:
    """Thoughts along the expert's way, from the first one on: tasks, and chores every fourth time."""
    jobs = [put(number, _task(number, index), led=True) for index, number in enumerate(_seeds(episodes, seed))]
    chores = [*clear_counter((episodes + 7) // 8, seed + 1), *wash_up((episodes + 7) // 8, seed + 1)]
    return [*jobs, *(replace(job, led=True) for job in chores)]


def failures(episodes: int, seed: int) -> list[Job]:
    """What goes wrong is noticed in the next thought; after three tries the robot asks for help."""
    events = ("slip", "taken", "slips")
    return [put(number, _task(number, index // len(events)), variant=event, event=event, led=event != "slips",
                longest_s=40.0) for index, number in enumerate(_seeds(episodes, seed))
            for event in (events[index % len(events)],)]  # fmt: skip


def scene(episodes: int, seed: int) -> list[Job]:
    """Before anything moves: what is not there, or there twice, is asked about, and what is there once is not."""
    return [_asked(number, index) for index, number in enumerate(_seeds(episodes, seed))]


SUITES: dict[str, Callable[[int, int], list[Job]]] = {
    "pick_place": pick_place, "clear_counter": clear_counter, "wash_up": wash_up, "paraphrases": paraphrases,
    "moved_object": moved_object, "fetched": fetched, "corrected": corrected, "among_others": among_others,
    "thought_text": thought_text, "failures": failures, "scene": scene,
}  # fmt: skip


def suite(name: str, episodes: int, seed: int) -> list[Job]:
    """The jobs of a suite.

    Raises:
        UsageError: no such suite, or fewer than one episode.
    """
    if name not in SUITES:
        raise UsageError(f"there is no suite '{name}'", ", ".join([*SUITES, "home", "all"]))
    if not 1 <= episodes <= 90_000:
        raise UsageError(f"{episodes} episodes", "1 to 90000")
    return SUITES[name](episodes, seed)


def _seeds(episodes: int, seed: int) -> range:
    first = FIRST_SEED + seed * 100_000
    return range(first, first + episodes)


def _task(number: int, index: int) -> Task:
    things = make_layout(number).objects
    thing = things[np.random.default_rng([number, 9]).integers(len(things))]
    return Task(thing.kind, thing.colour, list(PLACES)[index % len(PLACES)])


def _chores(job: Literal["clear", "wash"], episodes: int, seed: int, fits: Callable[[Layout], bool]) -> list[Job]:
    """The first layouts of six things that fit."""
    chores, jobs = Chores(job), list[Job]()
    number = FIRST_SEED + seed * 100_000
    while len(jobs) < episodes:
        layout = make_layout(number, CHORE_THINGS)
        if len(layout.objects) == CHORE_THINGS and fits(layout):
            jobs.append(Job(number, chores, chores.instruction(), variant=job, kind=job, layout=layout,
                            longest_s=EACH_S * CHORE_THINGS))  # fmt: skip
        number += 1
    return jobs


def _three_ways(number: int, index: int) -> list[Job]:
    """A task that is put, or every fifth time only picked up, in three wordings."""
    task, turn = _task(number, index), index - index // 5
    if index % 5 == 4:
        task, turn = Task(task.kind, task.colour), index // 5
    said, heard = paraphrased(task, turn)
    trained = put(number, task, variant="trained")
    return [trained, replace(trained, variant="raw", words=said),
            replace(trained, variant="heard", words=heard, unheard=not heard)]  # fmt: skip


def _astray(number: int, task: Task) -> Layout:
    """The layout, with the thing of a task in a receptacle where it is not to go."""
    rng = np.random.default_rng([number, 14])
    others = [place for name, place in PLACES.items() if name != task.place]
    spot = others[int(rng.integers(len(others)))].lying(int(rng.integers(2)))
    return Layout(tuple(replace(thing, position=spot) if (thing.kind, thing.colour) == (task.kind, task.colour)
                        else thing for thing in make_layout(number).objects))  # fmt: skip


def _corrected(number: int, index: int) -> Job:
    rng, first = np.random.default_rng([number, 15]), _task(number, index)
    others = [place for place in PLACES if place != first.place]
    second, variant = replace(first, place=others[int(rng.integers(len(others)))]), "place"
    likes = (first.kind, first.colour)
    things = [thing for thing in make_layout(number).objects if (thing.kind, thing.colour) != likes]
    if index % 3 == 2 and things:
        thing = things[int(rng.integers(len(things)))]
        second, variant = replace(second, kind=thing.kind, colour=thing.colour), "thing"
    elif PLACES[first.place].hand != PLACES[second.place].hand:
        variant = "arm"
    at_s = float(rng.uniform(*CORRECTED_S))
    return put(number, second, variant=variant, at_first=first, corrected_s=at_s, longest_s=CORRECTED_LONGEST_S)


def _crowd(number: int) -> tuple[str, str, Layout]:
    """Colour and kind of a thing, and a layout of it among its likes."""
    rng = np.random.default_rng([number, 12])
    for _ in range(_WANDERING):
        colours, kinds = rng.permutation(list(COLOURS)), rng.permutation(list(KINDS))
        colour, kind, count = str(colours[0]), str(kinds[0]), 2 + int(rng.integers(2))
        others = [(str(colours[1]), kind), *((colour, str(other)) for other in kinds[1 : 1 + count])]
        layout = arrange([(colour, kind), *others], rng)
        if layout is not None:
            return colour, kind, layout
    raise AssertionError("four or five things always fit within a thousand tries")


def _asked(number: int, index: int) -> Job:
    """In turn: a thing that is there, one that is not, one of two of a kind whose colour is not said."""
    rng, layout = np.random.default_rng([number, 13]), make_layout(number)
    place = list(PLACES)[index % len(PLACES)]
    variant = ("there", "missing", "twice")[index % 3]
    if variant == "there":
        return put(number, _task(number, index), variant=variant, led=True, longest_s=0.0)
    if variant == "missing":
        there = {(thing.colour, thing.kind) for thing in layout.objects}
        absent = [(colour, kind) for colour in COLOURS for kind in KINDS if (colour, kind) not in there]
        colour, kind = absent[int(rng.integers(len(absent)))]
        return put(number, Task(kind, colour, place), variant=variant, led=True, longest_s=0.0)
    colour, kind, layout = _crowd(number)
    return put(number, Task(kind, "", place), variant=variant, led=True, longest_s=0.0, layout=layout)
