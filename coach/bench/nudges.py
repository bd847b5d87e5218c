"""`coach bench nudges`: what "a bit to the left" is worth, by what the robot makes of it.

Layouts that were not trained on; the robot is to pick up the first thing. A simulated person watches the hand on its
last centimetres, and where it is off says one of left, right, away, back – two thirds of a second late, and once in one
and a half seconds at most. The same layouts are played with nobody watching and with each way to follow the words:

    move    the hand moves by the offset, then the model goes on from there
    where   the thought's place is shifted by the offset, the model does the rest
    lean    the offset is added to all that the model does, and taken off what it feels of its joints
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import msgspec
import numpy as np

from coach.bench.report import Report, Row, commit, machine
from coach.evaluate.statistics import mcnemar, wilson
from coach.session.nudges import AMOUNTS_M
from robot_bridge.arms.kitchen.driver import KitchenArms
from robot_bridge.arms.kitchen.expert import choose_grip
from robot_bridge.arms.kitchen.scene import HANDS
from robot_bridge.arms.kitchen.tasks import Task
from robot_bridge.protocol.errors import CoachError
from robot_bridge.protocol.messages import Context, Observation
from robot_bridge.protocol.thought import Thought, Where

if TYPE_CHECKING:
    from policy.interface import Policy

Way = Literal["nobody", "move", "where", "lean"]
WAYS: tuple[Way, ...] = ("nobody", "move", "where", "lean")
SEED = 10_200_000  # of the first layout: none of these was trained on
ROWS = 5  # of a chunk, before the next thought
LONGEST_S = 14.0
LATE_S = 0.7
AGAIN_S = 1.5
NEAR_M, OFF_M = 0.07, 0.008
STEP_S = 0.02


@dataclass
class Watcher:
    """The person. `look` answers the offset in m that the words ask for, None where there is nothing to say."""

    arms: KitchenArms
    thing: str
    said: list[float] = field(default_factory=list)
    _waiting: tuple[float, np.ndarray] | None = None

    def look(self, hand: str, now_s: float) -> np.ndarray | None:
        if self._waiting is not None:
            at_s, offset = self._waiting
            if now_s < at_s:
                return None
            self._waiting = None
            self.said.append(now_s)
            return offset
        if hand in HANDS and (not self.said or now_s - self.said[-1] >= AGAIN_S):
            kitchen = self.arms.kitchen
            thing = kitchen.find(self.thing)
            error = choose_grip(thing, hand).pinch - kitchen.pinch(hand)
            axis = int(np.argmax(np.abs(error[:2])))
            free = thing.place not in ("left hand", "right hand")
            if free and np.abs(error).max() < NEAR_M and abs(error[axis]) > OFF_M:
                offset = np.zeros(3)
                offset[axis] = np.sign(error[axis]) * AMOUNTS_M["little"]
                self._waiting = (now_s + LATE_S, offset)
        return None


def measure(
    policy: Policy, seeds: Sequence[int], command: str, progress: Callable[[str], None], ways: Sequence[Way] = WAYS
) -> Report:
    """Play every layout in every way.

    Args:
        progress: told what is being done, in a few words.
    """
    arms = KitchenArms(seeds[0])
    arms.connect()
    lifted: dict[Way, list[bool]] = {way: [] for way in ways}
    words: dict[Way, list[float]] = {way: [] for way in ways}
    try:
        for number, seed in enumerate(seeds):
            for way in ways:
                progress(f"layout {number + 1} of {len(seeds)}, {way}")
                done, said = _play(arms, policy, seed, way)
                lifted[way].append(done)
                words[way].append(float(said))
    finally:
        arms.close()
    rows = [Row.of(f"nudges said in a layout, {way}", "", words[way]) for way in ways if way != "nobody"]
    notes = [_told(way, lifted, float(np.mean(words[way]))) for way in ways]
    return Report(bench="nudges", command=command, rows=tuple(rows), rounds=len(seeds), seed=seeds[0],
                  checkpoint=policy.checkpoint, machine=machine(), commit=commit(), notes=tuple(notes))  # fmt: skip


def _told(way: Way, lifted: dict[Way, list[bool]], said: float) -> str:
    """One line of the table: how often the thing was picked up, and against nobody watching the same layouts."""
    count, of = sum(lifted[way]), len(lifted[way])
    low, high = wilson(count, of)
    told = f"picked up, {way}: {count} of {of}, {count / of:.1%} [{low:.1%}, {high:.1%}], {said:.1f} nudges a layout"
    if way == "nobody" or "nobody" not in lifted:
        return told
    pairs = list(zip(lifted["nobody"], lifted[way], strict=True))
    better, worse = pairs.count((False, True)), pairs.count((True, False))
    return f"{told}; against nobody {better} better, {worse} worse, p = {mcnemar(better, worse):.3f}"


def _play(arms: KitchenArms, policy: Policy, seed: int, way: Way) -> tuple[bool, int]:
    """Whether the thing was picked up, and how often something was said."""
    arms.reset(seed)
    kitchen, body = arms.kitchen, arms.embodiment
    thing = kitchen.objects()[0]
    context = Context(instruction=Task(thing.kind, thing.colour).instruction())
    watcher, lean, shift = Watcher(arms, thing.name), np.zeros(body.width, np.float32), np.zeros(3)
    now_s, number = 0.0, 0
    while now_s < LONGEST_S and kitchen.find(thing.name).position[2] < 0.12:
        seen = Observation(sequence=number, time_s=now_s, state=body.pad(kitchen.state() - lean),
                           images=kitchen.render())  # fmt: skip
        number += 1
        try:
            thought, _ = policy.think(seen, context)
            thought = _shifted(arms, thought, shift)
            actions, dt_s = policy.act(seen, context, thought)
        except CoachError:
            now_s += 0.1 * ROWS
            continue
        offset = None
        for target in body.unpad(actions)[:ROWS]:
            kitchen.step(target + lean, dt_s)
            now_s += dt_s
            offset = watcher.look(thought.hand, now_s) if way != "nobody" and offset is None else offset
        if offset is None or thought.hand not in HANDS:
            continue
        if way == "move":
            goal = _offset(arms, thought.hand, offset) + kitchen.state()
            kitchen.step(goal, 0.4)
            now_s += 0.4
        elif way == "where":
            shift = shift + offset
        else:
            lean = lean + _offset(arms, thought.hand, offset)
    return bool(kitchen.find(thing.name).position[2] >= 0.12), len(watcher.said)


def _offset(arms: KitchenArms, hand: str, offset: np.ndarray) -> np.ndarray:
    """float32[14], the joint change that moves a hand by an offset in m."""
    present = arms.read()
    return arms.jog(hand, present, np.array([*offset, 0.0]), 1.0) - present


def _shifted(arms: KitchenArms, thought: Thought, shift: np.ndarray) -> Thought:
    """The thought about a point that lies by an offset in m from its own."""
    if thought.where is None or not shift.any() or thought.hand not in HANDS:
        return thought
    pinch = arms.kitchen.pinch(thought.hand)
    here, there = (arms.kitchen.project(thought.where.camera, at) for at in (pinch, pinch + shift))
    x, y = (min(0.999, max(0.0, v)) for v in (thought.where.x + there.x - here.x, thought.where.y + there.y - here.y))
    return msgspec.structs.replace(thought, where=Where(thought.where.camera, x, y))
