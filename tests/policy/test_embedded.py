"""The checkpoint in the package: it loads, thinks right about kitchens it never saw, and is small."""

import msgspec
import pytest

from coach.evaluate.jobs import Job
from coach.evaluate.lane import Lane, LaneConfig
from coach.evaluate.lockstep import Together, play
from coach.evaluate.suites import suite
from policy.checkpoint import embedded_folder, load_model, load_sight, read_card
from policy.loading import load_policy
from policy.model.looks import Looks
from robot_bridge.arms.kitchen.layout import Layout, LayoutObject
from robot_bridge.arms.kitchen.places import PLACES
from robot_bridge.arms.kitchen.tasks import Chores, plan
from robot_bridge.arms.kitchen.world import Kitchen
from robot_bridge.protocol.messages import Context, Going

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


@pytest.fixture
def chore(kitchen):
    """A counter to clear, and the first thing on it that a cupful of thought would be about."""
    return lane(kitchen, suite("clear_counter", 1, 77)[0])


def test_chore_goes_on_with_the_errand_under_way(chore, policy):
    seen = chore.observe()
    doing = policy.think(seen, Context(instruction="clear the counter"))[0].subtask
    errand = f"put {doing.removeprefix('pick up ')} in the dishwasher"  # settled when it began, wherever it belongs
    asked = Context(instruction=errand, doing=doing)
    told: list[str] = []
    under, _ = policy.think(seen, Context(instruction="clear the counter", doing=doing, going=Going(errand=errand)),
                            on_token=lambda index, text: told.append(text))  # fmt: skip
    assert str(under) == str(policy.think(seen, asked)[0]) and under.errand == errand and told
    acted, _ = policy.act(
        seen, Context(instruction="clear the counter", doing=doing, going=Going(errand=errand)), under
    )
    assert (acted == policy.act(seen, asked, under)[0]).all(), "it acts under the words that it thought under"


@pytest.mark.parametrize(("dirty", "told", "place"), [
    pytest.param(True, False, "dishwasher", id="dirty"),
    pytest.param(False, False, "sink", id="clean"),
    pytest.param(True, True, "sink", id="dirty, and a person said where it goes"),
])  # fmt: skip
def test_dish_that_waits_is_thought_about_anew_when_it_got_dirty(kitchen, policy, dirty, told, place):
    plate = LayoutObject("plate", "blue", (0.02, 0.0, 0.0), dirty=dirty)
    layout = Layout((plate, LayoutObject("towel", "red", (-0.15, 0.0, 0.0))))
    chore = lane(kitchen, Job(1, Chores("clear"), "clear the counter", layout=layout))
    errand = "put the blue plate in the sink"  # settled while it was clean; plates go in the dishwasher
    context = Context(instruction="clear the counter", doing="pick up the blue plate", going=Going(errand=errand))
    context = msgspec.structs.replace(context, told=(errand,) if told else ())
    thought, _ = policy.think(chore.observe(), context)
    assert thought.thing == "blue plate" and thought.errand.endswith(place), str(thought)


@pytest.mark.parametrize("another", [True, False])
def test_chore_turns_to_another_thing_when_its_thought_holds_on_to_the_last(kitchen, policy, monkeypatch, another):
    away, place = LayoutObject("bottle", "white", (0.15, 0.05, 0.0)), PLACES["dishwasher"]
    layout = Layout((away, *[LayoutObject("plate", "blue", (-0.05, 0.0, 0.0))] * another))
    chore = lane(kitchen, Job(1, Chores("clear"), "clear the counter", layout=layout))
    kitchen.move_object("white bottle", (*place.centre, place.floor_z + 0.003), 0.0)
    kitchen.step(kitchen.state(), 0.5)
    errand, drafts = "put the white bottle in the dishwasher", policy._thinking._drafts
    held = "reason: the white bottle is in the right hand and goes in the dishwasher\n"

    def holding_on(requests, told):
        return drafts([msgspec.structs.replace(r, forced=held) if r.context.instruction != errand else r
                       for r in requests], told)  # fmt: skip

    monkeypatch.setattr(policy._thinking, "_drafts", holding_on)
    context = Context(instruction="clear the counter", doing=errand, going=Going(errand=errand, lasting=15))
    thought, _ = policy.think(chore.observe(), context)
    assert thought.thing == "blue plate" if another else thought.is_done, str(thought)


def test_dirt_is_seen_in_a_picture_where_the_thing_is_seen(kitchen, policy):
    folder = embedded_folder()
    card, model = read_card(folder), load_model(folder, "cpu").eval()
    sight = load_sight(folder, card, model.sizes)
    looks = Looks(model, sight.head, sight.names)
    plate, cup = (
        LayoutObject("plate", "blue", (0.02, 0.0, 0.0), dirty=True),
        LayoutObject("cup", "red", (0.15, 0.0, 0.0)),
    )
    kitchen.reset(Layout((plate, cup)))
    picture = kitchen.render("base")
    assert looks.dirt(picture, "blue plate") > 0 > looks.dirt(picture, "red cup")
    assert looks.dirt(picture, "white bowl") is None and looks.dirt(picture, "teapot") is None


def test_chore_is_thought_about_anew_when_the_errand_is_done(chore, policy):
    away, place = chore.kitchen.objects()[-1], PLACES["sink"]
    chore.kitchen.move_object(away.name, (*place.centre, place.floor_z + 0.003), away.yaw)
    chore.kitchen.step(chore.kitchen.state(), 0.5)
    errand, doing = f"put the {away.name} in the sink", f"put the {away.name} in the sink"
    seen = chore.observe()
    ended, _ = policy.think(seen, Context(instruction=errand, doing=doing))
    assert ended.is_done or ended.is_question
    anew, _ = policy.think(seen, Context(instruction="clear the counter", doing=doing, going=Going(errand=errand)))
    without, _ = policy.think(seen, Context(instruction="clear the counter", doing=doing))
    assert not anew.is_done and away.name not in anew.subtask and str(anew) == str(without)


@pytest.mark.parametrize("words", ["do relocate that one, the {name}, to the bin", "raise the {name} a moment"])
def test_less_plain_words_are_read_once_and_then_the_errand_stands_for_them(chore, policy, words):
    seen, name = chore.observe(), chore.kitchen.objects()[0].name
    for errand in (f"put the {name} in the bin", f"pick up the {name}"):
        asked = Context(instruction=words.format(name=name), going=Going(errand=errand))
        under, _ = policy.think(seen, asked)
        plain = Context(instruction=errand)
        assert str(under) == str(policy.think(seen, plain)[0]) and under.errand == errand
        assert (policy.act(seen, asked, under)[0] == policy.act(seen, plain, under)[0]).all()


def test_less_plain_words_are_read_anew_where_the_errand_is_about_another_thing(chore, policy):
    seen, (name, other) = chore.observe(), [thing.name for thing in chore.kitchen.objects()[:2]]
    asked = Context(instruction=f"do relocate that one, the {name}, to the bin")
    astray = Context(instruction=asked.instruction, going=Going(errand=f"put the {other} in the sink"))
    assert str(policy.think(seen, astray)[0]) == str(policy.think(seen, asked)[0])


def test_errand_of_before_changes_nothing_where_the_words_name_the_thing(chore, policy):
    seen, thing = chore.observe(), chore.kitchen.objects()[0]
    words = Context(instruction=f"put the {thing.name} in the bin")
    late = Context(instruction=words.instruction, going=Going(errand="put the red cup in the sink"))
    assert str(policy.think(seen, late)[0]) == str(policy.think(seen, words)[0])
