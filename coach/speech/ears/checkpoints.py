"""Files of a training that may be interrupted at any moment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch

_UNLOADABLE: type[Exception] = torch.serialization.pickle.UnpicklingError
UNREADABLE = (RuntimeError, LookupError, TypeError, ValueError, AttributeError, EOFError, OSError, _UNLOADABLE)
"""What `torch.load` and `load_state_dict` raise for a file that is not theirs."""


def write_checkpoint(state: Any, path: Path) -> None:
    """Whole under its name, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    torch.save(state, part)
    os.replace(part, path)
