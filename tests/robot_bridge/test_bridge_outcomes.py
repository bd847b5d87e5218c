"""What becomes of the things is told where the arms can see it, and arms that cannot harm nobody."""

from fake_arms import MemoryArms
from fake_policy import FINISHED, PICKING

from robot_bridge.outcomes import Outcomes


class Seeing(MemoryArms):
    lying = "counter"

    def things(self):
        return {"white plate": {"place": self.lying, "dirty": False}}


def test_fall_and_outcome_are_told_when_the_arms_can_see_them(policy, start_rig):
    policy.thinks = lambda request, count: PICKING if count < 2 else FINISHED
    rig = start_rig(Seeing())
    rig.arms.lying = "floor"
    fell = rig.until_event("fell")
    assert fell.data == {"thing": "white plate", "dirty": False}
    rig.task()
    assert rig.until_event("task_done").data["things"] == {"white plate": {"place": "floor", "dirty": False}}
    assert rig.codes().count("fell") == 1


def test_nothing_is_told_when_the_arms_cannot_see_or_fail():
    def broken():
        raise OSError("no camera")

    assert Outcomes(None).now() == {} and Outcomes(broken).fallen() == []


def test_a_thing_is_told_again_when_it_was_picked_up_between():
    things = {"cup": {"place": "floor"}}
    outcomes = Outcomes(lambda: things)
    assert [name for name, _ in outcomes.fallen()] == ["cup"] and outcomes.fallen() == []
    things["cup"] = {"place": "counter"}
    assert outcomes.fallen() == []
    things["cup"] = {"place": "floor"}
    assert [name for name, _ in outcomes.fallen()] == ["cup"]
