"""Samples as padded tensors: what the model reads and what it is to write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from policy.model.normalizer import Normalizer
from policy.model.prompting import Prompter, pictures_tensor, thought_place
from policy.model.thoughtful_pi0 import Targets
from policy.training.episodes import Samples
from policy.training.losses import IGNORED
from policy.training.pictures import Stills
from robot_bridge.protocol.messages import Context
from robot_bridge.protocol.thought import Thought, Where


@dataclass(frozen=True)
class TextBatch:
    """Pictures, prompts and thoughts. Shapes as in `ThoughtfulPI0.read`; labels int64[B, T] hold the token that
    follows, the first one belonging to the last prompt token; `patch` int64[B] and `offset` float32[B, 2] say where
    the thought's place is among the patches of the first camera."""

    pictures: Tensor
    prompt: Tensor
    prompt_mask: Tensor
    thought: Tensor
    thought_mask: Tensor
    labels: Tensor
    patch: Tensor
    offset: Tensor


def text_batch(prompter: Prompter, pictures: np.ndarray, states: np.ndarray | None, instructions: Sequence[str],
               thoughts: Sequence[str], grid: int, doing: Sequence[str] | None = None) -> TextBatch:  # fmt: skip
    """Pad prompts on the left and thoughts on the right; a thought that ends with a line break has no end to learn.

    Args:
        grid: patches a side of a picture.
        doing: subtasks of the thoughts before.
        pictures: uint8[B, cameras, size, size, 3]; states: float32[B, width], or None for stills.
    """
    tokenizer = prompter.tokenizer
    known = states if states is not None else [None] * len(instructions)
    before = doing if doing is not None else [""] * len(instructions)
    prompts = [prompter.prompt(context_of(i, d), s) for i, d, s in zip(instructions, before, known, strict=True)]
    wanted = [tokenizer.encode(thought) + [tokenizer.eos] * (not thought.endswith("\n")) for thought in thoughts]
    prompt, prompt_mask = _pad(prompts, tokenizer.pad, left=True)
    thought, thought_mask = _pad(wanted, tokenizer.pad, left=False)
    labels = thought.masked_fill(thought_mask == 0, IGNORED)
    patch, offset = _places(thoughts, grid)
    return TextBatch(pictures_tensor(pictures), prompt, prompt_mask, thought, thought_mask, labels, patch, offset)


def context_of(words: str, doing: str = "") -> Context:
    """An instruction with the notes of the home, one on each line after the first."""
    instruction, *notes = words.split("\n")
    return Context(instruction=instruction, notes=tuple(notes), doing=doing)


def _places(thoughts: Sequence[str], grid: int) -> tuple[Tensor, Tensor]:
    """Patch of each thought's `where` (−100 where it has none), and the place within it, −1 to 1."""
    patch, offset = torch.full((len(thoughts),), IGNORED), torch.zeros(len(thoughts), 2)
    for i, thought in enumerate(thoughts):
        _, found, text = thought.rpartition("where: ")
        if found:
            where = Where.parse(text)
            column, row = int(where.x * grid), int(where.y * grid)
            patch[i] = row * grid + column
            offset[i] = 2 * torch.tensor([where.x * grid - column - 0.5, where.y * grid - row - 0.5])
    return patch, offset


def action_targets(normalizer: Normalizer, samples: Samples) -> Targets:
    """Normalised chunks, with the place that each thought names."""
    actions = normalizer.actions(samples.actions, samples.state)
    places = [thought_place(Thought.parse(text)) for text in samples.thoughts]
    return Targets(torch.from_numpy(normalizer.state(samples.state)), torch.from_numpy(actions),
                   torch.from_numpy(samples.usable), torch.tensor(places))  # fmt: skip


def patch_targets(stills: Stills, grid: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """What `PatchHead.loss` wants: patch, class, offset and dirt of every object; `grid` patches a side."""
    rows = [(i, t.label, t.x * grid, t.y * grid, t.dirty) for i, things in enumerate(stills.things) for t in things]
    picture, label, across, down, dirty = torch.tensor(rows).T
    column, row = across.floor(), down.floor()
    offset = torch.stack([across - column - 0.5, down - row - 0.5], 1) * 2
    return (picture * grid * grid + row * grid + column).long(), label.long(), offset, dirty


def _pad(rows: Sequence[Sequence[int]], pad: int, left: bool) -> tuple[Tensor, Tensor]:
    longest = max(map(len, rows))
    ids, mask = torch.full((len(rows), longest), pad), torch.zeros(len(rows), longest, dtype=torch.long)
    for i, row in enumerate(rows):
        span = slice(longest - len(row), None) if left else slice(0, len(row))
        ids[i, span], mask[i, span] = torch.tensor(row), 1
    return ids, mask
