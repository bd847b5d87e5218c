"""A small push in words, as numbers: metres (x to the right, y away from the person, z up), radians, a pace, a grip."""

from __future__ import annotations

from typing import Any

from coach.interpreter.items import Item
from prompts import say

DIRECTIONS: dict[str, tuple[float, float, float]] = {
    "left": (-1.0, 0.0, 0.0), "right": (1.0, 0.0, 0.0), "forward": (0.0, 1.0, 0.0), "back": (0.0, -1.0, 0.0),
    "up": (0.0, 0.0, 1.0), "down": (0.0, 0.0, -1.0),
}  # fmt: skip
AMOUNTS_M = {"little": 0.015, "some": 0.03, "lot": 0.08}
AMOUNTS_RAD = {"little": 0.15, "some": 0.35, "lot": 0.8}
FACTORS = {"little": 0.85, "some": 0.7, "lot": 0.5}
MAX_M = 0.2
SLOWEST, FASTEST = 0.3, 1.5  # as far as the bridge goes
# What the robot says that it does.
TOLD = {
    "left": "to the left", "right": "to the right", "forward": "away from you", "back": "towards you", "up": "up",
    "down": "down", "open": "to open the hand", "close": "to close the hand", "rotate_left": "round to the left",
    "rotate_right": "round to the right",
}  # fmt: skip


def nudge_fields(item: Item, pace: float) -> dict[str, Any] | None:
    """What an intervention says of this nudge; None for what is none.

    Args:
        pace: at which the robot works now.
    """
    direction, hand = item.direction, item.object.which if item.object else ""
    hands: dict[str, Any] = {"hand": hand} if hand in ("left", "right") else {}
    if direction in DIRECTIONS:
        metres = _amount(item.amount, AMOUNTS_M)
        x, y, z = (axis * min(MAX_M, max(0.0, metres)) for axis in DIRECTIONS[direction])
        return {"offset": (x, y, z), **hands}
    if direction in ("open", "close"):
        return {"grip": direction, **hands}
    if direction in ("rotate_left", "rotate_right"):
        turn = AMOUNTS_RAD.get(str(item.amount), AMOUNTS_RAD["some"])
        return {"turn_rad": turn if direction == "rotate_left" else -turn, **hands}
    if direction == "usual_pace":
        return {"pace": 1.0}
    if direction in ("faster", "slower"):
        factor = FACTORS.get(str(item.amount), FACTORS["some"])
        wanted = pace * factor if direction == "slower" else pace / factor
        return {"pace": min(FASTEST, max(SLOWEST, wanted))}
    return None


def told(item: Item, fields: dict[str, Any]) -> str:
    """The sentence about a nudge that was sent with these fields."""
    if item.direction == "usual_pace":
        return say("usual_pace")
    if "pace" in fields:
        return say("slower" if item.direction == "slower" else "faster", pace=f"{fields['pace']:.0%}")
    return say("nudged", direction=TOLD[item.direction])


def _amount(amount: str | float, table: dict[str, float]) -> float:
    return table.get(amount, table["some"]) if isinstance(amount, str) else float(amount)
