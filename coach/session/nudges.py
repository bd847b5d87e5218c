"""A small push in words, as metres: x to the right, y away from the person, z up."""

from __future__ import annotations

DIRECTIONS: dict[str, tuple[float, float, float]] = {
    "left": (-1.0, 0.0, 0.0), "right": (1.0, 0.0, 0.0), "forward": (0.0, 1.0, 0.0), "back": (0.0, -1.0, 0.0),
    "up": (0.0, 0.0, 1.0), "down": (0.0, 0.0, -1.0),
}  # fmt: skip
AMOUNTS_M = {"little": 0.02, "some": 0.05, "lot": 0.1}
MAX_M = 0.2


def nudge_offset(direction: str, amount: str | float) -> tuple[float, float, float] | None:
    """None for what is not a push, such as opening a hand."""
    if direction not in DIRECTIONS:
        return None
    metres = (
        AMOUNTS_M.get(amount, AMOUNTS_M["some"]) if isinstance(amount, str) else min(MAX_M, max(0.0, float(amount)))
    )
    x, y, z = DIRECTIONS[direction]
    return x * metres, y * metres, z * metres
