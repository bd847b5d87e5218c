"""Sizes of the small instance that is trained on the simulated kitchen.

A published π0 needs none of this: its `config.json` says everything. Both stacks of π0 read one another's
keys and values layer by layer, so layer count, heads and head width are shared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from transformers import PI0Config

from robot_bridge.protocol.messages import WIDTH


@dataclass(frozen=True)
class SmallConfig:
    """A π0 that two CPU cores can train.

    Args:
        width, mlp: hidden and feed-forward width of the language model.
        expert_width, expert_mlp: the same of the action expert.
        vision_width, vision_layers, patch: the picture encoder; `patch` in pixels.
        horizon: rows of an action chunk.
        stem: convolutions beside the patches of the picture encoder.
    """

    layers: int = 4
    heads: int = 4
    head_dim: int = 32
    width: int = 128
    mlp: int = 384
    expert_width: int = 96
    expert_mlp: int = 256
    vision_width: int = 128
    vision_layers: int = 4
    image_size: int = 96
    patch: int = 12
    horizon: int = 16
    denoising_steps: int = 10
    stem: bool = False

    def to_pi0(self, vocabulary: int, image_token: int) -> PI0Config:
        """The `transformers` configuration for a tokenizer of this many entries."""
        attention = {
            "num_hidden_layers": self.layers,
            "num_attention_heads": self.heads,
            "num_key_value_heads": self.heads,
            "head_dim": self.head_dim,
        }
        text = {"model_type": "gemma", "hidden_size": self.width, "intermediate_size": self.mlp, **attention}
        vision = {
            "model_type": "siglip_vision_model",
            "hidden_size": self.vision_width,
            "intermediate_size": 4 * self.vision_width,
            "num_hidden_layers": self.vision_layers,
            "num_attention_heads": self.heads,
            "patch_size": self.patch,
            "image_size": self.image_size,
            "vision_use_head": False,
        }
        ours: dict[str, Any] = {"pointer": True, **({"stem": True} if self.stem else {})}
        expert = {"model_type": "gemma", "hidden_size": self.expert_width, "intermediate_size": self.expert_mlp}
        return PI0Config(
            vlm_config={
                "model_type": "paligemma",
                "text_config": {
                    **text,
                    "vocab_size": vocabulary,
                    "pad_token_id": 0,
                    "eos_token_id": 1,
                    "bos_token_id": 2,
                },
                "vision_config": vision,
                "projection_dim": self.width,
                "image_token_id": image_token,
            },
            dit_config={**expert, **attention},
            chunk_size=self.horizon,
            max_state_dim=WIDTH,
            max_action_dim=WIDTH,
            num_inference_steps=self.denoising_steps,
            **ours,
        )
