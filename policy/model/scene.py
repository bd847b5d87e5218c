"""What stands in the picture: names of known things, read straight off the picture tokens.

It answers what a thought must not guess: whether the thing that was asked for is there, and whether there are two.
It is asked only while the arms rest, since a hand hides what it reaches for.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from robot_bridge.protocol.thought import Thought

CELLS = 24  # a side of the map of where things stand that are not put away
_CLOSE = 0.75  # patches from a patch's middle
LIKELY, _MOSTLY = 0.8, 0.5  # presence at a place; share of what stands there
DISHES = frozenset(("plate", "cup", "bowl"))
_WASHING = re.compile(r"\b(?:wash|dish)", re.IGNORECASE)
SEEN, NOT_SEEN = 0.5, 0.02  # probabilities; between them nothing is said
_AT_REST = 0.3  # rad or m from the resting pose


def is_washing_up(instruction: str) -> bool:
    """Whether a chore is about dishes."""
    return _WASHING.search(instruction) is not None


class SceneHead(nn.Module):
    """Presence, offset and dirt of each class of object, for each picture token; and the token's own place.

    Args:
        width: of a picture token.
        classes: how many (colour, kind).
    """

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.classes = classes
        last = nn.Linear(width, classes * 4)
        with torch.no_grad():
            last.bias[0::4] = -6.0  # objects are rare: start from "nothing here"
        self.out = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width), nn.GELU(), last)
        self.place = nn.Linear(width, 2)
        self.counter: Tensor
        self.register_buffer("counter", torch.zeros(CELLS, CELLS))  # of what is seen there, the share not put away

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
        """Older checkpoints have no map."""
        state_dict.setdefault(f"{prefix}counter", torch.zeros_like(self.counter))
        super()._load_from_state_dict(state_dict, prefix, *rest)

    @torch.no_grad()
    def standing(self, tokens: Tensor) -> list[int]:
        """Classes that are clearly seen where things stand that are not put away, the clearest first."""
        out, grid = self._all(tokens), math.isqrt(len(tokens))
        presence, patch = out[..., 0].sigmoid().max(0)
        offset = out[patch, torch.arange(self.classes, device=out.device), 1:3] / 2
        across, down = (patch % grid + 0.5 + offset[:, 0]) / grid, (patch // grid + 0.5 + offset[:, 1]) / grid
        row, column = ((at * CELLS).long().clamp(0, CELLS - 1) for at in (down, across))
        there = (presence >= LIKELY) & (self.counter[row, column] >= _MOSTLY)
        return [int(index) for index in presence.argsort(descending=True) if there[index]]

    @torch.no_grad()
    def presence(self, tokens: Tensor) -> Tensor:
        """Probability that each class is in the picture, float32[classes], from Tensor[patches, width]."""
        return self.chances(tokens).amax(0)

    @torch.no_grad()
    def chances(self, tokens: Tensor) -> Tensor:
        """Probability that each class has its middle in each patch, float32[patches, classes]."""
        return self._all(tokens)[..., 0].sigmoid()

    @torch.no_grad()
    def dirt(self, tokens: Tensor) -> Tensor:
        """How dirty each class looks where it is likeliest, log odds, float32[classes]."""
        out = self._all(tokens)
        return out[out[..., 0].argmax(0), torch.arange(self.classes, device=out.device), 3]

    def _all(self, tokens: Tensor) -> Tensor:
        return self.out(tokens).float().reshape(-1, self.classes, 4)


@dataclass(frozen=True)
class Sight:
    """A scene head with the names of its classes (`red cup`) and the pose in which the picture shows everything.

    Args:
        rest: float32[width], in the body's units.
    """

    head: SceneHead
    names: tuple[str, ...]
    rest: np.ndarray

    def around(self, tokens: Tensor, row: float, column: float) -> Tensor:
        """How likely each class stands at a place given as fractions of the picture, float32[classes]: in its patch or
        in one that the place is close to.

        Args:
            tokens: Tensor[patches, width] of the first camera.
        """
        grid = math.isqrt(len(tokens))
        centres = (torch.arange(grid, device=tokens.device) + 0.5) / grid
        down, across = ((centres - at).abs() * grid for at in (row, column))
        close = torch.maximum(down[:, None], across[None]).flatten() < _CLOSE
        return self.head.chances(tokens[close]).amax(0)

    def standing(self, tokens: Tensor, instruction: str) -> list[str]:
        """Names of what is clearly seen on the counter, the clearest first; of the kinds that the instruction is
        about, where it names any ("wash the dishes").

        Args:
            tokens: Tensor[patches, width] of the first camera.
        """
        kinds = {kind for kind in self._kinds if re.search(rf"\b{kind}s?\b", instruction.lower())}
        if is_washing_up(instruction):
            kinds |= DISHES
        names = [self.names[row] for row in self.head.standing(tokens)]
        return [name for name in names if not kinds or name.split()[1] in kinds]

    def looks_dirty(self, tokens: Tensor, name: str, least: float = 0.0) -> bool:
        """Whether a dish is seen and looks dirty.

        Args:
            tokens: Tensor[patches, width] of the first camera; name: as in `red cup`; least: log odds.
        """
        if name not in self.names or name.split()[-1] not in DISHES:
            return False
        row = self.names.index(name)
        return float(self.head.presence(tokens)[row]) >= LIKELY and float(self.head.dirt(tokens)[row]) > least

    def names_thing(self, instruction: str) -> bool:
        """Whether an instruction says which thing it is about."""
        return self._asked(instruction) is not None

    def fits(self, instruction: str, errand: str) -> bool:
        """Whether an errand is about the thing that an instruction names."""
        asked, meant = self._asked(instruction), self._asked(errand)
        return asked is not None and meant is not None and asked[1] == meant[1] and asked[0] in ("", meant[0])

    def objection(self, tokens: Tensor, state: np.ndarray, instruction: str) -> str:
        """The thought that an instruction calls for when its thing is not there, or there twice; empty otherwise.

        Args:
            tokens: Tensor[patches, width] of the first camera; state: float32[38], in the body's units.
        """
        asked = self._asked(instruction)
        if asked is None or np.abs(state[: len(self.rest)] - self.rest).max() > _AT_REST:
            return ""
        colour, kind = asked
        chances = dict(zip(self.names, self.head.presence(tokens).tolist(), strict=True))
        alike = {name: p for name, p in chances.items() if name.endswith(f" {kind}") and name.startswith(colour)}
        seen = [name for name, p in alike.items() if p > SEEN]
        if not colour and len(seen) > 1:
            things = " and ".join(f"a {name}" for name in seen)
            return str(Thought(reason=f"there is {things} in sight", subtask=f"ask which {kind}"))
        if max(alike.values()) < NOT_SEEN:
            missing = f"{colour} {kind}".strip()
            return str(Thought(reason=f"there is no {missing} in sight", subtask="ask for help"))
        return ""

    def _asked(self, instruction: str) -> tuple[str, str] | None:
        """Colour (or nothing) and kind of the first known thing in an instruction."""
        found = self._thing.search(instruction.lower())
        return (found[1] or "", found[2]) if found else None

    @cached_property
    def _kinds(self) -> frozenset[str]:
        return frozenset(name.split()[1] for name in self.names)

    @cached_property
    def _thing(self) -> re.Pattern[str]:
        """A known kind, with its colour where that is said; asked several times for each thought."""
        colours, kinds = (sorted({name.split()[i] for name in self.names}) for i in (0, 1))
        return re.compile(rf"\b(?:({'|'.join(colours)}) )?({'|'.join(kinds)})\b")
