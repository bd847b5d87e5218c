"""The simulated coach: watches what the robot thinks and where things end, and speaks; nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from coach.flywheel.homes import Manner
from coach.flywheel.words import AGAIN, ANOTHER, CORRECTIONS, REMEDIES, heard, said
from coach.session.errand import errand_behind
from robot_bridge.arms.kitchen.objects import ObjectState
from robot_bridge.arms.kitchen.places import PLACES, in_place
from robot_bridge.arms.kitchen.tasks import Chores
from robot_bridge.protocol.thought import Thought


class SimulatedCoach:
    """One person in one home during one job.

    Args:
        chores: the rules of the home.
        most: utterances before the person gives up on this job.
    """

    def __init__(self, chores: Chores, manner: Manner, rng: np.random.Generator, most: int = 8) -> None:
        self._chores, self._manner, self._rng, self._left = chores, manner, rng, most
        self._wrong, self._due_s, self._urged = "", 0.0, False

    def speak(self, time_s: float, thought: Thought | None, idle: bool, things: Sequence[ObjectState]) -> str:
        """What the person says now, as it is heard; mostly nothing.

        Args:
            thought: the one in force, as the person reads it on the screen.
            idle: the robot takes its task for done.
            things: the kitchen, as the person sees it.
        """
        gaps = self._remedy(things) if idle else self._mistake(thought, things)
        wrong = " ".join(gaps.values())
        if wrong != self._wrong:
            self._wrong = wrong
            self._due_s = time_s + self._rng.uniform(*self._manner.delay_s)
        if not gaps or time_s < self._due_s or not self._left:
            return ""
        self._left -= 1
        self._due_s = time_s + 1.0 + self._rng.uniform(*self._manner.delay_s)  # the robot first gets time to answer
        templates = self._templates(idle, gaps)
        self._urged = self._urged or templates is AGAIN
        return heard(said(templates, self._rng, **gaps), self._rng, self._manner.misheard)

    def _templates(self, idle: bool, gaps: dict[str, str]) -> tuple[str, ...]:
        if idle:
            return REMEDIES if gaps["thing"] else AGAIN
        return CORRECTIONS if gaps["wrong"] else ANOTHER

    def has_more(self, things: Sequence[ObjectState]) -> bool:
        """Whether the person would say something to a robot that rests."""
        return self._left > 0 and bool(self._remedy(things))

    def _mistake(self, thought: Thought | None, things: Sequence[ObjectState]) -> dict[str, str]:
        """What is wrong with what the robot is about to do; empty where nothing is."""
        errand = errand_behind(thought)
        if errand is None:
            return {}
        thing = next((t for t in things if t.name == errand.thing), None)
        if thing is None or thing.place == self._chores.goal(thing):
            return self._another(things)
        if errand.place == in_place(self._chores.goal(thing)):
            return {}
        return self._gaps(thing, errand.place.partition(" the ")[2])

    def _another(self, things: Sequence[ObjectState]) -> dict[str, str]:
        """A thing that waits, where the robot reaches for one that is put away or that nobody sees."""
        thing = next((t for t in things if t.place == "counter"), None)
        return self._gaps(thing, "") if thing else {}

    def _gaps(self, thing: ObjectState, wrong: str) -> dict[str, str]:
        """What the templates of `words.py` are filled with. `wrong`: the place where it should not go."""
        return {"thing": thing.name, "kind": thing.kind, "place": self._chores.goal(thing), "wrong": wrong}

    def _remedy(self, things: Sequence[ObjectState]) -> dict[str, str]:
        """What is left to do when the robot rests: a thing in its hand or in the wrong place, or anything on the
        counter; named once it was of no use to say that there is more to do."""
        for thing in things:
            held = thing.place.endswith("hand")  # a robot that rests with it in its hand waits for an answer
            misplaced = held or thing.place in PLACES or (self._urged and thing.place == "counter")
            if misplaced and thing.place != self._chores.goal(thing):
                return self._gaps(thing, thing.place)
        if any(thing.place == "counter" for thing in things):
            return {"thing": "", "kind": "", "place": "", "wrong": "again"}
        return {}
