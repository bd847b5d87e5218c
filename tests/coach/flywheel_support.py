"""A kitchen without a camera, and what thinks in it as the base was taught."""

import contextlib

import numpy as np

from robot_bridge.arms.kitchen.expert import Expert
from robot_bridge.arms.kitchen.tasks import Chores, Task, plan
from robot_bridge.arms.kitchen.world import Kitchen

PIXELS = 96  # a side of the kitchen's pictures, with which lessons come


class Stubborn:
    """Clears the counter as it was taught, unless words stand in its thought's place or in the notes."""

    def __init__(self, kitchen):
        self.kitchen, self.task, self.expert = kitchen, Chores("clear"), Expert(kitchen)

    def think(self, observation, context, forced="", on_token=None):
        rules = {note.split()[0][:-1]: note.split(" the ")[1] for note in context.notes if note.split()[0] != "dirty"}
        self.task = Task.parse(context.instruction) or Chores("clear", tuple(rules.items()))
        return plan(self.kitchen, self.task).thought, 1

    def act(self, observation, context, thought):
        target = self.expert.target(plan(self.kitchen, self.task))
        return self.kitchen.body.pad(np.asarray(target, np.float32)[None]), 0.1


@contextlib.contextmanager
def blind_kitchen():
    """Pictures of it are black."""
    kitchen = Kitchen()
    kitchen.render = lambda camera: np.zeros((PIXELS, PIXELS, 3), np.uint8)
    yield kitchen
    kitchen.close()
