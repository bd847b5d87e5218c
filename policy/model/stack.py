"""One stack of Gemma layers for inference: fused projections, and keys and values in buffers allocated once.

The same numbers as `transformers`' `GemmaModel`, with fewer and larger operations:
- the projections to queries, keys and values are one matrix, gate and up are another. The module's own parameters
  become views of them, so that nothing is held twice and the state dict keeps its names;
- keys and values are written in place; forgetting is a smaller number, not a copy;
- query heads that share a key head are folded into the rows, so that nothing is repeated;
- where only the last token's output is wanted, the last layer computes no more than that.

Source: Gemma, arXiv 2403.08295; rotary embedding, arXiv 2104.09864, in the half-split order of `transformers`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from policy.model.kernels import gated_gelu, linear, plus_linear


@dataclass
class KeyValues:
    """Keys and values per layer, Tensor[batch, 2 · kv heads, capacity, head_dim], the heads of the keys before those of
    the values; the first `length` columns are used.

    Args:
        real: bool[batch, capacity], which columns hold a token; None where all do, and position is column.
        positions: int64[batch], the position of each row's next token; None likewise.
    """

    layers: list[Tensor]
    length: int = 0
    real: Tensor | None = None
    positions: Tensor | None = None

    @property
    def capacity(self) -> int:
        return self.layers[0].shape[2]

    def reserve(self, columns: int) -> None:
        """Make room for so many columns, keeping what is there."""
        if columns <= self.capacity:
            return
        more = max(columns, 2 * self.capacity) - self.capacity
        self.layers = [F.pad(layer, (0, 0, 0, more)) for layer in self.layers]
        if self.real is not None:
            self.real = F.pad(self.real, (0, more))


@dataclass(frozen=True)
class _Layer:
    qkv: Tensor
    qkv_bias: Tensor | None
    out: Tensor
    out_bias: Tensor | None
    gate_up: Tensor
    down: Tensor
    norm_in: Tensor
    norm_mid: Tensor


@dataclass(frozen=True)
class _Pass:
    """Tokens on their way through all layers, and what they may see."""

    batch: int
    tokens: int
    kv: KeyValues
    mask: Tensor | None
    rope: tuple[Tensor, Tensor]
    store: bool
    columns: Tensor | None

    def keep(self, layer: int, new: Tensor) -> tuple[Tensor, Tensor]:
        """Write Tensor[B, T, 2 · kv heads, head_dim] down; all keys and values that may be seen."""
        start, new = self.kv.length, new.transpose(1, 2)
        whole = self.kv.layers[layer]
        if self.columns is not None:
            whole.index_copy_(2, self.columns, new)
        elif self.store:
            whole = whole[: self.batch, :, : start + self.tokens]
            whole[:, :, start:] = new
        else:
            whole = torch.cat([whole[: self.batch, :, :start], new], 2)
        keys, values = whole.chunk(2, 1)
        return keys, values


class Stack:
    """The layers of a `GemmaModel`; without autograd. Its weights are those of the module and follow it.

    Args:
        model: `transformers`' GemmaModel.
    """

    def __init__(self, model: Any) -> None:
        config = model.config
        self.heads, self.kv_heads = config.num_attention_heads, config.num_key_value_heads
        self.head_dim, self.width = config.head_dim, config.hidden_size
        self.eps, self.scale = config.rms_norm_eps, config.head_dim**-0.5
        if config.hidden_act not in ("gelu_pytorch_tanh",):
            raise ValueError(f"a Gemma with {config.hidden_act} is not known here")
        self._layers = [_fused(layer) for layer in model.layers]
        self.norm_out = 1.0 + model.norm.weight.detach().float()
        self._inv_freq = model.rotary_emb.inv_freq
        self._eps = torch.tensor(self.eps, device=self._inv_freq.device)
        self._rope(config.max_position_embeddings)
        self._last: tuple[tuple[int, int], tuple[Tensor, Tensor]] = ((-1, 0), (self._cos, self._sin))
        self._causal = torch.ones(0, 0, dtype=torch.bool)

    @property
    def depth(self) -> int:
        return len(self._layers)

    @property
    def like(self) -> Tensor:
        """A weight, for its device and dtype."""
        return self._layers[0].qkv

    def memory(self, batch: int, capacity: int) -> KeyValues:
        """Empty buffers for this many rows and columns."""
        shape = (batch, 2 * self.kv_heads, capacity, self.head_dim)
        return KeyValues([self.like.new_zeros(shape) for _ in self._layers])

    def run(self, x: Tensor, kv: KeyValues, mask: Tensor | None, *, positions: Tensor | None = None,
            last: bool = False, until: int | None = None, tap: int | None = None,
            store: bool = True, columns: Tensor | None = None) -> tuple[Tensor, Tensor | None]:  # fmt: skip
        """Read tokens behind what `kv` holds, and write their keys and values there; `kv.length` is left as it is.

        Args:
            x: Tensor[B, T, width].
            mask: bool, broadcastable to [B, T, length + T], True where a token may look; None lets all see all.
            positions: int64[B, T]; None counts on from the length.
            last: give the last token alone, Tensor[B, 1, width].
            until: stop behind this many layers; the output is then not normed.
            tap: also give the output of this many layers, not normed.
            store: False leaves `kv` untouched, as autograd needs it.
            columns: int64[T], where to write instead of behind the length; the mask then covers the whole capacity, so
                that no shape depends on the length.
        """
        batch, tokens, width = x.shape
        if store and columns is None:
            kv.reserve(kv.length + tokens)
        rope = self._rotation(kv.length, tokens, positions)
        if mask is not None and self.heads != self.kv_heads:
            mask = self._folded(mask, batch, tokens, mask.shape[-1])
        elif mask is not None and mask.ndim == 3:
            mask = mask[:, None]
        tapped, reading = None, _Pass(batch, tokens, kv, mask, rope, store, columns)
        flat = x.reshape(-1, width)
        depth = len(self._layers) if until is None else until
        for index in range(depth):
            if tap == index:
                tapped = flat.view(batch, tokens, width)
            only_last = last and index == depth - 1 and tokens > 1
            flat = self._layer(index, flat, reading, only_last)
        if until is None:
            flat = self._norm(flat, self.norm_out)
        return flat.view(batch, -1, width), tapped

    def causal(self, before: int, tokens: int) -> Tensor | None:
        """bool[tokens, before + tokens], True where a token may look; None for a single one."""
        if tokens == 1:
            return None
        size = before + tokens
        if len(self._causal) < size:
            self._causal = torch.ones(2 * size, 2 * size, dtype=torch.bool, device=self.like.device).tril()
        return self._causal[before:size, :size]

    def _layer(self, index: int, x: Tensor, reading: _Pass, only_last: bool) -> Tensor:
        layer, batch, tokens, mask = self._layers[index], reading.batch, reading.tokens, reading.mask
        heads, groups = self.heads, self.heads // self.kv_heads
        mixed = linear(self._norm(x, layer.norm_in), layer.qkv, layer.qkv_bias)
        mixed = mixed.view(batch, tokens, heads + 2 * self.kv_heads, self.head_dim)
        turned = _rotate(mixed, reading.rope)
        keys, values = reading.keep(index, turned[:, :, heads:])
        queries = turned[:, :, :heads]
        if only_last:
            queries, x, tokens = queries[:, -1:], x.view(batch, tokens, -1)[:, -1], 1
            mask = None if mask is None else _last_rows(mask, groups)
        if groups == 1:
            q = queries.transpose(1, 2)
        else:
            q = queries.reshape(batch, tokens, self.kv_heads, groups, self.head_dim)
            q = q.permute(0, 2, 3, 1, 4).reshape(batch, self.kv_heads, groups * tokens, self.head_dim)
        seen = F.scaled_dot_product_attention(q, keys, values, mask, scale=self.scale)
        if groups == 1:
            seen = seen.transpose(1, 2)
        else:
            seen = seen.view(batch, self.kv_heads, groups, tokens, self.head_dim).permute(0, 3, 1, 2, 4)
        x = plus_linear(x, seen.reshape(batch * tokens, -1), layer.out, layer.out_bias)
        return plus_linear(x, gated_gelu(self._norm(x, layer.norm_mid), layer.gate_up), layer.down)

    def _norm(self, x: Tensor, weight: Tensor) -> Tensor:
        """Gemma's: scaled in float32, then rounded."""
        if x.dtype == torch.float32:
            length = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
            return x * torch.addcmul(self._eps, length, length, value=1 / x.shape[-1]).rsqrt() * weight
        return torch.rms_norm(x.float(), (x.shape[-1],), weight, self.eps).to(x.dtype)

    def _rope(self, capacity: int) -> None:
        freqs = torch.arange(capacity, device=self._inv_freq.device).float()[:, None] * self._inv_freq.float()
        cos, sin = freqs.cos(), freqs.sin()
        self._cos = torch.cat([cos, cos], 1).to(self.like.dtype)
        self._sin = torch.cat([-sin, sin], 1).to(self.like.dtype)  # signed: the halves are only swapped

    def _rotation(self, start: int, tokens: int, positions: Tensor | None) -> tuple[Tensor, Tensor]:
        """Cosines and sines for all heads, [B or 1, T, heads + 2 · kv heads, head_dim]; values stay as they are."""
        if positions is not None:
            return self._for_heads(self._cos[positions], 1.0), self._for_heads(self._sin[positions], 0.0)
        if self._last[0] != (start, tokens):
            cos, sin = (table[None, start : start + tokens] for table in (self._cos, self._sin))
            self._last = ((start, tokens), (self._for_heads(cos, 1.0), self._for_heads(sin, 0.0)))
        return self._last[1]

    def _for_heads(self, table: Tensor, values: float) -> Tensor:
        turning, tokens = self.heads + self.kv_heads, table.shape[:2]
        still = table.new_full((*tokens, self.kv_heads, self.head_dim), values)
        return torch.cat([table[:, :, None].expand(*tokens, turning, self.head_dim), still], 2)

    def _folded(self, mask: Tensor, batch: int, tokens: int, columns: int) -> Tensor:
        """A mask for queries whose groups stand behind one another as rows."""
        groups = self.heads // self.kv_heads
        whole = mask.expand(batch, tokens, columns) if mask.ndim == 3 else mask.expand(1, tokens, columns)
        return whole[:, None, None].expand(-1, 1, groups, -1, -1).reshape(len(whole), 1, groups * tokens, columns)


