"""The checkpoint in the package: it loads, thinks right about kitchens it never saw, and is small."""

import pytest

from coach.evaluate.lane import Lane, LaneConfig
from coach.evaluate.lockstep import Together, play
from coach.evaluate.suites import suite
from policy.checkpoint import embedded_folder, read_card
from policy.loading import load_policy
from robot_bridge.arms.kitchen.tasks import plan
from robot_bridge.arms.kitchen.world import Kitchen
from robot_bridge.protocol.messages import Context

pytestmark = pytest.mark.render


@pytest.fixture(scope="module")
def kitchen():
    kitchen = Kitchen()
    yield kitchen
    kitchen.close()


@pytest.fixture(scope="module")
def policy():
    return load_policy()


def test_checkpoint_is_small_and_says_how_it_was_made():
    size = sum(path.stat().st_size for path in embedded_folder().iterdir())
    assert 1e6 < size < 20e6
    card = read_card(embedded_folder())
    assert card.cameras and card.seeds and card.code_version


def lane(kitchen, job):
    return Lane(kitchen, job, LaneConfig())


def test_first_thought_names_the_subtask_when_the_kitchen_is_new(kitchen, policy):
    right = 0
    for job in suite("pick_place", 12, 77):
        seen = lane(kitchen, job).observe()
        thought, _ = policy.think(seen, Context(instruction=job.words))
        right += thought.subtask == plan(kitchen, job.task).thought.subtask
    assert right >= 10


def test_words_of_a_person_take_the_thoughts_place_when_forced(kitchen, policy):
    job = suite("pick_place", 1, 77)[0]
    forced = f"reason: the {job.task.object} is on the counter and goes in the bin\n"
    seen = lane(kitchen, job).observe()
    thought, written = policy.think(seen, Context(instruction=f"put the {job.task.object} in the bin"), forced)
    assert thought.reason.endswith("goes in the bin") and thought.hand == "right" and written > 0


def test_some_tasks_succeed_when_played_to_the_end(kitchen, policy):
    rows = [one.row for one in play(Together(policy), [kitchen], suite("pick_place", 6, 78), lane)]
    assert any(row.success for row in rows), [row.trace for row in rows]


def test_missing_and_double_things_are_noticed_when_the_arms_rest(kitchen, policy):
    rows = [one.row for one in play(Together(policy), [kitchen], suite("scene", 48, 77), lane)]
    right = {variant: sum(row.subtasks for row in rows if row.variant == variant) for variant in ("missing", "twice")}
    alarms = sum(row.questions for row in rows if row.variant == "there")
    assert right["missing"] >= 8 and right["twice"] >= 8 and alarms <= 3, (right, alarms)
