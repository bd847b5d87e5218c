"""SigLIP and PaliGemma's projector for inference: the same numbers as `get_image_features`, in fewer operations.

Source: SigLIP, arXiv 2303.15343, as in `transformers` (`SiglipVisionModel`).
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from policy.model.kernels import linear, linear_gelu
from policy.model.stack import join


class Vision:
    """Pictures to picture tokens, without autograd.

    Args:
        model: `transformers`' PaliGemmaModel.
    """

    def __init__(self, model: Any) -> None:
        tower, config = model.vision_tower, model.vision_tower.config
        if config.hidden_act != "gelu_pytorch_tanh":
            raise ValueError(f"a SigLIP with {config.hidden_act} is not known here")
        self._heads, self._eps, self._patch = config.num_attention_heads, config.layer_norm_eps, config.patch_size
        weight = tower.embeddings.patch_embedding.weight.detach()
        self._width = len(weight)
        self._patches = weight.flatten(1)
        self._places = (tower.embeddings.position_embedding.weight + tower.embeddings.patch_embedding.bias).detach()
        self._layers = [(layer, *join((layer.self_attn.q_proj, layer.self_attn.k_proj, layer.self_attn.v_proj)))
                        for layer in tower.encoder.layers]  # fmt: skip
        self._after, self._project = tower.post_layernorm, model.multi_modal_projector.linear

    @torch.no_grad()
    def look(self, pictures: Tensor) -> Tensor:
        """Tensor[B, C · patches, width] from float32[B, C, 3, size, size], −1 to 1."""
        batch, width, dtype = len(pictures), self._width, self._patches.dtype
        cut = F.unfold(pictures.flatten(0, 1).to(dtype), self._patch, stride=self._patch).transpose(1, 2)
        x = linear(cut, self._patches) + self._places
        shape = (*x.shape[:2], 3, self._heads, width // self._heads)
        x = x.reshape(-1, width)
        for layer, qkv, bias in self._layers:
            first, second, mlp, out = layer.layer_norm1, layer.layer_norm2, layer.mlp, layer.self_attn.out_proj
            mixed = linear(F.layer_norm(x, (width,), first.weight, first.bias, self._eps), qkv, bias)
            q, k, v = mixed.view(shape).permute(2, 0, 3, 1, 4)
            seen = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(-1, width)
            x = x + linear(seen, out.weight, out.bias)
            normed = F.layer_norm(x, (width,), second.weight, second.bias, self._eps)
            x = x + linear(linear_gelu(normed, mlp.fc1.weight, mlp.fc1.bias), mlp.fc2.weight, mlp.fc2.bias)
        x = F.layer_norm(x, (width,), self._after.weight, self._after.bias, self._eps)
        tokens = linear(x, self._project.weight, self._project.bias)
        return tokens.view(batch, -1, tokens.shape[-1])