def _last_rows(mask: Tensor, groups: int) -> Tensor:
    """Of a mask [B, 1, groups · T, columns] or [T, columns], the rows of the last token of each group."""
    if mask.shape[-2] == 1:
        return mask
    if groups == 1:
        return mask[..., -1:, :]
    tokens = mask.shape[-2] // groups
    return mask[..., tokens - 1 :: tokens, :]


def _rotate(x: Tensor, rope: tuple[Tensor, Tensor]) -> Tensor:
    """Rotary embedding of Tensor[B, T, heads, head_dim]."""
    cos, sin = rope
    return torch.addcmul(x * cos, x.roll(x.shape[-1] // 2, -1), sin)


def _fused(layer: Any) -> _Layer:
    attention, mlp = layer.self_attn, layer.mlp
    qkv, bias = join((attention.q_proj, attention.k_proj, attention.v_proj))
    gate_up, _ = join((mlp.gate_proj, mlp.up_proj))
    out_bias = attention.o_proj.bias
    return _Layer(
        qkv, bias, attention.o_proj.weight.detach(), None if out_bias is None else out_bias.detach(),
        gate_up, mlp.down_proj.weight.detach(),
        *(1.0 + norm.weight.detach().float() for norm in (layer.input_layernorm, layer.post_attention_layernorm)),
    )  # fmt: skip


def join(linears: tuple[nn.Linear, ...]) -> tuple[Tensor, Tensor | None]:
    """The weights of linear layers of one input as one matrix, of which theirs become views; their biases likewise.

    Returns:
        Tensor[sum of outputs, inputs] and Tensor[sum of outputs], None for layers without biases.
    """
    return _joined([linear.weight for linear in linears]), (
        None if linears[0].bias is None else _joined([linear.bias for linear in linears])
    )


def _joined(parameters: list[Any]) -> Tensor:
    first = parameters[0].data
    storage, at = first.untyped_storage().data_ptr(), first.storage_offset()
    together = True
    for parameter in parameters:  # already views of one matrix: a second engine on the same model
        together &= parameter.data.untyped_storage().data_ptr() == storage and parameter.data.storage_offset() == at
        at += parameter.numel()
    rows = sum(len(parameter) for parameter in parameters)
    if together:
        return first.as_strided((rows, *first.shape[1:]), first.stride(), first.storage_offset())
    whole = torch.cat([parameter.data for parameter in parameters])
    row = 0
    for parameter in parameters:
        parameter.data = whole[row : row + len(parameter)]
        row += len(parameter)
    return whole
