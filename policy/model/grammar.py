"""Which token may come next, so that whatever the model writes is a thought.

    thought = [reason: word*] subtask: word+ [hand: left|right] [where: camera location location] end

Only the shape is held; which words stand in it is the model's own choice.
"""

from __future__ import annotations

import torch
from torch import Tensor

from policy.model.tokenizer import ThoughtTokenizer
from robot_bridge.protocol.thought import KEYS

_HANDS = ("left", "right")


class ThoughtGrammar:
    """Masks over the vocabulary of one tokenizer.

    Args:
        cameras: names that a place may begin with.
    """

    def __init__(self, tokenizer: ThoughtTokenizer, cameras: tuple[str, ...]) -> None:
        self._tokenizer, self._size = tokenizer, len(tokenizer)
        self._keys = {key: tokenizer.key(key) for key in KEYS}
        self._key_of = {token: key for key, token in self._keys.items()}
        first, count = tokenizer.first_location, tokenizer.locations
        special = {tokenizer.pad, tokenizer.eos, tokenizer.bos, tokenizer.unknown, tokenizer.image, *self._key_of}
        self._locations = set(range(first, first + count))
        self._words = set(range(self._size)) - special - self._locations
        self._hands = {token for hand in _HANDS for token in tokenizer.encode(hand)}
        self._cameras = [tokenizer.encode(camera) for camera in cameras]

    def blocked(self, tokens: list[int]) -> Tensor:
        """bool[vocabulary], True for tokens that may not come after these."""
        mask = torch.ones(self._size, dtype=torch.bool)
        mask[list(self._allowed(tokens))] = False
        return mask

    def places_written(self, tokens: list[int]) -> int | None:
        """How many location tokens the `where` line holds so far; None outside of it."""
        where = self._keys["where"]
        if where not in tokens:
            return None
        return sum(token in self._locations for token in tokens[tokens.index(where) :])

    def _allowed(self, tokens: list[int]) -> set[int]:
        keys, end = self._keys, {self._tokenizer.eos}
        at = next((i for i in reversed(range(len(tokens))) if tokens[i] in self._key_of), None)
        if at is None:
            return {keys["reason"], keys["subtask"]}
        key, line = self._key_of[tokens[at]], tokens[at + 1 :]
        if key == "reason":
            return self._words | self._locations | ({keys["subtask"]} if line else set())
        if key == "subtask":
            return self._words | ({keys["hand"], keys["where"], *end} if line else set())
        if key == "hand":
            return {keys["where"], *end} if line else self._hands
        return self._place(line) or end

    def _place(self, line: list[int]) -> set[int]:
        """What may follow in a `where` line; nothing once it is whole."""
        for camera in self._cameras:
            if line[: len(camera)] == camera:
                return self._locations if len(line) < len(camera) + 2 else set()
        return {camera[len(line)] for camera in self._cameras if camera[: len(line)] == line}
