"""What a person can ask of the kitchen, what the next step towards it is, and whether it is done.

`plan` is the teacher of the thoughts: from the true state of the simulator it writes what a good model
would write. It is used to label demonstrations and to judge, never to drive the robot.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np

from robot_bridge.arms.kitchen.objects import COLOURS, KINDS
from robot_bridge.arms.kitchen.places import MIDDLE, PLACES, in_place
from robot_bridge.arms.kitchen.scene import HANDS
from robot_bridge.arms.kitchen.wordings import CHORE_WORDINGS, NOTE_WORDINGS, PICK_WORDINGS, PUT_WORDINGS
from robot_bridge.arms.kitchen.world import Kitchen, ObjectState
from robot_bridge.protocol.thought import Thought

BELONGS = {
    "plate": "dishwasher",
    "bowl": "sink",
    "cup": "drying rack",
    "sponge": "sink",
    "towel": "drying rack",
    "bottle": "bin",
}  # where the things of a home go, unless its people say otherwise
DONE = {"clear": "the counter is clear", "wash": "no dish is on the counter"}
LIFTED_M = 0.05
_CLOSED_M = 0.003
_DOWN_M = 0.12  # a hand lower than this has chosen what it will pick up
_PARSE = re.compile(
    r"^(?P<verb>put|pick up) the (?:(?P<colour>" + "|".join(COLOURS) + r") )?(?P<kind>" + "|".join(KINDS) + r")"
    r"(?: (?:in|on) the (?P<place>sink|drying rack|bin|dishwasher|counter))?$"
)


@dataclass(frozen=True)
class Task:
    """An instruction, taken apart. `colour` may be empty; `place` is empty for `pick up`."""

    kind: str
    colour: str = ""
    place: str = ""

    @property
    def object(self) -> str:
        return f"{self.colour} {self.kind}".strip()

    def instruction(self, wording: str = "") -> str:
        """The task in words, in a wording of `PUT_WORDINGS` or `PICK_WORDINGS`; the first one when empty."""
        wording = wording or (PUT_WORDINGS if self.place else PICK_WORDINGS)[0]
        where = in_place(self.place) if self.place else ""
        return wording.format(object=f"the {self.object}", in_place=where, place=f"the {self.place}")

    @classmethod
    def parse(cls, instruction: str) -> Task | None:
        """The task behind an instruction in the first wording; None for other words."""
        found = _PARSE.match(instruction.strip().lower())
        if found is None or (found["verb"] == "put") != bool(found["place"]):
            return None
        return cls(found["kind"], found["colour"] or "", found["place"] or "")


@dataclass(frozen=True)
class Chores:
    """An instruction about everything on the counter.

    Args:
        job: `clear`: each thing goes where it belongs; `wash`: dirty dishes to the sink, clean ones to the rack.
        rules: (kind, place) where a home differs from `BELONGS`; they hold for `clear` alone.
        dirty: where dirty dishes go in this home, whatever the rules say of their kind; holds for `clear` alone.
    """

    job: Literal["clear", "wash"]
    rules: tuple[tuple[str, str], ...] = ()
    dirty: str = ""

    def instruction(self, wording: str = "") -> str:
        """The chore in words; the first ones of `CHORE_WORDINGS` when empty."""
        return wording or CHORE_WORDINGS[self.job][0]

    def notes(self, wording: str = "") -> tuple[str, ...]:
        """The rules in words, in a wording of `NOTE_WORDINGS`; the first one when empty."""
        rules = [(f"{kind}s", place) for kind, place in self.rules]
        rules += [("dirty dishes", self.dirty)] * bool(self.dirty)
        return tuple(
            (wording or NOTE_WORDINGS[0]).format(things=things, in_place=in_place(place), place=f"the {place}")
            for things, place in rules
        )

    def goal(self, thing: ObjectState) -> str:
        """Where a thing goes; empty for one that this chore is not about."""
        if self.job == "clear":
            if self.dirty and thing.dirty:
                return self.dirty
            return dict(self.rules).get(thing.kind, BELONGS[thing.kind])
        if not KINDS[thing.kind].dish:
            return ""
        return "sink" if thing.dirty else "drying rack"


@dataclass(frozen=True)
class Step:
    """What to do now.

    Args:
        object: slot of the object, empty for `done` and `ask`.
        spot: float[3], where the underside of the object goes when the hand lets go.
    """

    action: Literal["pick", "put", "done", "ask"]
    thought: Thought
    object: str = ""
    hand: str = ""
    spot: tuple[float, float, float] | None = None


def plan(kitchen: Kitchen, task: Task | Chores) -> Step:
    """The step that the state of the kitchen calls for, with its thought."""
    if isinstance(task, Chores):
        return _plan_chores(kitchen, task)
    things = kitchen.objects()
    named = [t for t in things if t.kind == task.kind and task.colour in ("", t.colour)]
    if not named:
        return _ask(f"there is no {task.object} in sight", "ask for help")
    if len(named) > 1:
        named.sort(key=lambda t: list(COLOURS).index(t.colour))
        seen = " and ".join(f"a {t.name}" for t in named)
        return _ask(f"there is {seen} in sight", f"ask which {task.kind}")
    target = named[0]
    for other in things:
        if other.place.endswith("hand") and other.slot != target.slot:
            return _put(kitchen, other, other.place.split()[0], "counter", "counter")
    if target.place == "floor":
        return _ask(f"the {target.name} is on the floor", "ask for help")
    if target.place.endswith("hand"):
        return _plan_held(kitchen, target, target.place.split()[0], task)
    if task.place == target.place:
        near = _hand_over(kitchen, target)
        if near:
            return _put(kitchen, target, near, task.place, task.place)
        return Step(
            "done", Thought(reason=f"the {target.name} is {in_place(task.place)}", subtask="done", source="expert")
        )
    return _pick(kitchen, target, _picking_hand(target, task), task)


def succeeded(kitchen: Kitchen, task: Task | Chores) -> bool:
    """Whether the object rests where it was to go, let go of; for `pick up`, whether it is held in the air; for chores,
    whether everything that they are about is where it goes."""
    if isinstance(task, Chores):
        return all(t.place == task.goal(t) for t in kitchen.objects() if task.goal(t))
    named = [t for t in kitchen.objects() if t.kind == task.kind and task.colour in ("", t.colour)]
    if not task.place:
        return any(t.place.endswith("hand") and t.position[2] > LIFTED_M for t in named)
    return any(t.place == task.place for t in named)


def _plan_chores(kitchen: Kitchen, chores: Chores) -> Step:
    """What is in a hand first, then what a hand has come down to, then bottles, which arms knock over, then what is
    nearest to the robot."""
    things = kitchen.objects()
    for thing in things:
        goal = chores.goal(thing)
        if thing.place.endswith("hand"):
            return _plan_held(kitchen, thing, thing.place.split()[0], Task(thing.kind, thing.colour, goal or "counter"))
        near = _hand_over(kitchen, thing) if goal and thing.place == goal else None
        if near:
            return _put(kitchen, thing, near, goal, goal)
    waiting = [t for t in things if t.place == "counter" and chores.goal(t)]
    if not waiting:
        return Step("done", Thought(reason=DONE[chores.job], subtask="done", source="expert"))
    target = max(
        waiting, key=lambda t: (_approached(kitchen, t), t.kind == "bottle", kitchen.project("base", t.centre).y)
    )
    task = Task(target.kind, target.colour, chores.goal(target))
    return _pick(kitchen, target, _picking_hand(target, task), task)


def _approached(kitchen: Kitchen, thing: ObjectState) -> bool:
    """Whether a hand has come down to a thing."""
    offsets = [kitchen.pinch(hand) - thing.position for hand in HANDS]
    return any(o[2] < _DOWN_M and np.hypot(*o[:2]) < KINDS[thing.kind].radius + 0.02 for o in offsets)


def _ask(reason: str, subtask: str) -> Step:
    return Step("ask", Thought(reason=reason, subtask=subtask, source="expert"))


def _picking_hand(target: ObjectState, task: Task) -> str:
    """The arm that serves where the object is, else the one that serves where it goes, else the nearer one."""
    for place in (target.place, task.place):
        if place in PLACES:
            return PLACES[place].hand
    return "left" if target.position[0] < 0 else "right"


def _plan_held(kitchen: Kitchen, target: ObjectState, hand: str, task: Task) -> Step:
    held = f"the {target.name} is in the {hand} hand"
    high = target.position[2] > LIFTED_M
    if not task.place:
        if high:
            return Step("done", Thought(reason=held, subtask="done", source="expert"), target.slot, hand)
        return _pick(kitchen, target, hand, task)
    if task.place in PLACES and PLACES[task.place].hand != hand:
        return _put(kitchen, target, hand, "counter", task.place)
    over = task.place in PLACES and PLACES[task.place].below(target.position)
    if not high and not over and task.place != "counter":
        return _pick(kitchen, target, hand, task)
    return _put(kitchen, target, hand, task.place, task.place)


def _pick(kitchen: Kitchen, target: ObjectState, hand: str, task: Task) -> Step:
    place = target.place
    if place.endswith("hand"):  # held, not lifted yet
        place = next((p.name for p in PLACES.values() if p.below(target.position)), "counter")
    goal = in_place(task.place) if task.place else "in the hand"
    reason = f"the {target.name} is {in_place(place)} and goes {goal}"
    if kitchen.state()[6 if hand == "left" else 13] < _CLOSED_M and not kitchen.held_by(hand):
        reason = f"nothing is in the {hand} hand, {reason}"
    thought = Thought(reason=reason, subtask=f"pick up the {target.name}", hand=hand,
                      where=kitchen.project("base", target.centre), source="expert")  # fmt: skip
    return Step("pick", thought, target.slot, hand)


def _put(kitchen: Kitchen, target: ObjectState, hand: str, place: str, goal: str) -> Step:
    x, y = _slot(kitchen, target, place)
    surface, drop = (PLACES[place].floor_z, PLACES[place].drop_z) if place in PLACES else (0.0, 0.004)
    drop = max(drop, _top(kitchen, target, (x, y)) + 0.012)
    thought = Thought(
        reason=f"the {target.name} is in the {hand} hand and goes {in_place(goal)}",
        subtask=f"put the {target.name} {in_place(place)}",
        hand=hand, where=kitchen.project("base", np.array([x, y, surface])), source="expert",
    )  # fmt: skip
    return Step("put", thought, target.slot, hand, (x, y, drop))


def _hand_over(kitchen: Kitchen, target: ObjectState) -> str | None:
    """The hand that is still around an object which it has just let go of."""
    for hand in HANDS:
        offset = kitchen.pinch(hand) - target.position
        kind = KINDS[target.kind]
        if np.hypot(*offset[:2]) < kind.radius + 0.05 and offset[2] < kind.grip_height + 0.03:
            return hand
    return None


def _top(kitchen: Kitchen, target: ObjectState, spot: tuple[float, float]) -> float:
    """m, height of what already lies where an object is to go."""
    reach = KINDS[target.kind].radius - 0.015
    under = [t for t in kitchen.objects() if t.slot != target.slot and not t.place.endswith("hand")
             and np.hypot(*(t.position[:2] - spot)) < reach + KINDS[t.kind].radius]  # fmt: skip
    return max((float(t.centre[2] + t.centre[2] - t.position[2]) for t in under), default=-1.0)


def _slot(kitchen: Kitchen, target: ObjectState, place: str) -> tuple[float, float]:
    """The first free spot of a place; where none is free, the one with the most room."""
    others = [t for t in kitchen.objects() if t.slot != target.slot and not t.place.endswith("hand")]
    radius = KINDS[target.kind].radius
    if place in PLACES:
        (cx, cy), gap = PLACES[place].centre, -0.015
        spots = [(cx + dx, cy + dy) for dx, dy in PLACES[place].slots]
        others = [t for t in others if t.place == place]
    else:
        gap, middle = 0.025, (0.0, (MIDDLE[1] + MIDDLE[2]) / 2)
        grid = [(x, y) for x in np.linspace(-0.18, 0.18, 7) for y in np.linspace(-0.11, 0.08, 6)]
        spots = sorted(grid, key=lambda s: (s[0] - middle[0]) ** 2 + (s[1] - middle[1]) ** 2)
    best, room = spots[0], -np.inf
    for spot in spots:
        free = min((np.hypot(*(t.position[:2] - spot)) - radius - KINDS[t.kind].radius for t in others), default=1.0)
        if free > gap:
            return float(spot[0]), float(spot[1])
        if free > room:
            best, room = spot, free
    return float(best[0]), float(best[1])
