"""Points at what a thought is about, straight from the picture tokens."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

NOWHERE = -100
_WAVES = 5
_SPREAD = 3.0 / 1024 * 4  # σ of the pointed place as a share of the picture: about one pixel of 96
_ASTRAY = -3.0  # log weight of all other places: the pointer is plainly wrong more often than the words are


class Pointer(nn.Module):
    """A score and an offset for each picture token, half-way up the language model, where the instruction was seen.

    It makes picture tokens notice that the words speak of them, and it helps to write location tokens: a place
    learned from the words of a thought alone takes many times as much training to become as sharp.

    Args:
        width: of the language model.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.out = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 3))

    def loss(self, tokens: Tensor, patch: Tensor, offset: Tensor) -> Tensor:
        """Cross-entropy over the patches, and the place within the right one.

        Args:
            tokens: Tensor[B, patches, width].
            patch: int64[B], −100 where the thought names no place; offset: float32[B, 2], −1 to 1.
        """
        out = self.out(tokens).float()
        known = patch != NOWHERE
        if not known.any():
            return out.sum() * 0
        here = out[known, patch[known], 1:]
        return F.cross_entropy(out[..., 0], patch) + F.smooth_l1_loss(here, offset[known], beta=0.1)

    def place(self, tokens: Tensor) -> tuple[float, float]:
        """Row and column pointed at, as fractions of the picture, from Tensor[patches, width]."""
        out = self.out(tokens).detach().float()
        grid, best = math.isqrt(len(out)), int(out[:, 0].argmax())
        across, down = (0.5 + 0.5 * float(v.clamp(-1, 1)) for v in out[best, 1:])
        return (best // grid + down) / grid, (best % grid + across) / grid


class PlaceEmbedding(nn.Module):
    """Tells the action expert where, in numbers: sines and cosines of the thought's place, added to the state token.

    The place is in the cache too, as two location tokens; reading it off there to a centimetre takes an expert far
    more training.

    Args:
        width: of the action expert.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.out = nn.Sequential(nn.Linear(3 + 4 * _WAVES, 2 * width), nn.SiLU(), nn.Linear(2 * width, width))

    def forward(self, place: Tensor) -> Tensor:
        """Tensor[B, width] from float32[B, 3]: column and row, 0 to 1, and 1; all zero where there is no place."""
        phase = place[:, :2, None] * torch.pi * 2.0 ** torch.arange(_WAVES, device=place.device)
        waves = torch.cat([phase.sin(), phase.cos()], 2).flatten(1) * place[:, 2:]
        return self.out(torch.cat([place, waves], 1))


def place_prior(fraction: float, bins: int) -> Tensor:
    """Log weights of location tokens around a pointed place, float32[bins]: a Gaussian on a floor, up to a constant.

    The floor lets words that are sure of another place have their way: of 508 thoughts of picking something up in
    chores, the pointer alone was off by more than 20 of 96 pixels in 43, words alone in 13, and both in 10.
    """
    centres = (torch.arange(bins) + 0.5) / bins
    around = -0.5 * ((centres - fraction) / _SPREAD) ** 2
    return torch.logaddexp(around, torch.tensor(_ASTRAY))
