"""What was read of the last observations: thinking and acting on one of them share it.

Kept by content – the pictures the model looks at, the state, the prompt – so that no two robots can meet in one entry,
and words that the model does not read make no difference.
"""

from __future__ import annotations

import zlib
from collections import OrderedDict
from dataclasses import dataclass

from policy.model.engine import Reading
from policy.model.prompting import Prompter
from policy.model.thoughtful_pi0 import Looked
from robot_bridge.protocol.messages import Observation

Key = tuple[int, bytes, int, float]


@dataclass
class Seen:
    """One observation under one prompt.

    Args:
        looked: its picture tokens, Tensor[tokens, width], and as many that the scene head reads.
        prompt: its prompt's tokens.
    """

    looked: Looked
    prompt: list[int]
    reading: Reading


class Memo:
    """The last few observations that were read.

    Args:
        size: how many; one for each robot that is served at once.
    """

    def __init__(self, size: int = 16) -> None:
        self._size = size
        self._seen: OrderedDict[tuple[Key, tuple[int, ...]], Seen] = OrderedDict()

    def find(self, key: Key, prompt: list[int]) -> Seen | None:
        """What was read of an observation under a prompt."""
        seen = self._seen.get((key, tuple(prompt)))
        if seen is not None:
            self._seen.move_to_end((key, tuple(prompt)))
        return seen

    def looked(self, key: Key) -> Looked | None:
        """The picture tokens of an observation, under whatever words it was read."""
        return next((seen.looked for (known, _), seen in self._seen.items() if known == key), None)

    def add(self, key: Key, seen: Seen) -> Seen:
        self._seen[(key, tuple(seen.prompt))] = seen
        if len(self._seen) > self._size:
            self._seen.popitem(last=False)
        return seen

    def clear(self) -> None:
        self._seen.clear()


def key_of(observation: Observation, prompter: Prompter) -> Key:
    """What makes an observation the same to the model."""
    checksum = 0
    for name in prompter.cameras:
        if name in observation.images:
            checksum = zlib.crc32(observation.images[name].tobytes(), checksum)
    return checksum, observation.state.tobytes(), observation.sequence, observation.time_s
