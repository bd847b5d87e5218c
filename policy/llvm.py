"""Two copies of LLVM in one process end it with a segmentation fault: Mesa's, once it has drawn a picture in software,
and that of triton, which PyTorch looks for when the first model is imported. Whoever comes second stays out."""

from __future__ import annotations

import sys
from pathlib import Path

_MAPS = Path("/proc/self/maps")


def keep_triton_out() -> None:
    """Where Mesa's LLVM is loaded already, PyTorch finds no triton, which only kernels for a GPU need."""
    if "triton" not in sys.modules and _mesa_draws():
        sys.modules["triton"] = None  # type: ignore[assignment]  # an import of it raises ImportError


def _mesa_draws() -> bool:
    try:
        return "libLLVM" in _MAPS.read_text()
    except OSError:  # not Linux
        return False
