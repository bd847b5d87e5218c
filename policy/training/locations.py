"""Location tokens that start out as neighbours of one another."""

from __future__ import annotations

import math

import torch
from torch import Tensor

_WAVES = 24


@torch.no_grad()
def order_locations(embedding: Tensor, first: int, bins: int) -> None:
    """Give the location tokens random mixtures of sines and cosines of their place, at the scale of the other tokens.

    Near places then have near embeddings, at the input and at the tied output alike, and a place that was never
    trained on lies between two that were; half of each embedding's power is shared by all of them, so that "a place
    came before" can be told without knowing which. Fourier features as in arXiv 2006.10739, section 4, with
    frequencies of 1/2 to 12 waves over the picture.

    Args:
        embedding: float32[vocabulary, width], changed in place.
        first: id of the first of `bins` location tokens.
    """
    place = torch.linspace(0, 1, bins)[:, None]
    waves = torch.arange(1, _WAVES + 1)[None] * math.pi
    features = torch.cat([torch.sin(place * waves), torch.cos(place * waves)], 1)
    fading = 1 / torch.arange(1, _WAVES + 1).repeat(2).sqrt()
    generator = torch.Generator().manual_seed(0)
    mixed = (features * fading) @ torch.randn(2 * _WAVES, embedding.shape[1], generator=generator)
    shared = torch.randn(1, embedding.shape[1], generator=generator)
    spread = embedding[:first].std() if first > 1 else mixed.std()
    embedding[first : first + bins] = (mixed / mixed.std() + shared) * spread / math.sqrt(2)
