"""What the model is trained on: the next thought token, and what stands where in the picture."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from policy.model.scene import SceneHead

IGNORED = -100
_AFTER_GOES = 3  # goes in the SINK


def neighbour_weights(bins: int, spread: float) -> Tensor:
    """Soft targets for location tokens, float32[bins, bins]: a Gaussian of `spread` bins around the true one."""
    offsets = torch.arange(bins)[None] - torch.arange(bins)[:, None]
    weights = torch.exp(-0.5 * (offsets / spread) ** 2)
    return weights / weights.sum(1, keepdim=True)


def thought_loss(logits: Tensor, labels: Tensor, first_location: int, soft: Tensor, weights: Tensor) -> Tensor:
    """Cross-entropy of thought tokens, location tokens against softened targets.

    Args:
        logits: float[n, vocabulary]; labels: int64[n], −100 where nothing is to be learned.
        first_location: id of the first location token; the others follow it.
        soft: from `neighbour_weights`.
        weights: float32[n], of words; places count once.
    """
    wanted = labels != IGNORED
    scores, labels, weights = F.log_softmax(logits[wanted].float(), -1), labels[wanted], weights[wanted]
    bins = labels - first_location
    place = (bins >= 0) & (bins < len(soft))
    words = -(weights[~place, None] * scores[~place].gather(1, labels[~place, None])).sum()
    places = -(soft[bins[place]] * scores[place, first_location : first_location + len(soft)]).sum()
    return (words + places) / max(len(labels), 1)


def goal_weights(labels: Tensor, goes: int, weight: float) -> Tensor:
    """Weights of words, float32 of the labels' shape, more for those that say where a thing goes ("goes in the SINK").

    Args:
        labels: int64[B, T]; goes: id of the word "goes".
    """
    return torch.ones(labels.shape).masked_fill(goal_words(labels, goes), weight)


def goal_words(labels: Tensor, goes: int) -> Tensor:
    """Which words say where a thing goes, bool of the labels' shape; arguments as for `goal_weights`."""
    found = torch.zeros(labels.shape, dtype=torch.bool)
    found[:, _AFTER_GOES:] = labels[:, :-_AFTER_GOES] == goes
    return found


class PatchHead(SceneHead):
    """Teaches picture tokens where they lie and which objects have their centre in them.

    Dense labels teach the picture encoder an order of magnitude faster than the words of a thought do. Without the
    first part tokens forget where they are, since nothing else here asks for it, and no place can be read off them.
    """

    def loss(self, features: Tensor, patch: Tensor, name: Tensor, offset: Tensor, dirty: Tensor) -> Tensor:
        """Place of the patches; presence, offset and dirt of the objects in a batch of pictures.

        Args:
            features: Tensor[B, patches, width].
            patch: int64[n], flat index (picture · patches + patch) of each object's centre; name: int64[n], its class.
            offset: float32[n, 2], centre within the patch, −1 to 1 across and down; dirty: float32[n], 0 or 1.
        """
        out = self.out(features).float().reshape(-1, self.classes, 4)
        truth = torch.zeros(out.shape[:2])
        truth[patch, name] = 1
        presence = F.binary_cross_entropy_with_logits(out[..., 0], truth, reduction="sum") / max(len(patch), 1)
        here = out[patch, name]
        where = F.smooth_l1_loss(here[:, 1:3], offset, beta=0.1)
        dirt = F.binary_cross_entropy_with_logits(here[:, 3], dirty)
        return presence + 3 * where + 0.2 * dirt + 10 * self._place_loss(features)

    def _place_loss(self, features: Tensor) -> Tensor:
        """How badly column and row, −1 to 1, can be read off the tokens in a straight line."""
        grid = math.isqrt(features.shape[1])
        steps = torch.linspace(-1, 1, grid)
        places = torch.stack([steps.repeat(grid), steps.repeat_interleave(grid)], 1)
        return F.smooth_l1_loss(self.place(features).float(), places.expand(len(features), -1, -1), beta=0.05)
