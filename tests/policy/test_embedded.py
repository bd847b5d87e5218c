"""The checkpoint in the package: it loads, thinks right about kitchens it never saw, and is small."""

import pytest

from coach.evaluate.rollout import RolloutConfig, observe, play
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


def test_first_thought_names_the_subtask_when_the_kitchen_is_new(kitchen, policy):
    right = 0
    for number, (seed, task) in enumerate(suite("pick_place", 12, 77)):
        kitchen.reset(seed)
        seen = observe(kitchen, number, float(number))
        thought, _ = policy.think(seen, Context(instruction=task.instruction()))
        right += thought.subtask == plan(kitchen, task).thought.subtask
    assert right >= 10


def test_words_of_a_person_take_the_thoughts_place_when_forced(kitchen, policy):
    seed, task = suite("pick_place", 1, 77)[0]
    kitchen.reset(seed)
    forced = f"reason: the {task.object} is on the counter and goes in the bin\n"
    thought, written = policy.think(
        observe(kitchen, 0, 0.0), Context(instruction=f"put the {task.object} in the bin"), forced
    )
    assert thought.reason.endswith("goes in the bin") and thought.hand == "right" and written > 0


def test_some_tasks_succeed_when_played_to_the_end(kitchen, policy):
    rows = []
    for seed, task in suite("pick_place", 6, 78):
        policy.reseed(seed)
        rows.append(play(kitchen, policy, task, seed, RolloutConfig()))
    assert any(row.success for row in rows), [row.trace for row in rows]


def test_missing_and_double_things_are_noticed_when_the_arms_rest(kitchen, policy):
    missing = asked = double = 0
    for number in range(24):
        kitchen.reset(10_700_000 + number)
        seen, names = observe(kitchen, number, float(number)), {thing.name for thing in kitchen.objects()}
        absent = next(f"{colour} plate" for colour in ("red", "blue", "green") if f"{colour} plate" not in names)
        thought, _ = policy.think(seen, Context(instruction=f"put the {absent} in the sink"))
        missing += thought.reason == f"there is no {absent} in sight" and thought.is_question
        kinds = [name.split()[1] for name in names]
        for kind in {kind for kind in kinds if kinds.count(kind) > 1}:
            double += 1
            thought, _ = policy.think(seen, Context(instruction=f"put the {kind} in the sink"))
            asked += thought.subtask == f"ask which {kind}"
    assert missing >= 18 and double >= 8 and asked >= 0.6 * double
