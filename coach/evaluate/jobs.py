"""One thing to measure: a kitchen, what the robot is told, and what happens to it on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from robot_bridge.arms.kitchen.layout import Layout, make_layout
from robot_bridge.arms.kitchen.tasks import Chores, Task

FIRST_SEED = 10_000_000  # demonstrations and stills stay far below
Event = Literal["", "moved", "slips", "slip", "taken", "drops"]


@dataclass(frozen=True)
class Job:
    """What is played and how it is judged.

    Args:
        seed: of the layout, the policy's noise and everything that happens on the way.
        words: what the model reads as its instruction.
        variant: which of several jobs on the same layout.
        kind, place: what the tables group by.
        layout: where it is not the one of the seed.
        notes: rules of the home, as the model reads them.
        longest_s: simulated seconds before giving up.
        event: `moved`: somebody moves the object while the hand reaches for it; `slips`: nothing stays in a hand;
            `slip`: it slips out once; `taken`: somebody takes it out again; `drops`: the first clean dish that is
            lifted slips out, and is dirty from then on.
        led: the expert drives the arms, and only thoughts are measured.
        unheard: the words led to a question, so that nothing is played and the job fails.
        at_first: what was asked for before `task`, which is a person's correction after `corrected_s`.
    """

    seed: int
    task: Task | Chores
    words: str
    variant: str = ""
    kind: str = ""
    place: str = ""
    layout: Layout | None = None
    notes: tuple[str, ...] = ()
    longest_s: float = 24.0
    event: Event = ""
    led: bool = False
    unheard: bool = False
    at_first: Task | None = None
    corrected_s: float = 0.0

    @property
    def key(self) -> tuple[int, str]:
        """Tells the jobs of a suite apart, and pairs the same ones of two checkpoints."""
        return self.seed, self.variant

    @property
    def scene(self) -> Layout:
        return self.layout or make_layout(self.seed)


def put(seed: int, task: Task, **changes: Any) -> Job:
    """ "Put X in Y" or "pick up X" in the trained wording."""
    options = {"words": task.instruction(), "kind": task.kind, "place": task.place or "hand", **changes}
    return Job(seed, task, **options)
