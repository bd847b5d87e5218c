"""What the model reads, as tensors: pictures, the prompt's words, the body's state as location tokens."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from policy.model.normalizer import Normalizer
from policy.model.tokenizer import ThoughtTokenizer
from prompts import render_context
from robot_bridge.protocol.errors import ProtocolError
from robot_bridge.protocol.messages import Context, Observation
from robot_bridge.protocol.thought import LOCATION_BINS, Thought

MAX_PROMPT_TOKENS = 160


def pictures_tensor(images: np.ndarray) -> Tensor:
    """uint8[…, height, width, 3] → float32[…, 3, height, width], −1 to 1 (SigLIP's scaling)."""
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(images, -1, -3))).float() / 127.5 - 1


def state_tokens(state: np.ndarray, tokenizer: ThoughtTokenizer) -> list[int]:
    """A normalised state, float32[width], as location tokens, one each; π0.5 reads its state as text like this."""
    bins = np.clip((state + 1.5) / 3.0 * LOCATION_BINS, 0, LOCATION_BINS - 1).astype(int)
    return [tokenizer.first_location + int(b) // tokenizer.location_step for b in bins]


def thought_place(thought: Thought) -> tuple[float, float, float]:
    """Column, row and 1 of the place that a thought names; zeros where it names none."""
    return (thought.where.x, thought.where.y, 1.0) if thought.where else (0.0, 0.0, 0.0)


class Prompter:
    """Turns observations and words into the model's input, for one checkpoint.

    Args:
        cameras: names of the cameras the model was trained with, in order.
        style: how the words are laid out, a name in prompts/policy.yaml.
    """

    def __init__(self, tokenizer: ThoughtTokenizer, normalizer: Normalizer, cameras: tuple[str, ...], size: int,
                 style: str) -> None:  # fmt: skip
        self.tokenizer, self.normalizer, self.cameras, self.size, self.style = (
            tokenizer,
            normalizer,
            cameras,
            size,
            style,
        )

    def prompt(self, context: Context, state: np.ndarray | None) -> list[int]:
        """Token ids of the prompt; a long instruction is cut, the state never.

        Args:
            state: float32[38] in the body's units; None where it is not known (a labelled still).
        """
        tokenizer, numbers = self.tokenizer, []
        words = tokenizer.encode(render_context(context, self.style))
        if state is not None:
            numbers = state_tokens(self.normalizer.state(state)[: self.normalizer.width], tokenizer)
        return [tokenizer.bos, *words[: MAX_PROMPT_TOKENS - len(numbers) - 1], *numbers]

    def pictures(self, observation: Observation) -> Tensor:
        """float32[1, cameras, 3, size, size].

        Raises:
            ProtocolError: a camera is missing or its picture has another size.
        """
        images = []
        for name in self.cameras:
            image = observation.images.get(name)
            if image is None or image.shape != (self.size, self.size, 3):
                got = "none" if image is None else "×".join(map(str, image.shape))
                raise ProtocolError(f"the model needs a picture of camera '{name}', got {got}",
                                    f"uint8[{self.size}, {self.size}, 3]")  # fmt: skip
            images.append(image)
        return pictures_tensor(np.stack(images))[None]
