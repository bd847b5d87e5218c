"""A policy that always misses, in the simulated kitchen: after three tries it asks for help instead of going on."""

from dataclasses import replace

import numpy as np
import pytest
from fake_policy import PICKING, PLACING

from robot_bridge.arms.kitchen.expert import STEP_S, Expert
from robot_bridge.arms.kitchen.layout import make_layout
from robot_bridge.arms.kitchen.tasks import Task, plan, succeeded
from robot_bridge.arms.kitchen.world import Kitchen
from robot_bridge.judge import Judge

pytestmark = pytest.mark.render
ROWS = 5  # steps between two thoughts


class Beside:
    """The kitchen as somebody sees it who takes everything to stand 7 cm farther to the right."""

    def __init__(self, kitchen: Kitchen) -> None:
        self._kitchen = kitchen

    def __getattr__(self, name: str):
        return getattr(self._kitchen, name)

    def objects(self):
        return [
            replace(thing, position=thing.position + np.array([0.07, 0.0, 0.0])) for thing in self._kitchen.objects()
        ]

    def object(self, slot):
        thing = self._kitchen.object(slot)
        return replace(thing, position=thing.position + np.array([0.07, 0.0, 0.0]))


@pytest.mark.parametrize("misses", [True, False])
def test_help_is_asked_after_three_tries_when_the_hand_always_misses(misses):
    kitchen = Kitchen("sticky")
    try:
        thing = make_layout(3).objects[0]
        kitchen.reset(3)
        task, judge = Task(thing.kind, thing.colour, "sink"), Judge(help_after=3, ask_below=0.3)
        teacher, rulings = Expert(Beside(kitchen) if misses else kitchen), []
        for step in range(600):
            doing = plan(kitchen, task)
            if step % ROWS == 0:
                rulings.append(judge.rule(doing.thought))
                if rulings[-1].kind in ("ask", "done"):
                    break
            kitchen.step(teacher.target(doing), STEP_S)
        assert rulings[-1].kind == ("ask" if misses else "done"), [r.kind for r in rulings]
        assert succeeded(kitchen, task) != misses
        if misses:
            assert rulings[-1].why == "tries" and rulings[-1].question.startswith(
                "I tried 3 times and nothing is in the"
            )
    finally:
        kitchen.close()


def test_arms_hold_and_the_question_is_told_when_three_tries_have_failed(policy, start_rig):
    policy.thinks = lambda request, count: (PICKING, PICKING, PLACING, PLACING)[count % 4]
    rig = start_rig(think_period_s=0.01, act_ahead=1.0)
    rig.task()
    asked = rig.until_event("asks")
    assert asked.data["why"] == "tries" and "I tried 3 times" in asked.text
    rig.until_state("holding")
    before = len(policy.thoughts_asked())
    rig.say("resume")
    rig.until_state("running")
    rig.until(lambda: len(policy.thoughts_asked()) > before + 4)
    assert rig.status().state == "running"
