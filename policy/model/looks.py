"""Whether a thing looks dirty in a single picture, as the scene head sees it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from policy.model.prompting import pictures_tensor
from policy.model.scene import SEEN, SceneHead
from policy.model.thoughtful_pi0 import ThoughtfulPI0


class Looks:
    """Args: names: of the head's classes."""

    def __init__(self, model: ThoughtfulPI0, head: SceneHead, names: Sequence[str]) -> None:
        self._model, self._head = model, head
        self._rows = {name: row for row, name in enumerate(names)}

    @torch.no_grad()
    def dirt(self, picture: np.ndarray, name: str) -> float | None:
        """Log odds that it is dirty; None for a thing that the head does not know or hardly sees there.

        Args:
            picture: uint8[height, width, 3], RGB, of the first camera; name: as in `red cup`.
        """
        row = self._rows.get(name)
        if row is None:
            return None
        tokens = self._model.scene(pictures_tensor(picture[None, None]).to(self._model.device))[0]
        if float(self._head.presence(tokens)[row]) < SEEN:
            return None
        return float(self._head.dirt(tokens)[row])
