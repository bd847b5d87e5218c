"""Convolutions beside the patches of a small picture encoder.

A patch of 12 pixels goes into a single linear layer, and a cup is eight pixels wide: convolutions learn what stands
where in a tenth of the steps. Source: Early convolutions help transformers see better, arXiv 2106.14881; here they have
tokens of their own, which the scene head reads, and which are added to those of the encoder through a layer that starts
from zero: a model that has learned without a stem can be given one.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from policy.model.kernels import Convolution

_FINE, _CHANNELS = 32, 64
_GROUPS = 8
_FEW = 4


class Stem(nn.Module):
    """Picture tokens from convolutions.

    Args:
        patch: pixels a side that a token stands for, a multiple of 4; width: of a token.
    """

    def __init__(self, patch: int, width: int) -> None:
        super().__init__()
        last = patch // 4
        self.net = nn.Sequential(
            nn.Conv2d(3, _FINE, 3, 2, 1), nn.GELU(),
            nn.Conv2d(_FINE, _FINE, 3, 1, 1), nn.GELU(),
            nn.Conv2d(_FINE, _CHANNELS, 3, 2, 1), Residual(_CHANNELS), Residual(_CHANNELS),
            nn.Conv2d(_CHANNELS, width, last + 2, last, 1), Residual(width), Residual(width),
        )  # fmt: skip
        self.out = nn.Linear(width, width)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, pictures: Tensor) -> Tensor:
        """Tensor[N, patches, width] from float[N, 3, size, size], −1 to 1."""
        batched = torch.channels_last if len(pictures) > _FEW else torch.contiguous_format  # each faster in its place
        seen: Tensor = self.net(pictures.to(self.out.weight.dtype, memory_format=batched))
        return seen.flatten(2).transpose(1, 2)


class Residual(nn.Module):
    """Two convolutions, normalised before, added to what goes in."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first, self.second = (nn.Conv2d(channels, channels, 3, padding=1) for _ in range(2))
        self.norm_first, self.norm_second = (nn.GroupNorm(_GROUPS, channels) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        inner = self.first(F.gelu(self.norm_first(x)))
        return x + self.second(F.gelu(self.norm_second(inner)))


class QuickStem:
    """A stem for inference: the same numbers, its convolutions packed once.

    Args:
        stem: whose weights are used, as they are now; they stay its own.
    """

    def __init__(self, stem: Stem) -> None:
        self.out = stem.out
        self._layers = [_quick(layer) for layer in stem.net]

    def __call__(self, pictures: Tensor) -> Tensor:
        """As `Stem.forward`."""
        x = pictures.to(self.out.weight.dtype)
        for layer in self._layers:
            x = layer(x)
        return x.flatten(2).transpose(1, 2)


def _quick(layer: nn.Module) -> Callable[[Tensor], Tensor]:
    if isinstance(layer, nn.Conv2d):
        return Convolution(layer)
    if not isinstance(layer, Residual):
        return layer
    first, second = Convolution(layer.first), Convolution(layer.second)

    def residual(x: Tensor) -> Tensor:
        inner = first(F.gelu(layer.norm_first(x)))
        return x + second(F.gelu(layer.norm_second(inner)))

    return residual
