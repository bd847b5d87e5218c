"""Chores: jobs about everything that stands around, which the robot knows as a whole."""

from __future__ import annotations

from coach.interpreter.items import Item

CHORES = {"clear": "clear the counter", "wash": "wash up"}  # in the robot's words
_COUNTER = ("", "counter", "worktop", "kitchen", "everything", "mess", "all")
_DISHES = ("", "dish")


def chore_of(item: Item) -> str:
    """The chore that a task asks for, in the robot's words; empty where it is about single things."""
    if item.kind != "task" or item.place:
        return ""
    name = item.object.name if item.object else ""
    everything = item.verb == "put" and name in ("everything", "all")
    if everything or (item.verb in ("clear", "clean") and name in _COUNTER):
        return CHORES["clear"]
    return CHORES["wash"] if item.verb == "wash" and name in _DISHES else ""


def is_chore(instruction: str) -> bool:
    return instruction in CHORES.values()
