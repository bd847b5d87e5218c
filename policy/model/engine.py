"""`ThoughtfulPI0` for inference: the same weights and numbers in far fewer operations.

    look      pictures → picture tokens
    read      picture tokens, prompt → a `Reading`: keys and values, shared by thinking and acting
    extend    thought tokens behind a reading, any number at once; `keep` says which of them stay
    denoise   the flow from noise to actions under what was read

Notable:
- the state token of the action expert sees neither noise nor time: it is read once, not once a denoising step;
- the two linear maps into the expert's first layer are one, and its part of the time is worked out beforehand;
- several readings are put side by side in one batch with columns that are masked where a row has nothing.

Source: π0, arXiv 2410.24164, appendix B; equality with `transformers` is held by tests.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from policy.model.graphs import FixedSteps
from policy.model.stack import KeyValues, Stack
from policy.model.stem import QuickStem
from policy.model.thoughtful_pi0 import Looked, ThoughtfulPI0, looked
from policy.model.vision import Vision

ROOM = 96  # columns behind a prefix: a thought, the state and an action chunk

Guide = Callable[[Tensor, Tensor, float], Tensor]


@dataclass
class Reading:
    """A prefix that was read, and what was said behind it.

    Args:
        kv: of one row; its length counts prefix and `said`.
        prefix: columns of the prefix.
        hidden: Tensor[1, width], the output at the prefix's last token.
        middle: Tensor[columns, width], the output half-way up, where the pointer looks in; None if there is none.
        said: thought tokens in `kv` behind the prefix.
    """

    kv: KeyValues
    prefix: int
    hidden: Tensor
    middle: Tensor | None
    said: list[int] = field(default_factory=list)

    def rewind(self, tokens: Sequence[int] = ()) -> int:
        """Forget what was said, but for the beginning that these tokens share with it; its length."""
        shared = 0
        while shared < min(len(self.said), len(tokens)) and self.said[shared] == tokens[shared]:
            shared += 1
        del self.said[shared:]
        self.kv.length = self.prefix + shared
        return shared


class Engine:
    """Without autograd but where a guide asks for it; one caller at a time.

    Args:
        model: whose weights are used, as they are now; they stay its own.
        fixed: one robot's steps have shapes that never change; None: on a GPU, where they are recorded.
    """

    def __init__(self, model: ThoughtfulPI0, fixed: bool | None = None) -> None:
        self._model = model
        self.vlm, self.expert = Stack(model.model.vlm.language_model), Stack(model.model.dit)
        self._vision = Vision(model.model.vlm)
        self._stem = None if model.stem is None else QuickStem(model.stem)
        embedding: Any = model.get_input_embeddings()
        self._words, self._scale = embedding.weight.detach(), float(embedding.scalar_embed_scale)
        self._points = model.pointer is not None
        into, mixing = model.embed_action_time.action_in_proj, model.embed_action_time.action_time_mlp_in
        half = mixing.in_features // 2
        self._first = (mixing.weight[:, :half] @ into.weight).detach()
        self._first_bias = (mixing.weight[:, :half] @ into.bias + mixing.bias).detach()
        self._time = mixing.weight[:, half:].detach()
        self._times: dict[int, list[Tensor]] = {}
        self._on_gpu = self._words.device.type == "cuda"
        self._fixed: FixedSteps | None = None
        self._wants_fixed = self._on_gpu if fixed is None else fixed

    def look(self, pictures: Tensor) -> Tensor:
        """Picture tokens, Tensor[B, C · patches, width], from float32[B, C, 3, size, size], −1 to 1."""
        return self.see(pictures).tokens

    @torch.no_grad()
    def see(self, pictures: Tensor) -> Looked:
        """Picture tokens, and what the scene head reads, from float32[B, C, 3, size, size], −1 to 1."""
        return looked(self._vision.look(pictures), pictures.flatten(0, 1), self._stem)

    @torch.no_grad()
    def middle(self, features: Tensor, prompt: list[int]) -> Tensor:
        """What the pointer looks at under another prompt: Tensor[columns, width], from Tensor[N, width]."""
        x = torch.cat([features, self.embed(torch.tensor(prompt, device=features.device))])[None]
        out, _ = self.vlm.run(x, self.vlm.memory(1, x.shape[1]), None, until=self.vlm.depth // 2)
        return out[0]

    @torch.no_grad()
    def read(self, features: Sequence[Tensor], prompts: Sequence[list[int]]) -> list[Reading]:
        """One reading for each row.

        Args:
            features: Tensor[N, width] each, from `look`.
        """
        if len(prompts) == 1:
            return [self._read_one(features[0], prompts[0])]
        sizes = [len(f) + len(p) for f, p in zip(features, prompts, strict=True)]
        x = self.vlm.like.new_zeros(len(sizes), max(sizes), self.vlm.width)
        for row, (feature, prompt) in enumerate(zip(features, prompts, strict=True)):
            x[row, : sizes[row]] = torch.cat([feature, self.embed(torch.tensor(prompt, device=x.device))])
        real = torch.arange(max(sizes), device=x.device) < torch.tensor(sizes, device=x.device)[:, None]
        kv = self.vlm.memory(len(sizes), max(sizes))
        hidden, middle = self.vlm.run(x, kv, real[:, None], tap=self._tap)
        readings = []
        for row, size in enumerate(sizes):
            own = self.vlm.memory(1, size + ROOM)
            _copy(kv, own, row, 0, 0, size)
            own.length = size
            readings.append(Reading(own, size, hidden[row, size - 1 : size], None if middle is None else middle[row]))
        return readings

    @torch.no_grad()
    def extend(self, kv: KeyValues, rows: Sequence[Sequence[int]], last: bool = False) -> Tensor:
        """Read tokens behind a cache, padded on the right: the outputs, Tensor[B, T, width]; `last` gives only the
        last column's. They count once `keep` has said so."""
        longest = max(map(len, rows))
        if longest == 1 and self._fixed is not None and kv is self._fixed.kv:
            return self._fixed.step(rows[0][0])
        ids = torch.tensor([[*row, *[0] * (longest - len(row))] for row in rows], device=self._words.device)
        mask, positions = self.vlm.causal(kv.length, longest), None
        if kv.real is not None and kv.positions is not None:
            kv.reserve(kv.length + longest)
            seen = kv.real[:, None, : kv.length + longest].clone()
            seen[..., kv.length :] = True  # the causal half below keeps padding from those it does not follow
            mask = seen if mask is None else seen & mask
            positions = kv.positions[:, None] + torch.arange(longest, device=ids.device)
        return self.vlm.run(self.embed(ids), kv, mask, positions=positions, last=last)[0]

    @staticmethod
    def keep(kv: KeyValues, counts: Sequence[int], read: int) -> None:
        """Of the `read` columns read last, the first so many of each row stay."""
        if kv.real is None or kv.positions is None:
            kv.length += counts[0]
            return
        kept = torch.tensor(counts, device=kv.real.device)
        kv.real[:, kv.length : kv.length + read] = torch.arange(read, device=kept.device) < kept[:, None]
        kv.positions = kv.positions + kept
        kv.length += read

    def beside(self, readings: Sequence[Reading]) -> KeyValues:
        """One cache that holds what each of these readings holds; a single one's own, where no shape is fixed."""
        if len(readings) == 1:
            return self._into_fixed(readings[0].kv) if self._wants_fixed else readings[0].kv
        longest = max(reading.kv.length for reading in readings)
        kv = self.vlm.memory(len(readings), longest + ROOM)
        device = self._words.device
        kv.positions = torch.tensor([reading.kv.length for reading in readings], device=device)
        kv.real = torch.arange(kv.capacity, device=device) < kv.positions[:, None]
        for row, reading in enumerate(readings):
            _copy(reading.kv, kv, 0, row, 0, reading.kv.length)
        kv.length = longest
        return kv

    def logits(self, hidden: Tensor) -> Tensor:
        """float32[…, vocabulary], scores of the next token (the tied head)."""
        return F.linear(hidden, self._words).float()

    @torch.no_grad()
    def denoise(self, kv: KeyValues, state: Tensor, noise: Tensor, steps: int, place: Tensor | None = None,
                guide: Guide | None = None) -> Tensor:  # fmt: skip
        """Integrate the flow from noise (time 1) to actions (time 0), float32[B, horizon, 38], in Euler steps; the
        cache is as before.

        Args:
            state: float32[B, 38]; place: float32[B, 3], see `PlaceEmbedding`.
            guide: given actions that carry a gradient, the flow there and the time, the flow to follow instead.
        """
        if guide is None and self._fixed is not None and kv is self._fixed.kv:
            return self._fixed.denoise(state, noise, steps, place)
        length = kv.length
        try:
            self._run_expert(self.first_token(state, place)[:, None], kv, 0)
            kv.length += 1
            actions = noise
            for step, time in enumerate(self.time_biases(steps)):
                if guide is None:
                    flow = self._flow(kv, actions, time)
                else:
                    with torch.enable_grad():
                        actions = actions.detach().requires_grad_()
                        flow = guide(actions, self._flow(kv, actions, time), 1.0 - step / steps)
                actions = actions.detach() - flow.detach() / steps
            return actions
        finally:
            kv.length = length

    @property
    def vocabulary(self) -> int:
        """Entries of the language head."""
        return len(self._words)

    @property
    def _tap(self) -> int | None:
        return self.vlm.depth // 2 if self._points else None

    def embed(self, ids: Tensor) -> Tensor:
        """Words as the language model takes them in: int64[…] → Tensor[…, width]."""
        return F.embedding(ids, self._words) * self._scale

    def first_token(self, state: Tensor, place: Tensor | None) -> Tensor:
        """The expert's token of state and place, Tensor[B, width]."""
        into = self._model.embed_action_time.state_proj
        first = F.linear(state.to(self._first.dtype), into.weight, into.bias)
        if place is None or self._model.place_embedding is None:
            return first
        return first + self._model.place_embedding(place).to(first.dtype)

    def noisy_tokens(self, actions: Tensor, time: Tensor) -> Tensor:
        """The expert's tokens of noisy actions, [B, horizon, 38] → [B, horizon, width], at a time of `time_biases`."""
        mixing = self._model.embed_action_time.action_time_mlp_out
        x = F.silu(F.linear(actions.to(self._first.dtype), self._first, time))
        return F.linear(x, mixing.weight, mixing.bias)

    def flow_of(self, out: Tensor) -> Tensor:
        """The flow that the expert's output stands for: [B, horizon, width] → [B, horizon, 38]."""
        return F.linear(out, self._model.action_out_proj.weight, self._model.action_out_proj.bias)

    def _read_one(self, features: Tensor, prompt: list[int]) -> Reading:
        x = torch.cat([features, self.embed(torch.tensor(prompt, device=features.device))])[None]
        kv = self.vlm.memory(1, x.shape[1] + ROOM)
        hidden, middle = self.vlm.run(x, kv, None, last=True, tap=self._tap)
        kv.length = x.shape[1]
        return Reading(kv, kv.length, hidden[0], None if middle is None else middle[0])

    def _flow(self, kv: KeyValues, actions: Tensor, time: Tensor) -> Tensor:
        return self.flow_of(self._run_expert(self.noisy_tokens(actions, time), kv, 1)).to(actions.dtype)

    def _into_fixed(self, kv: KeyValues) -> KeyValues:
        """The buffer of fixed size with this cache's columns in it."""
        if self._fixed is None or self._fixed.kv.capacity < kv.length + ROOM:
            self._fixed = FixedSteps(self, kv.length + 2 * ROOM, self._on_gpu)
        _copy(kv, self._fixed.kv, 0, 0, 0, kv.length)
        self._fixed.kv.length = kv.length
        return self._fixed.kv

    def _run_expert(self, x: Tensor, kv: KeyValues, before: int) -> Tensor:
        """The expert's tokens behind a cache, and behind so many of its own: they see all of it and one another."""
        store = not torch.is_grad_enabled()
        if kv.real is None or kv.positions is None:
            return self.expert.run(x, kv, None, store=store)[0]
        tokens = x.shape[1]
        kv.reserve(kv.length + tokens)
        mask = kv.real[:, None, : kv.length + tokens].clone()
        mask[..., kv.length - before :] = True
        positions = kv.positions[:, None] + before + torch.arange(tokens, device=x.device)
        return self.expert.run(x, kv, mask.expand(-1, tokens, -1), positions=positions, store=store)[0]

    def time_biases(self, steps: int) -> list[Tensor]:
        """What time adds in front of the expert, Tensor[width] for each step."""
        if steps not in self._times:
            embed = self._model.embed_action_time.sinusoid_embeds
            times = torch.tensor([1.0 - step / steps for step in range(steps)], device=self._words.device)
            waves = embed(times).to(self._time.dtype)
            self._times[steps] = list(F.linear(waves, self._time, self._first_bias))
        return self._times[steps]


def _copy(source: KeyValues, target: KeyValues, source_row: int, target_row: int, start: int, end: int) -> None:
    for layer, own in zip(source.layers, target.layers, strict=True):
        own[target_row, :, start:end] = layer[source_row, :, start:end]
