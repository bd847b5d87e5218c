"""How far the training of a checkpoint went, as its card tells it."""

from __future__ import annotations

from pathlib import Path

import yaml

CARD = "checkpoint.yaml"


def unfinished(folder: Path) -> str:
    """`unfinished, step 75 of 400`, of all stages together; empty where its training ended, or nothing is known of it.

    Args:
        folder: holds the weights and their card.
    """
    try:
        card = yaml.safe_load((folder / CARD).read_text("utf-8"))
        figures = card["figures"]
        steps, stage, step = list(figures["stages"].values()), int(figures["stage"]), int(figures["step"])
        done, every = sum(steps[:stage]) + step, sum(steps)
    except (OSError, yaml.YAMLError, UnicodeDecodeError, LookupError, TypeError, ValueError, AttributeError):
        return ""
    return f"unfinished, step {done} of {every}" if stage < len(steps) else ""
