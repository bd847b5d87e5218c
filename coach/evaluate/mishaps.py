"""What happens to an object while the robot is at work: somebody moves it, or it slips out of the hand."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from coach.evaluate.jobs import Job
from robot_bridge.arms.kitchen.objects import KINDS, ObjectState
from robot_bridge.arms.kitchen.places import MIDDLE
from robot_bridge.arms.kitchen.scene import HANDS
from robot_bridge.arms.kitchen.tasks import LIFTED_M, Task, plan
from robot_bridge.arms.kitchen.world import Kitchen

_NEAREST_M, _FARTHEST_M = 0.05, 0.12  # how far a person moves an object
_ROOM_M = 0.02  # between the circles around two objects
_CLOSING_S = 0.3  # until the fingers of an empty hand have met


class Mishap(ABC):
    """Watched after every step of the simulation in one kitchen.

    Args:
        once: it ends the leading of an expert, and the next thought is the one that counts.
        happened: how often.
    """

    once = False

    def __init__(self, kitchen: Kitchen) -> None:
        self._kitchen = kitchen
        self._stood = {thing.name: thing.position.copy() for thing in kitchen.objects()}
        self.happened = 0

    @abstractmethod
    def watch(self) -> int:
        """Let it happen if it is time; returns 1 when it did."""

    def _slip(self, thing: ObjectState) -> int:
        """Out of the hand, to where it stood; the fingers close on nothing."""
        posture = self._kitchen.state()
        posture[6 if thing.place.startswith("left") else 13] = 0.0
        happened = self._set_down(thing, self._stood[thing.name])
        self._kitchen.step(posture, _CLOSING_S)
        return happened

    def _set_down(self, thing: ObjectState, spot: np.ndarray) -> int:
        self._kitchen.move_object(thing.name, (float(spot[0]), float(spot[1]), 0.001), thing.yaw)
        self.happened += 1
        return 1


class _OfTask(Mishap):
    """About the object of a task."""

    def __init__(self, kitchen: Kitchen, task: Task, rng: np.random.Generator) -> None:
        super().__init__(kitchen)
        self._task, self._rng = task, rng

    def _thing(self) -> ObjectState:
        return self._kitchen.find(self._task.object)


class Moved(_OfTask):
    """Somebody moves the object 5 to 12 cm, once, after a random share of the hand's way to it."""

    def __init__(self, kitchen: Kitchen, task: Task, rng: np.random.Generator) -> None:
        super().__init__(kitchen, task, rng)
        self._share = rng.uniform(0.2, 0.8)
        self._from = {hand: self._distance(hand) for hand in HANDS}

    def watch(self) -> int:
        thing = self._thing()
        if self.happened or thing.place != "counter":
            return 0
        if all(self._distance(hand) > (1 - self._share) * self._from[hand] for hand in HANDS):
            return 0
        spot = self._elsewhere(thing)
        return self._set_down(thing, spot) if spot is not None else 0

    def _distance(self, hand: str) -> float:
        """m, from the hand to the object."""
        return float(np.linalg.norm(self._kitchen.pinch(hand) - self._thing().centre))

    def _elsewhere(self, thing: ObjectState) -> np.ndarray | None:
        """float[2] in the middle of the counter, clear of the other things; None where there is no room."""
        half, near, far = MIDDLE
        radius = KINDS[thing.kind].radius
        others = [t for t in self._kitchen.objects() if t.slot != thing.slot]
        for _ in range(60):
            angle, far_m = self._rng.uniform(0, 2 * np.pi), self._rng.uniform(_NEAREST_M, _FARTHEST_M)
            spot = thing.position[:2] + far_m * np.array([np.cos(angle), np.sin(angle)])
            inside = abs(spot[0]) <= half and near + max(0.0, radius - 0.045) <= spot[1] <= far - radius
            room = [np.hypot(*(t.position[:2] - spot)) - radius - KINDS[t.kind].radius for t in others]
            if inside and min(room, default=1.0) > _ROOM_M:
                return spot
        return None


class Slips(_OfTask):
    """Nothing stays in a hand: what is lifted stands where it stood, each time."""

    def watch(self) -> int:
        thing = self._thing()
        return self._slip(thing) if _carried(thing) else 0


class Slip(Slips):
    """The object slips out of the hand once, at a random moment after it was lifted."""

    once = True

    def __init__(self, kitchen: Kitchen, task: Task, rng: np.random.Generator) -> None:
        super().__init__(kitchen, task, rng)
        self._wait = int(rng.integers(0, 8))  # steps of a carry, which takes about twice as many

    def watch(self) -> int:
        thing = self._thing()
        if self.happened or not _carried(thing):
            return 0
        self._wait -= 1
        return self._slip(thing) if self._wait < 0 else 0


class Taken(_OfTask):
    """Somebody takes the object out again, once it is where it was to go and the hand has left it."""

    once = True

    def watch(self) -> int:
        if self.happened or plan(self._kitchen, self._task).action != "done":
            return 0
        thing = self._thing()
        return self._set_down(thing, self._stood[thing.name])


class Drops(Mishap):
    """The first clean dish that is lifted slips out once, and is dirty from then on."""

    def watch(self) -> int:
        thing = next((t for t in self._kitchen.objects() if _carried(t) and KINDS[t.kind].dish and not t.dirty), None)
        if self.happened or thing is None:
            return 0
        happened = self._slip(thing)
        self._kitchen.set_dirty(thing.name, True)
        return happened


def make_mishap(job: Job, kitchen: Kitchen) -> Mishap | None:
    """What this job has in store, as its seed wants it."""
    if job.event == "drops":
        return Drops(kitchen)
    if not isinstance(job.task, Task) or not job.event:
        return None
    rng = np.random.default_rng([job.seed, 11])
    kinds: dict[str, type[_OfTask]] = {"moved": Moved, "slips": Slips, "slip": Slip, "taken": Taken}
    return kinds[job.event](kitchen, job.task, rng)


def _carried(thing: ObjectState) -> bool:
    return thing.place.endswith("hand") and bool(thing.position[2] > LIFTED_M)
