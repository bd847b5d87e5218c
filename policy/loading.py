"""From the name of a checkpoint to a policy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from policy.checkpoint import EMBEDDED, embedded_folder, load_model, load_prompter, load_sight, read_card
from policy.model.calibration import read_calibration
from policy.model.open_hands import OpenHands
from policy.model.pi0_policy import PI0Policy
from robot_bridge.protocol.errors import CheckpointError


def load_policy(checkpoint: str = "", device: str = "auto", seed: int = 0) -> PI0Policy:
    """Load a checkpoint folder; empty or `embedded` means the one in the package.

    Raises:
        CheckpointError: it cannot be loaded, or the device is not there.
    """
    folder = embedded_folder() if checkpoint in ("", EMBEDDED) else Path(checkpoint)
    card = read_card(folder)
    model = load_model(folder, pick_device(device))
    name = EMBEDDED if folder == embedded_folder() else str(folder)
    return PI0Policy(
        model,
        load_prompter(folder, card, model.sizes),
        card.dt_s,
        name,
        seed,
        card.temperature,
        load_sight(folder, card, model.sizes),
        read_calibration(folder),
        OpenHands(card.grippers, np.array(card.rest)) if card.grippers else None,
    )


def pick_device(device: str) -> str:
    """`auto` → the GPU where there is one, else the CPU.

    Raises:
        CheckpointError: unknown, or not in this machine.
    """
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cpu" or (device.split(":")[0] == "cuda" and torch.cuda.is_available()):
        return device
    raise CheckpointError(f"there is no device '{device}' here", "auto, cpu, cuda", "start with `--device auto`")
