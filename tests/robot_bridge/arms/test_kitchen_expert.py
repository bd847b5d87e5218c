"""The expert, its labels, the demonstrations made of both, and the gymnasium view."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from robot_bridge.arms.kitchen.demos import generate
from robot_bridge.arms.kitchen.episodes import DemoConfig, intentions, record, say_chores, set_scene, write_script
from robot_bridge.arms.kitchen.expert import Expert
from robot_bridge.arms.kitchen.layout import Layout, LayoutObject, make_layout
from robot_bridge.arms.kitchen.objects import KINDS
from robot_bridge.arms.kitchen.places import PLACES
from robot_bridge.arms.kitchen.scene import HANDS
from robot_bridge.arms.kitchen.stills import still, stills
from robot_bridge.arms.kitchen.tasks import Chores, Task, plan, succeeded
from robot_bridge.arms.kitchen.wordings import PICK_WORDINGS, PUT_WORDINGS
from robot_bridge.arms.kitchen.world import Kitchen
from robot_bridge.protocol.errors import UsageError
from robot_bridge.protocol.thought import Thought


def work(kitchen: Kitchen, task: Task, longest: int = 200) -> list[Thought]:
    """Let the expert finish a task; the thoughts on the way, repeated ones once."""
    expert, thoughts = Expert(kitchen), []
    for _ in range(longest):
        step = plan(kitchen, task)
        if not thoughts or thoughts[-1].subtask != step.thought.subtask:
            thoughts.append(step.thought)
        if step.action in ("done", "ask"):
            break
        kitchen.step(expert.target(step))
    return thoughts


@pytest.mark.parametrize("seed", range(6))
def test_task_succeeds_when_the_expert_works(kitchen: Kitchen, seed: int) -> None:
    kind, place = list(KINDS)[seed], list(PLACES)[seed % 4]
    kitchen.reset(make_layout(50_000 + seed, kinds=(kind, "cup", "towel")))
    colour = next(t.colour for t in kitchen.objects() if t.kind == kind)
    task = Task(kind, colour, place)
    thoughts = work(kitchen, task)
    assert succeeded(kitchen, task)
    words, hand = f"the {colour} {kind}", PLACES[place].hand
    assert [t.subtask for t in thoughts] == [f"pick up {words}", f"put {words} in the {place}", "done"]
    assert [t.reason for t in thoughts] == [
        f"{words} is on the counter and goes in the {place}",
        f"{words} is in the {hand} hand and goes in the {place}",
        f"{words} is in the {place}",
    ]
    assert thoughts[0].hand == thoughts[1].hand == hand and thoughts[-1].hand == "" and thoughts[-1].where is None
    assert all(str(Thought.parse(str(t))) == str(t) for t in thoughts)


def test_object_is_handed_over_when_the_other_arm_holds_it(kitchen: Kitchen) -> None:
    kitchen.reset(Layout((LayoutObject("cup", "red", (-0.1, 0.05, 0.0)), LayoutObject("towel", "blue", (0.1, 0, 0)))))
    kitchen.give("left", "red cup")
    thoughts = work(kitchen, Task("cup", "red", "dishwasher"))
    put, pick = "put the red cup {}", "pick up the red cup"
    assert [t.subtask for t in thoughts] == [
        put.format("on the counter"),
        pick,
        put.format("in the dishwasher"),
        "done",
    ]
    assert thoughts[0].reason == "the red cup is in the left hand and goes in the dishwasher"
    assert [t.hand for t in thoughts[:3]] == ["left", "right", "right"] and succeeded(
        kitchen, Task("cup", "red", "dishwasher")
    )


def test_other_object_is_put_down_when_the_mind_changes(kitchen: Kitchen) -> None:
    kitchen.reset(Layout((LayoutObject("cup", "red", (-0.1, 0.05, 0.0)), LayoutObject("towel", "blue", (0.1, 0, 0)))))
    kitchen.give("left", "red cup")
    step = plan(kitchen, Task("towel", "blue", "sink"))
    assert step.thought.subtask == "put the red cup on the counter" and step.hand == "left"


def test_label_goes_back_to_picking_when_the_hand_closed_on_nothing(kitchen: Kitchen) -> None:
    kitchen.reset(Layout((LayoutObject("cup", "red", (-0.1, 0.05, 0.0)),)))
    pose = kitchen.body.home
    pose[6] = 0.0
    kitchen.step(pose, 0.5)
    thought = plan(kitchen, Task("cup", "red", "sink")).thought
    assert thought.reason == "nothing is in the left hand, the red cup is on the counter and goes in the sink"
    assert thought.subtask == "pick up the red cup"


@pytest.mark.parametrize(
    ("task", "reason", "subtask"),
    [
        (Task("cup", "green", "sink"), "there is no green cup in sight", "ask for help"),
        (Task("cup", "", "sink"), "there is a red cup and a blue cup in sight", "ask which cup"),
        (Task("plate", "", "sink"), "there is no plate in sight", "ask for help"),
        (Task("bowl", "", "sink"), "the white bowl is on the floor", "ask for help"),
        (
            Task("towel", "", "sink"),
            "the green towel is on the counter and goes in the sink",
            "pick up the green towel",
        ),
    ],
)
def test_question_is_asked_when_the_task_is_unclear(kitchen: Kitchen, task: Task, reason: str, subtask: str) -> None:
    spots = {"red cup": (-0.1, 0.0), "blue cup": (0.1, 0.0), "green towel": (0.0, 0.08), "white bowl": (0.0, -0.08)}
    kitchen.reset(Layout(tuple(LayoutObject(n.split()[1], n.split()[0], (*p, 0.0)) for n, p in spots.items())))
    kitchen.move_object("white bowl", (0.9, 0.0, -0.8))
    thought = plan(kitchen, task).thought
    assert (thought.reason, thought.subtask) == (reason, subtask)


@pytest.mark.parametrize("wording", [*PUT_WORDINGS, *PICK_WORDINGS])
def test_wording_names_object_and_place_when_filled_in(wording: str) -> None:
    words = Task("cup", "red", "drying rack" if wording in PUT_WORDINGS else "").instruction(wording)
    assert "the red cup" in words and "{" not in words and ("drying rack" in words) == (wording in PUT_WORDINGS)


@pytest.mark.parametrize("task", [Task("cup", "red", "drying rack"), Task("towel", "", "bin"), Task("plate", "blue")])
def test_task_is_read_back_when_worded_plainly(task: Task) -> None:
    assert Task.parse(task.instruction()) == task


@pytest.mark.render
def test_demonstration_is_the_same_when_recorded_again(kitchen: Kitchen) -> None:
    config = DemoConfig(put=0, pick=1, change=0, ask=0, noisy=1, slip=1)
    first, second = (record(kitchen, 11, config) for _ in range(2))
    assert first.ok and first.thoughts == second.thoughts
    np.testing.assert_array_equal(first.actions, second.actions)
    np.testing.assert_array_equal(first.images, second.images)
    limits = kitchen.body.limits
    assert (first.actions >= limits[:, 0]).all() and (first.actions <= limits[:, 1]).all()


@pytest.mark.render
def test_nothing_has_happened_when_the_expert_only_says_what_it_would_do(kitchen: Kitchen) -> None:
    kitchen.reset(7)
    thing = next(t for t in kitchen.objects() if sum(o.kind == t.kind for o in kitchen.objects()) == 1)
    task, before = Task(thing.kind, thing.colour, "sink"), kitchen.data.qpos.copy()
    wanted = intentions(kitchen, task, 60)
    assert (kitchen.data.qpos == before).all() and not any(map(kitchen.held_by, ("left", "right")))
    for target in wanted:
        kitchen.step(target, 0.1)
    assert any(map(kitchen.held_by, ("left", "right"))) or succeeded(kitchen, task), "done in earnest, it works"


def test_shards_fit_together_and_are_kept_when_generated_twice(tmp_path: Path) -> None:
    config = DemoConfig(put=0, pick=0, change=0, ask=1, clear=0, wash=0, cameras=("base", "left_wrist"))
    lines: list[str] = []
    shards = generate(range(20, 24), tmp_path, config=config, episodes_per_shard=2, report=lines.append)
    assert len(shards) == len(lines) == 2 and not list(tmp_path.glob("*.part*"))
    meta = json.loads((shards[0] / "texts.json").read_text("utf-8"))
    columns = {p.stem: np.load(p, mmap_mode="r") for p in shards[0].glob("*.npy")}
    n = sum(episode["frames"] for episode in meta["episodes"])
    assert {len(column) for column in columns.values()} == {n}
    assert columns["images"].shape[1:] == (2, 96, 96, 3) and columns["images"].dtype == np.uint8
    assert columns["state"].shape == columns["action"].shape == (n, 14) and columns["action"].dtype == np.float32
    assert [e["seed"] for e in meta["episodes"]] == [20, 21] and set(columns["episode"]) == {0, 1}
    assert all("ask" in meta["thoughts"][i] for i in columns["thought_id"])
    stamp = (shards[0] / "images.npy").stat().st_mtime_ns
    generate(range(20, 24), tmp_path, config=config, episodes_per_shard=2, report=lines.append)
    assert len(lines) == 2 and (shards[0] / "images.npy").stat().st_mtime_ns == stamp


@pytest.mark.render
def test_labels_lie_on_the_objects_when_stills_are_made(tmp_path: Path) -> None:
    (shard,) = stills(range(40, 46), tmp_path, report=lambda line: None)
    images, labels = np.load(shard / "images.npy"), json.loads((shard / "labels.json").read_text("utf-8"))
    assert images.shape == (6, 96, 96, 3) and len(labels) == 6
    hits = []
    for image, things in zip(images, labels, strict=True):
        for thing in (t for t in things if t["colour"] == "red" and not t["dirty"]):
            red, green, blue = image[int(thing["y"] * 96), int(thing["x"] * 96)].astype(int)
            hits.append(red > green + 40 and red > blue + 40)
    assert hits and np.mean(hits) > 0.5, "most red objects are red in the middle (some are behind an arm)"


@pytest.mark.render
def test_environment_passes_when_gymnasium_checks_it() -> None:
    from gymnasium.utils.env_checker import check_env

    from robot_bridge.arms.kitchen.gym_env import KitchenEnv

    env = KitchenEnv(render_mode="rgb_array")
    check_env(env, skip_render_check=True)
    _, info = env.reset(seed=1, options={"layout": 3, "task": "put the cup in the sink"})
    assert info == {"instruction": "put the cup in the sink", "success": False} and env.render().shape == (96, 96, 3)
    with pytest.raises(UsageError, match="layout, task"):
        env.reset(options={"seed": 3})
    env.close()


@pytest.mark.render
def test_reward_comes_once_when_the_task_is_done() -> None:
    from robot_bridge.arms.kitchen.gym_env import KitchenEnv

    env = KitchenEnv(longest=30)
    env.reset(seed=1, options={"layout": 3})
    name = env.kitchen.objects()[0].name
    env.reset(seed=1, options={"layout": 3, "task": f"put the {name} in the sink"})
    *_, reward, terminated, _, info = env.step(env.kitchen.body.home)
    assert (reward, terminated, info["success"]) == (0.0, False, False)
    env.kitchen.move_object(name, (*PLACES["sink"].centre, PLACES["sink"].floor_z + 0.002))
    *_, reward, terminated, truncated, info = env.step(env.kitchen.body.home)
    assert (reward, terminated, truncated, info["success"]) == (1.0, True, False, True)
    env.close()


@pytest.mark.render
@pytest.mark.parametrize("job", ["clear", "wash"])
def test_expert_does_a_chore_when_the_home_has_a_rule(kitchen: Kitchen, job: str) -> None:
    chores = Chores(job, (("bottle", "sink"),))  # type: ignore[arg-type]
    kitchen.reset(make_layout(3, count=4))
    expert = Expert(kitchen)
    assert not succeeded(kitchen, chores)
    for _ in range(400):
        step = plan(kitchen, chores)
        if step.action == "done":
            break
        kitchen.step(expert.target(step), 0.1)
    assert step.thought.subtask == "done" and succeeded(kitchen, chores)
    moved = {t.name: t.place for t in kitchen.objects() if t.place != "counter"}
    assert moved and all(chores.goal(kitchen.find(name)) == place for name, place in moved.items())
    assert chores.notes() == ("bottles go in the sink",)


def test_dirty_dishes_go_where_the_home_has_them_go(kitchen: Kitchen) -> None:
    dirty = LayoutObject("plate", "red", (0.1, 0.3, 0.0), dirty=True)
    clean = LayoutObject("plate", "blue", (-0.1, 0.3, 0.0))
    kitchen.reset(Layout((dirty, clean)))
    chores = Chores("clear", (("plate", "bin"),), "sink")
    assert chores.notes("{things} belong {in_place}") == ("plates belong in the bin", "dirty dishes belong in the sink")
    assert [chores.goal(kitchen.find(name)) for name in ("red plate", "blue plate")] == ["sink", "bin"]
    assert "dirty dishes" in say_chores(chores, np.random.default_rng(0))


@pytest.mark.render
def test_what_is_fetched_lies_in_another_receptacle(kitchen: Kitchen) -> None:
    config = DemoConfig(put=0, pick=0, change=0, ask=0, clear=0, wash=0, fetch=1, stored=1, moved=0)
    for seed in range(3):
        rng = np.random.default_rng([seed, 2])
        set_scene(kitchen, seed, rng, config)
        (task,) = write_script(kitchen, rng, config).tasks
        assert isinstance(task, Task)
        lying = [t.place for t in kitchen.objects() if t.kind == task.kind and task.colour in ("", t.colour)]
        assert set(lying) & set(PLACES) and task.place not in lying


@pytest.mark.render
def test_stills_of_chores_under_way_show_a_full_counter_with_a_hand_at_work():
    kitchen = Kitchen("sticky", 96)
    pairs = [still(kitchen, seed, busy=True) for seed in range(2_000_000, 2_000_016)]
    things = [thing for _, labels in pairs for thing in labels]
    places = {thing["place"] for thing in things}
    assert len(things) > 5 * len(pairs) and {"counter", "sink", "bin"} <= places
    low = 0
    for seed in range(2_000_000, 2_000_016):
        still(kitchen, seed, busy=True)
        low += min(kitchen.pinch(hand)[2] for hand in HANDS) < 0.19
    assert low >= 7, "hands come down to what they pick up"
    again, labels = still(kitchen, 2_000_000, busy=True)
    assert (again == pairs[0][0]).all() and labels == pairs[0][1]
    kitchen.close()
