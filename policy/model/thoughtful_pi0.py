"""π0 that writes a thought before it acts.

Notable:
- `transformers`' `PI0ForConditionalGeneration` unchanged, so a published π0 loads with `from_pretrained`;
- the language head is PaliGemma's own, which is tied to the token embedding and so needs no weights of its own;
- one pass over [pictures][prompt] is shared by thinking and acting: thought tokens extend its key/value cache,
  and the action expert reads the cache, thought included;
- the prefix sees itself in both directions, the thought is causal (`token_type_ids` 0 and 1, as in PaliGemma).

Source: π0, arXiv 2410.24164 (flow matching, eq. 1–2; the two stacks); π0.5, arXiv 2504.16054 (text before actions);
knowledge insulation (the expert's gradient stops at the cache), arXiv 2505.23705, section 5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from policy.llvm import keep_triton_out

keep_triton_out()  # before the first model is imported
from transformers import PI0Config, PI0ForConditionalGeneration  # noqa: E402
from transformers.cache_utils import DynamicCache  # noqa: E402

from policy.model.pointer import PlaceEmbedding, Pointer  # noqa: E402
from policy.model.stem import QuickStem, Stem  # noqa: E402


@dataclass(frozen=True)
class Prefix:
    """What the language model has read so far.

    Args:
        cache: keys and values per layer, Tensor[batch, heads, length, head_dim].
        mask: int64[batch, length], 1 where a real token stands.
        hidden: Tensor[batch, length, width], the last layer's output.
        middle: the same half-way up, where the pointer looks in; None for a model without one.
        length: tokens of the prefix without the thought.
    """

    cache: DynamicCache
    mask: Tensor
    hidden: Tensor
    length: int
    middle: Tensor | None = None


@dataclass(frozen=True)
class Targets:
    """What the action expert learns from.

    Args:
        state: float32[B, 38], normalised; actions: float32[B, horizon, 38], normalised.
        usable: bool[B], which chunks are to be learned.
        place: float32[B, 3], where the thoughts point, see `PlaceEmbedding`.
    """

    state: Tensor
    actions: Tensor
    usable: Tensor
    place: Tensor


class Sizes(NamedTuple):
    """`image` side in px, `grid` patches a side, `width` of a picture token, rows of an action chunk (`horizon`)."""

    image: int
    grid: int
    width: int
    horizon: int


class Looked(NamedTuple):
    """`tokens`, Tensor[B, C · patches, width], of the language model; `scene`, of that shape, of the scene head."""

    tokens: Tensor
    scene: Tensor


def looked(tokens: Tensor, pictures: Tensor, stem: Stem | QuickStem | None) -> Looked:
    """What was seen, of an encoder's tokens and, where there is a stem, of its own.

    Args:
        tokens: Tensor[B, C · patches, width], the encoder's; pictures: float[B · C, 3, size, size].
    """
    if stem is None:
        return Looked(tokens, tokens)
    scene = stem(pictures).reshape(tokens.shape)
    return Looked(tokens + stem.out(scene), scene)


class ThoughtfulPI0(PI0ForConditionalGeneration):
    """π0 with the calls that thinking needs. Shapes: B batch, C cameras, P prompt tokens, T thought tokens."""

    def __init__(self, config: PI0Config) -> None:
        super().__init__(config)
        points = getattr(config, "pointer", False)  # a published π0 has none
        self.pointer = Pointer(self.sizes.width) if points else None
        self.place_embedding = PlaceEmbedding(self.expert_hidden_size) if points else None
        self.stem = self._new_stem() if getattr(config, "stem", False) else None

    @property
    def sizes(self) -> Sizes:
        """The few numbers of the configuration that the outside needs."""
        vlm: Any = self.config.vlm_config
        grid = vlm.vision_config.image_size // vlm.vision_config.patch_size
        return Sizes(vlm.vision_config.image_size, grid, vlm.text_config.hidden_size, self.config.chunk_size)

    def grow_stem(self) -> None:
        """Give a model that has none a stem, which changes nothing until it has learned."""
        self.config.stem = True
        self.stem = self.stem or self._new_stem()

    def _new_stem(self) -> Stem:
        return Stem(self.sizes.image // self.sizes.grid, self.sizes.width)

    def look(self, pictures: Tensor) -> Tensor:
        """Picture tokens, Tensor[B, C · patches, width], from float32[B, C, 3, size, size], −1 to 1."""
        return self.see(pictures).tokens

    def see(self, pictures: Tensor) -> Looked:
        """Picture tokens, and what the scene head reads, from float32[B, C, 3, size, size], −1 to 1."""
        flat, shape = pictures.flatten(0, 1), (len(pictures), -1, self.sizes.width)
        return looked(self.model.vlm.get_image_features(flat).pooler_output.reshape(shape), flat, self.stem)

    def scene(self, pictures: Tensor) -> Tensor:
        """What the scene head reads, as `see` has it, and nothing else."""
        if self.stem is None:
            return self.look(pictures)
        return self.stem(pictures.flatten(0, 1)).reshape(len(pictures), -1, self.sizes.width)

    def read(self, features: Tensor, prompt: Tensor, prompt_mask: Tensor, thought: Tensor | None = None,
             thought_mask: Tensor | None = None) -> Prefix:  # fmt: skip
        """Read picture tokens, prompt and, if given, a thought, in one pass.

        Args:
            features: from `look`.
            prompt: int64[B, P], padded on the left so that its last token is real; prompt_mask: int64[B, P].
            thought: int64[B, T], padded on the right; thought_mask: int64[B, T].
        """
        ids, mask = prompt, torch.cat([prompt.new_ones(features.shape[:2]), prompt_mask], 1)
        length = mask.shape[1]
        if thought is not None and thought_mask is not None:
            ids, mask = torch.cat([ids, thought], 1), torch.cat([mask, thought_mask], 1)
        kinds = torch.zeros_like(mask)
        kinds[:, length:] = 1
        out = self.model.vlm(
            inputs_embeds=torch.cat([features, self.get_input_embeddings()(ids).to(features.dtype)], 1),
            attention_mask=mask,
            position_ids=(mask.cumsum(-1) - 1).clamp(min=0),
            token_type_ids=kinds,
            use_cache=True,
            output_hidden_states=self.pointer is not None,
        )
        middle = out.hidden_states[len(out.hidden_states) // 2] if self.pointer is not None else None
        return Prefix(out.past_key_values, mask, out.last_hidden_state, length, middle)

    def extend(self, prefix: Prefix, tokens: Tensor) -> Prefix:
        """Read on: int64[B, T] more thought tokens, causally, into the same cache (which is changed)."""
        mask = torch.cat([prefix.mask, torch.ones_like(tokens)], 1)
        out = self.model.vlm(
            input_ids=tokens,
            attention_mask=mask,
            position_ids=(mask.cumsum(-1) - 1)[:, -tokens.shape[1] :],
            past_key_values=prefix.cache,
            use_cache=True,
        )
        return Prefix(out.past_key_values, mask, out.last_hidden_state, prefix.length)

    def logits(self, hidden: Tensor) -> Tensor:
        """Scores of the next token, Tensor[…, vocabulary], from hidden states (the tied head)."""
        head: Any = self.get_input_embeddings()
        return hidden @ head.weight.T

    def velocity(self, prefix: Prefix, state: Tensor, noisy: Tensor, time: Tensor, place: Tensor | None) -> Tensor:
        """The flow at noisy actions, Tensor[B, horizon, 38]; the cache grows by the expert's own tokens.

        Args:
            state: float32[B, 38]; noisy: float32[B, horizon, 38]; time: float32[B], 1 (noise) to 0 (actions).
            place: float32[B, 3], see `PlaceEmbedding`; None leaves it out.
        """
        embeds = self.embed_action_time(state, noisy, time)
        if place is not None and self.place_embedding is not None:
            first = embeds[:, :1] + self.place_embedding(place)[:, None].to(embeds.dtype)
            embeds = torch.cat([first, embeds[:, 1:]], 1)
        out = self.model(action_embeds=embeds, past_key_values=prefix.cache, attention_mask=prefix.mask)
        return self.action_out_proj(out.last_hidden_state[:, -noisy.shape[1] :])

    def velocity_loss(self, prefix: Prefix, targets: Targets, width: int, draws: int) -> Tensor:
        """Flow-matching loss, Tensor[], of action chunks under a read prefix: a mean over `draws` noises and times.

        The cache is detached: the expert learns to read it, and does not bend it (knowledge insulation).

        Args:
            width: joints that the bodies in this batch have; the rest carries no noise and no loss.
        """
        cache = DynamicCache()
        layers: list[Any] = prefix.cache.layers
        for index, layer in enumerate(layers):
            keys, values = (x.detach().repeat(draws, 1, 1, 1) for x in (layer.keys, layer.values))
            cache.update(keys, values, index)
        repeated = Prefix(cache, prefix.mask.repeat(draws, 1), prefix.hidden, prefix.length)
        actions = targets.actions.repeat(draws, 1, 1)
        noise = torch.randn_like(actions)
        noise[..., width:] = 0
        time = torch.distributions.Beta(self.config.time_sampling_beta_alpha, 1.0).sample((len(actions),))
        time = (time * self.config.time_sampling_scale + self.config.time_sampling_offset).to(actions)
        noisy = time[:, None, None] * noise + (1 - time[:, None, None]) * actions
        flow = self.velocity(repeated, targets.state.repeat(draws, 1), noisy, time, targets.place.repeat(draws, 1))
        error = F.mse_loss(flow[..., :width].float(), (noise - actions)[..., :width], reduction="none").mean((1, 2))
        weight = targets.usable.repeat(draws).float()
        return (error * weight).sum() / weight.sum().clamp(min=1)

    @torch.no_grad()
    def denoise(self, prefix: Prefix, state: Tensor, noise: Tensor, steps: int, place: Tensor | None = None) -> Tensor:
        """Integrate the flow from noise (time 1) to actions (time 0), float32[B, horizon, 38], in Euler steps."""
        length = prefix.cache.get_seq_length()
        actions = noise
        for step in range(steps):
            time = torch.full((len(state),), 1.0 - step / steps, device=state.device)
            flow = self.velocity(prefix, state, actions, time, place)
            prefix.cache.crop(length - prefix.cache.get_seq_length())
            actions = actions - flow / steps
        return actions
