"""Which token may come next, so that whatever the model writes is a thought.

    thought = [reason: word*] subtask: word+ [hand: left|right] [where: camera location location] end

Only the shape is held; which words stand in it is the model's own choice. The shape is a small machine of states, each
with its mask over the vocabulary, worked out once for a tokenizer; where a state leaves one token only, the model need
not be asked.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor

from policy.model.tokenizer import ThoughtTokenizer
from robot_bridge.protocol.thought import KEYS

_HANDS = ("left", "right")


@dataclass
class State:
    """Where in a thought one stands.

    Args:
        row: of the grammar's masks.
        allowed: tokens that may come next.
        places: location tokens that the `where` line holds so far; None outside of it.
        moves: the state behind a token; `otherwise` behind all others.
    """

    row: int
    allowed: frozenset[int]
    places: int | None = None
    moves: dict[int, State] = field(default_factory=dict)
    otherwise: State | None = None

    @property
    def only(self) -> int | None:
        """The next token, where there is no choice."""
        return next(iter(self.allowed)) if len(self.allowed) == 1 else None

    def after(self, token: int) -> State:
        return self.moves.get(token) or self.otherwise or self


class ThoughtGrammar:
    """The states of a thought for one tokenizer.

    Args:
        cameras: names that a place may begin with.

    `masks` is bool[states, vocabulary], True for tokens that may not come in a state; `start` is the first state.
    """

    def __init__(self, tokenizer: ThoughtTokenizer, cameras: tuple[str, ...]) -> None:
        self._keys = {key: tokenizer.key(key) for key in KEYS}
        first, count = tokenizer.first_location, tokenizer.locations
        keys = self._keys
        special = {tokenizer.pad, tokenizer.eos, tokenizer.bos, tokenizer.unknown, tokenizer.image, *keys.values()}
        locations = set(range(first, first + count))
        words = set(range(len(tokenizer))) - special - locations
        end = {tokenizer.eos}
        self._states: list[State] = []
        self.start = self._state({keys["reason"], keys["subtask"]})
        reason = self._line(words | locations, words | locations | {keys["subtask"]})
        subtask = self._line(words, words | {keys["hand"], keys["where"], *end})
        hand = self._line({t for name in _HANDS for t in tokenizer.encode(name)}, {keys["where"], *end})
        self._ended = self._state(end)
        where = self._where([tokenizer.encode(camera) for camera in cameras], locations)
        openings = {keys["reason"]: reason, keys["subtask"]: subtask, keys["hand"]: hand, keys["where"]: where}
        for state in self._states:
            state.moves.update(openings)
        self.masks = torch.ones(len(self._states), len(tokenizer), dtype=torch.bool)
        for state in self._states:
            self.masks[state.row, list(state.allowed)] = False

    def masks_for(self, vocabulary: int) -> Tensor:
        """bool[states, vocabulary] for a model with more entries than the tokenizer: those never come."""
        return F.pad(self.masks, (0, vocabulary - self.masks.shape[1]), value=True)

    def walk(self, tokens: list[int]) -> State:
        """The state behind these tokens."""
        state = self.start
        for token in tokens:
            state = state.after(token)
        return state

    def _state(self, allowed: set[int], places: int | None = None) -> State:
        self._states.append(State(len(self._states), frozenset(allowed), places))
        return self._states[-1]

    def _line(self, at_first: set[int], afterwards: set[int]) -> State:
        """The state of a line that was opened; behind its first word there is another."""
        opened = self._state(at_first)
        opened.otherwise = self._state(afterwards)
        return opened

    def _where(self, cameras: list[list[int]], locations: set[int]) -> State:
        """The states of a `where` line: a camera's tokens, two locations, nothing more."""
        whole = self._state(set(self._ended.allowed), 2)
        column, row = self._state(locations, 1), self._state(locations, 0)
        column.otherwise, row.otherwise = whole, column
        at: dict[tuple[int, ...], State] = {}
        prefixes = {tuple(camera[:n]) for camera in cameras for n in range(len(camera))}
        for prefix in sorted(prefixes):
            allowed = {camera[len(prefix)] for camera in cameras if tuple(camera[: len(prefix)]) == prefix}
            at[prefix] = self._state(allowed, 0)
            at[prefix].otherwise = self._ended  # a camera that a person wrote and nobody knows
        for camera in cameras:
            at[tuple(camera)] = row
        for prefix in prefixes:
            for token in at[prefix].allowed:
                at[prefix].moves[token] = at[(*prefix, token)]
        return at.get((), self._ended)
