"""Files of a training that may be interrupted at any moment: safetensors, with all that is no tensor as JSON beside it.

What is kept is a tree of dicts and lists. A tensor stands in the file under its path in the tree (`learner.stop.bias`),
the rest of the tree in the file's metadata. Files of earlier releases (`.pt`) can still be read.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

_UNLOADABLE: type[Exception] = torch.serialization.pickle.UnpicklingError
UNREADABLE = (RuntimeError, LookupError, TypeError, ValueError, AttributeError, EOFError, OSError, _UNLOADABLE,
              SafetensorError)  # fmt: skip
"""What `read_checkpoint`, `whisper.load_model` and `load_state_dict` raise for a file that is not theirs."""
_TREE = "tree"


def write_checkpoint(state: Any, path: Path) -> None:
    """Whole under its name, or not at all.

    Args:
        state: dicts with keys of str or int, lists and tuples (read back as lists), tensors, and what JSON knows.
    """
    tensors: dict[str, Tensor] = {}
    tree = _pack(state, "", tensors)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    save_file(tensors, part, {_TREE: json.dumps(tree)})
    os.replace(part, path)


def read_checkpoint(path: Path) -> Any:
    """What `write_checkpoint` was given, or `torch.save` where the file is a `.pt`.

    Raises:
        UNREADABLE: any of these, when the file is missing, damaged or another program's.
    """
    if path.suffix == ".pt":
        return torch.load(path, weights_only=True)
    with safe_open(path, "pt") as file:
        return _unpack(json.loads(file.metadata()[_TREE]), file.get_tensor)


def newest(path: Path) -> Path:
    """The checkpoint to go on from: this one, or where there is none the `.pt` of an earlier release."""
    earlier = path.with_suffix(".pt")
    return earlier if earlier.exists() and not path.exists() else path


def _pack(value: Any, name: str, tensors: dict[str, Tensor]) -> Any:
    """The tree with `{"tensor": name}` in the place of each tensor; a dict becomes `{"entries": [[key, value], …]}`."""
    if isinstance(value, Tensor):
        tensors[name] = value.detach().clone().contiguous()  # tensors that share memory cannot be saved
        return {"tensor": name}
    if isinstance(value, dict):
        return {"entries": [[key, _pack(each, f"{name}.{key}".lstrip("."), tensors)] for key, each in value.items()]}
    if isinstance(value, list | tuple):
        return [_pack(each, f"{name}.{index}".lstrip("."), tensors) for index, each in enumerate(value)]
    return value


def _unpack(packed: Any, tensor: Callable[[str], Tensor]) -> Any:
    if isinstance(packed, list):
        return [_unpack(each, tensor) for each in packed]
    if not isinstance(packed, dict):
        return packed
    if "tensor" in packed:
        return tensor(packed["tensor"])
    return {key: _unpack(each, tensor) for key, each in packed["entries"]}
