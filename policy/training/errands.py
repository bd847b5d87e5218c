"""A chore is done errand by errand ("put the red cup in the sink"), and so its frames teach errands too."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from robot_bridge.protocol.thought import errand_of


def as_errands(instructions: Sequence[str], thoughts: Sequence[str], chores: Collection[str], share: float,
               rng: np.random.Generator) -> list[str]:  # fmt: skip
    """The instructions, of which those that are chores stand, in this share of cases, for the errand that their
    thought is about: under either the teacher thinks the same.

    Args:
        chores: wordings of chores; notes may follow on the lines after them.
    """
    return [errand_of(thought) or instruction if instruction.partition("\n")[0] in chores and rng.random() < share
            else instruction for instruction, thought in zip(instructions, thoughts, strict=True)]  # fmt: skip
