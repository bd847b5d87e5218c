"""What people use today, on the very same weights: `transformers`' `generate` and `sample_actions`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from transformers import (
    LogitsProcessor,
    LogitsProcessorList,
    PaliGemmaForConditionalGeneration,
    PI0ForConditionalGeneration,
)

from policy.model.grammar import ThoughtGrammar
from policy.model.thoughtful_pi0 import ThoughtfulPI0, looked
from policy.model.writing import MAX_THOUGHT_TOKENS

OURS = ("pointer", "place_embedding")  # weights that `transformers` does not know


class GrammarProcessor(LogitsProcessor):
    """The grammar of thoughts, as `generate` takes it: what may not come gets no chance.

    Args:
        prompt: columns in front of the thought.
        places: log weights of the first and second location token, float32[bins] each; from `first_location` on.
    """

    def __init__(
        self, grammar: ThoughtGrammar, prompt: int, places: Sequence[Tensor] = (), first_location: int = 0
    ) -> None:
        self._grammar, self._prompt, self._places, self._first = grammar, prompt, places, first_location

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        state = self._grammar.walk(input_ids[0, self._prompt :].tolist())
        mask = self._grammar.masks_for(scores.shape[-1])[state.row]
        scores = scores.masked_fill(mask.to(scores.device), -torch.inf)
        if state.places is not None and state.places < len(self._places):
            prior = self._places[state.places]
            scores[0, self._first : self._first + len(prior)] += prior
        return scores


class Reference:
    """`transformers`' own classes around the modules of a model, so that both compute with the same numbers."""

    def __init__(self, model: ThoughtfulPI0, eos: int, pad: int) -> None:
        config: Any = model.config
        with torch.device("meta"):
            self._writer: Any = PaliGemmaForConditionalGeneration(config.vlm_config)
            self._actor: Any = PI0ForConditionalGeneration(config)
        self._writer.model = model.model.vlm
        self._vlm: Any = model.model.vlm
        self._stem = model.stem
        self._writer.lm_head.weight = model.get_input_embeddings().weight
        for name in ("model", "embed_action_time", "action_out_proj"):
            setattr(self._actor, name, getattr(model, name))
        for plain in (self._writer, self._actor):
            plain.eval()
        self._image: int = config.vlm_config.image_token_id
        self._ends = {"eos_token_id": eos, "pad_token_id": pad, "bos_token_id": None}

    @torch.no_grad()
    def generate(self, pictures: Tensor, features: int, prompt: list[int], processor: LogitsProcessor | None = None,
                 tokens: int = MAX_THOUGHT_TOKENS) -> list[int]:  # fmt: skip
        """The likeliest tokens behind a prompt, the end included.

        Args:
            pictures: float32[1, cameras, 3, size, size]; features: how many picture tokens they make.
        """
        ids = torch.tensor([[self._image] * features + prompt], device=pictures.device)
        with self._with_stem():
            out = self._writer.generate(
                input_ids=ids, pixel_values=pictures[0], attention_mask=torch.ones_like(ids),
                token_type_ids=torch.zeros_like(ids), do_sample=False, max_new_tokens=tokens,
                logits_processor=LogitsProcessorList([processor] if processor else []), **self._ends,
            )  # fmt: skip
        written: list[int] = out[0, ids.shape[1] :].tolist()
        return written

    @torch.no_grad()
    def sample_actions(
        self, pictures: Tensor, features: int, prompt: list[int], state: Tensor, noise: Tensor
    ) -> Tensor:
        """An action chunk from this noise, both float32[1, horizon, 38]."""
        ids = torch.tensor([[self._image] * features + prompt], device=pictures.device)
        cameras = torch.ones(pictures.shape[:2], dtype=torch.bool, device=pictures.device)
        with self._with_stem():
            actions: Tensor = self._actor.sample_actions(
                state=state, noise=noise, pixel_values=pictures, pixel_attention_mask=cameras, input_ids=ids,
                attention_mask=torch.ones_like(ids),
            )  # fmt: skip
        return actions

    @contextmanager
    def _with_stem(self) -> Iterator[None]:
        """Meanwhile the picture encoder of `transformers` knows the stem that ours has beside it."""
        plain, stem = self._vlm.get_image_features, self._stem

        def with_stem(pixel_values: Tensor, **options: Any) -> Any:
            found = plain(pixel_values, **options)
            tokens = found.pooler_output
            found.pooler_output = looked(tokens, pixel_values, stem).tokens
            return found

        self._vlm.get_image_features = with_stem
        try:
            yield
        finally:
            del self._vlm.get_image_features
