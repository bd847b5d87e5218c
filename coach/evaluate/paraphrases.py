"""Words never trained on, for the same tasks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

import yaml

from coach.interpreter import interpret
from coach.interpreter.resolve import resolve_all
from robot_bridge.arms.kitchen.places import PLACES
from robot_bridge.arms.kitchen.tasks import Task
from robot_bridge.arms.kitchen.wordings import (
    COMPOSED,
    COMPOSED_PICKS,
    OTHER_NAMES,
    PICK_WORDINGS,
    PUT_WORDINGS,
    composed,
    composed_picks,
)
from robot_bridge.protocol.errors import ConfigError

FILE = "paraphrases.yaml"


@cache
def wordings() -> dict[str, Any]:
    """`put`, `put_in` (by place) and `pick`: templates with {thing} and {place}.

    Raises:
        ConfigError: one of them is a wording of the training data.
    """
    both = sorted({form for words in (*PUT_WORDINGS, *PICK_WORDINGS) for form in _forms(words)} & _held_out())
    if both:
        raise ConfigError(f"held-out wordings are among those of the training data: {'; '.join(both)}",
                          next_step=f"take them out of {FILE}")  # fmt: skip
    return _texts()


def composed_for_training() -> tuple[str, ...]:
    """Wordings of "put X in Y", put together from parts, without those that are held out here."""
    return _without_held_out(composed(COMPOSED))


def picks_for_training() -> tuple[str, ...]:
    """Wordings of "pick up X", ours and those put together from parts, without those that are held out here."""
    return _without_held_out((*PICK_WORDINGS, *composed_picks(COMPOSED_PICKS)))


def paraphrased(task: Task, index: int) -> tuple[str, str]:
    """The task in held-out words, and as the interpreter understands those; empty where it would ask back.

    Args:
        index: counts the tasks of this kind; all wordings come in turn before one comes again.
    """
    texts = wordings()
    kinds = [*texts["put"], *texts["put_in"].get(task.place, ())] if task.place else texts["pick"]
    said = kinds[(index * 37) % len(kinds)].format(thing=task.object, place=task.place)
    return said, understood(said)


def understood(said: str) -> str:
    """The instruction that the robot would get; empty where the words lead to a question or to something else."""
    steps = resolve_all(interpret(said, None).items, None)
    return steps[0].instruction if len(steps) == 1 else ""


def _plain(words: str) -> str:
    """Without commas and `please`, which make no other wording."""
    return " ".join(word for word in words.lower().replace(",", "").split() if word != "please")


@cache
def _texts() -> dict[str, Any]:
    texts: dict[str, Any] = yaml.safe_load((resources.files("coach.evaluate") / FILE).read_text("utf-8"))
    return texts


@cache
def _held_out() -> frozenset[str]:
    texts = _texts()
    every = (*texts["put"], *texts["pick"], *(words for place in texts["put_in"].values() for words in place))
    return frozenset(_plain(words) for words in every)


def _without_held_out(every: Sequence[str]) -> tuple[str, ...]:
    return tuple(words for words in every if not _forms(words) & _held_out())


def _forms(words: str) -> set[str]:
    """A wording of ours with the gaps of theirs, and with each other name of a place that it is trained with."""
    others = {other for name in PLACES for other in OTHER_NAMES.get(name, ())}
    return {_plain(words.format(object="the {thing}", in_place=f"in the {place}", place=f"the {place}"))
            for place in ("{place}", *others)}  # fmt: skip
