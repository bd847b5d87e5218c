"""The command that makes what training needs, told where it is missing."""

from __future__ import annotations

import shlex
from pathlib import Path

EPISODES, STILLS = 120, 3000  # enough to mix with lessons; a checkpoint from nothing wants more of both


def making(folder: Path) -> str:
    """Args: folder: of the stills or of the demonstrations; the command makes both, side by side."""
    out = shlex.quote(str(folder.parent))
    return f"coach demos --episodes {EPISODES} --stills {STILLS} --out {out}"
