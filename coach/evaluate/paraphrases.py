"""Words never trained on, for the same tasks."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import yaml

from coach.interpreter import interpret
from coach.interpreter.resolve import resolve_all
from robot_bridge.arms.kitchen.tasks import Task
from robot_bridge.arms.kitchen.wordings import PICK_WORDINGS, PUT_WORDINGS
from robot_bridge.protocol.errors import ConfigError

FILE = "paraphrases.yaml"


@cache
def wordings() -> dict[str, Any]:
    """`put`, `put_in` (by place) and `pick`: templates with {thing} and {place}.

    Raises:
        ConfigError: one of them is a wording of the training data.
    """
    texts: dict[str, Any] = yaml.safe_load((resources.files("coach.evaluate") / FILE).read_text("utf-8"))
    every = [*texts["put"], *texts["pick"], *(words for place in texts["put_in"].values() for words in place)]
    both = sorted(trained() & {_plain(words) for words in every})
    if both:
        raise ConfigError(f"held-out wordings are among those of the training data: {'; '.join(both)}",
                          next_step=f"take them out of {FILE}")  # fmt: skip
    return texts


def trained() -> set[str]:
    """The wordings of the training data, with the gaps of ours."""
    gaps = {"object": "the {thing}", "in_place": "in the {place}", "place": "the {place}"}
    return {_plain(words.format(**gaps)) for words in (*PUT_WORDINGS, *PICK_WORDINGS)}


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
