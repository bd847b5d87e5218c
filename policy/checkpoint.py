"""A checkpoint: one folder with weights (safetensors), configuration, tokenizer, and a card that says how it was made.

config.json          `PI0Config`, so that `transformers` loads the weights by itself
model.safetensors    weights
scene.safetensors    the scene head, where there is one
tokenizer.json       the small tokenizer
checkpoint.yaml      `Card`
"""

from __future__ import annotations

import os
import shutil
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
import yaml
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from transformers import PI0Config

from policy.model.normalizer import Normalizer
from policy.model.prompting import Prompter
from policy.model.scene import SceneHead, Sight
from policy.model.thoughtful_pi0 import Sizes, ThoughtfulPI0
from policy.model.tokenizer import FILE as TOKENIZER_FILE
from policy.model.tokenizer import ThoughtTokenizer
from robot_bridge.protocol.errors import CheckpointError

FORMAT = 1
EMBEDDED = "embedded"
SCENE_FILE = "scene.safetensors"
_MEND = "copy the folder again, or name another with `--checkpoint`"


class Card(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a checkpoint was made and how it is to be used.

    Args:
        cameras: which cameras it reads, in order.
        style: how words are laid out for it, a name in prompts/policy.yaml.
        dt_s: time between rows of its action chunks.
        temperature: scale of the noise that action chunks are drawn from; 1 as trained, 0 the same chunk every time.
        classes: names of what the scene head knows, in its order; empty without `scene.safetensors`.
        rest: the pose, in the body's units, in which the scene head is asked.
        grippers: which joints open and close one; an open one closes only to pick something up.
        code_version: of robot-coach when it was trained.
        seeds: what data it saw: name → text.
        figures: what was measured: name → number or text.
    """

    name: str
    cameras: tuple[str, ...]
    style: str
    dt_s: float
    normalizer: Normalizer
    code_version: str
    temperature: float = 1.0
    classes: tuple[str, ...] = ()
    rest: tuple[float, ...] = ()
    grippers: tuple[int, ...] = ()
    seeds: dict[str, Any] = {}
    figures: dict[str, Any] = {}
    format: int = FORMAT


def embedded_folder() -> Path:
    """Where the package keeps the checkpoint that needs no download."""
    return Path(str(resources.files("policy"))) / "embedded"


def save_checkpoint(
    folder: Path, config: PI0Config, weights: dict[str, torch.Tensor], tokenizer: Path, card: Card,
    scene: dict[str, torch.Tensor] | None = None,
) -> None:  # fmt: skip
    """Write a checkpoint so that a crash leaves the old one or the new one, never half of each.

    Args:
        scene: weights of the scene head whose classes the card names.
    """
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    config.save_pretrained(partial)
    save_file({k: v.contiguous() for k, v in weights.items()}, partial / "model.safetensors", metadata={"format": "pt"})
    if scene is not None:
        save_file({k: v.contiguous() for k, v in scene.items()}, partial / SCENE_FILE)
    shutil.copyfile(tokenizer, partial / TOKENIZER_FILE)
    text = yaml.safe_dump(msgspec.to_builtins(card), sort_keys=False, default_flow_style=None, width=120)
    (partial / "checkpoint.yaml").write_text(text, "utf-8")
    if folder.exists():
        old = folder.with_name(f".{folder.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        os.rename(folder, old)
    os.rename(partial, folder)
    shutil.rmtree(folder.with_name(f".{folder.name}.old"), ignore_errors=True)


def read_card(folder: Path) -> Card:
    """The card of a checkpoint.

    Raises:
        CheckpointError: no such folder, or its card is missing, wrong or of a newer format.
    """
    path = folder / "checkpoint.yaml"
    try:
        data = yaml.safe_load(path.read_text("utf-8"))
        if isinstance(data, dict) and data.get("format", FORMAT) > FORMAT:
            raise CheckpointError(f"{path} has format {data['format']}", f"at most {FORMAT}", "update robot-coach")
        return msgspec.convert(data, Card)
    except OSError:
        raise CheckpointError(
            f"there is no checkpoint in {folder}", next_step="name a folder with a checkpoint.yaml"
        ) from None
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise CheckpointError(f"cannot read {path}: {error}", next_step=_MEND) from None


def load_model(folder: Path, device: str) -> ThoughtfulPI0:
    """The model of a checkpoint.

    Raises:
        CheckpointError: weights or configuration are missing, cut short or do not fit each other.
    """
    try:
        config = PI0Config.from_pretrained(folder)
        weights = load_file(folder / "model.safetensors")
    except (OSError, ValueError, SafetensorError) as error:
        raise CheckpointError(f"cannot read the weights in {folder}: {error}", next_step=_MEND) from None
    with torch.device("meta"):  # shapes without memory: a wrong config.json may describe a model of gigabytes
        expected = {name: tensor.shape for name, tensor in ThoughtfulPI0(config).state_dict().items()}
    wrong = [name for name in {**expected, **weights} if name not in expected or name not in weights
             or expected[name] != weights[name].shape]  # fmt: skip
    if wrong:
        raise CheckpointError(f"{len(wrong)} weights in {folder} do not fit its config.json, first {wrong[0]}",
                              next_step=_MEND)  # fmt: skip
    model = ThoughtfulPI0(config)
    model.load_state_dict(weights)
    moved: ThoughtfulPI0 = model.to(torch.device(device))  # type: ignore[arg-type]
    return moved


def load_sight(folder: Path, card: Card, sizes: Sizes) -> Sight | None:
    """The scene head of a checkpoint, None where it has none.

    Raises:
        CheckpointError: its weights are missing or do not fit.
    """
    if not card.classes:
        return None
    head = SceneHead(sizes.width, len(card.classes))
    try:
        head.load_state_dict(load_file(folder / SCENE_FILE))
    except (OSError, RuntimeError, SafetensorError) as error:
        raise CheckpointError(f"cannot read the scene head in {folder}: {error}", next_step=_MEND) from None
    return Sight(head.eval(), card.classes, np.array(card.rest, np.float32))


def load_prompter(folder: Path, card: Card, sizes: Sizes) -> Prompter:
    """What turns observations into this checkpoint's input."""
    card.normalizer.check(sizes.horizon)
    return Prompter(ThoughtTokenizer(folder), card.normalizer, card.cameras, sizes.image, card.style)
