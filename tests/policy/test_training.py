"""Training on a handful of made-up samples: it learns, it resumes, it refuses to start without data."""

import dataclasses
import json
import re
from dataclasses import replace

import msgspec
import numpy as np
import pytest
from safetensors.torch import load_file
from tiny import SIZES, WORDINGS

from policy.loading import load_policy
from policy.training.batches import patch_targets
from policy.training.config import Stage, TrainConfig, load_train_config
from policy.training.episodes import Episodes
from policy.training.errands import as_errands
from policy.training.pictures import Stills, StillShards, Thing
from policy.training.rule_texts import rule_texts
from policy.training.run import train
from policy.training.still_texts import still_texts
from robot_bridge.protocol.errors import ConfigError
from robot_bridge.protocol.thought import Thought

STAGES = (
    Stage(name="look", steps=3, batch=4, patches=1.0),
    Stage(name="think", steps=4, batch=4, stills=1.0, frames=1.0, look=False),
    Stage(name="act", steps=3, batch=4, act=1.0, frozen=True),
)
CONFIG = TrainConfig(stages=STAGES, model=SIZES, save_every=2, log_every=1, warmup=1)


def test_chunk_stays_in_its_episode_and_serves_one_instruction(data):
    episodes = Episodes(data.demos, 4, ("base",))
    assert len(episodes) == 10  # the failed episode is left out
    shard = next(iter(episodes._shards.values()))
    assert shard.rows[9].tolist() == [9, 9, 9, 9] and shard.rows[3].tolist() == [3, 4, 5, 6]
    assert shard.usable.tolist()[:8] == [True] * 4 + [False] * 3 + [True]


def test_only_instants_with_a_chunk_are_drawn_when_motion_alone_is_learned(data):
    episodes = Episodes(data.demos, 4, ("base",))
    draws = [episodes.draw(np.random.default_rng(seed), 8, acting=True) for seed in range(5)]
    assert all(draw.usable.all() for draw in draws)
    assert not all(episodes.draw(np.random.default_rng(seed), 8).usable.all() for seed in range(5))


def test_one_sentence_says_so_when_nothing_moves_as_told(data):
    episodes = Episodes(data.demos, 400, ("base",))
    for shard in episodes._shards.values():
        shard.usable[:] = False
    episodes.refresh()
    with pytest.raises(ConfigError, match="no motion to learn"):
        episodes.draw(np.random.default_rng(0), 8, acting=True)


def test_map_says_where_things_stand_that_are_not_put_away(data):
    shards = StillShards(data.stills)
    placed = ("red cup", "counter", 0.6, 0.2), ("red bowl", "sink", 0.6, 0.2), ("blue cup", "counter", 0.1, 0.9)
    things = [Thing(*one, dirty=False) for one in (*placed, ("red sponge", "left hand", 0.1, 0.1))]
    shards._shards = {data.stills: (np.zeros((1, 24, 24, 3), np.uint8), [things])}
    assert shards.counter_map(2).tolist() == [[0.0, 0.5], [1.0, 0.0]]


def test_run_ends_in_a_checkpoint_that_loads(data, tmp_path):
    rows: list[dict] = []
    made = train(CONFIG, data, tmp_path / "run", "tiny", report=rows.append)
    assert made is not None
    policy = load_policy(str(made), "cpu")
    assert policy.parameters > 1000
    assert {row["stage"] for row in rows} == {"look", "think", "act"}
    assert all(np.isfinite(v) for row in rows for v in row.values() if isinstance(v, float))


def test_run_goes_on_where_it_stopped_when_time_runs_out(data, tmp_path):
    folder = tmp_path / "run"
    assert train(CONFIG, data, folder, "tiny", minutes=0.0, report=lambda row: None) is None
    rows: list[dict] = []
    (folder / "progress.json").write_text(json.dumps({"stage": 1, "step": 2}))
    before = load_file(folder / "state.safetensors")
    assert train(CONFIG, data, folder, "tiny", report=rows.append) is not None
    assert [(r["stage"], r["step"]) for r in rows] == [("think", 3), ("think", 4), ("act", 1), ("act", 2), ("act", 3)]
    after = load_file(folder / "state.safetensors")
    frozen = "modules.model.model.vlm.vision_tower.embeddings.patch_embedding.weight"
    assert (before[frozen] == after[frozen]).all()


def test_a_rule_comes_to_hold_when_only_the_words_are_trained(data, tmp_path):
    rows: list[dict] = []
    stage = Stage(name="bind", steps=60, batch=16, rate=0.01, rules=1.0, look=False)
    train(msgspec.structs.replace(CONFIG, stages=(stage,)), data, tmp_path / "run", "tiny", report=rows.append)
    losses = [row["rules"] for row in rows]
    assert np.mean(losses[-10:]) < 0.7 * np.mean(losses[:5])


def test_the_note_of_the_very_thing_decides_when_a_home_has_several():
    instructions, thoughts = rule_texts(300, np.random.default_rng(1), WORDINGS)
    chores = 0
    for words, thought in zip(instructions, thoughts, strict=True):
        instruction, *notes = words.split("\n")
        kind, place = re.findall(r"^reason: the \w+ (\w+) is .* goes in the (.+)\n$", thought)[0]
        rules = {note.split("s go")[0]: note.split(" go in the ")[1] for note in notes}
        if instruction == "clear the counter":
            chores += 1
            assert place == rules.get(kind, WORDINGS.belongs[kind])
        else:
            assert instruction.endswith(f" the {place}")
    assert 200 < chores < 290


def test_losses_fall_when_the_same_samples_come_again(data, tmp_path):
    rows: list[dict] = []
    stages = (Stage(name="think", steps=24, batch=6, rate=0.01, frames=1.0, act=1.0),)
    train(msgspec.structs.replace(CONFIG, stages=stages), data, tmp_path / "run", "tiny", report=rows.append)
    assert rows[-1]["frames"] < 0.8 * rows[0]["frames"]
    assert sum(r["act"] for r in rows[-5:]) < sum(r["act"] for r in rows[:5])


def test_still_gives_the_thought_of_a_task_at_rest():
    things = [Thing("red cup", "counter", 0.3, 0.6, False), Thing("blue cup", "sink", 0.7, 0.5, True)]
    stills = Stills(np.zeros((200, 24, 24, 3), np.uint8), [things] * 200)
    pairs = list(zip(*still_texts(stills, np.random.default_rng(0), WORDINGS)[:2], strict=True))
    thoughts = [Thought.parse(text) for _, text in pairs]
    subtasks = {t.subtask for t in thoughts}
    assert {"pick up the red cup", "pick up the blue cup", "done", "ask which cup", "ask for help"} <= subtasks
    for (instruction, _), thought in zip(pairs, thoughts, strict=True):
        if thought.subtask == "pick up the red cup":
            goal = thought.reason.rpartition(" goes in the ")[2]
            assert thought.hand == ("left" if goal in ("sink", "drying rack") else "right")
            assert abs(thought.where.x - 0.3) < 0.01
            assert goal in instruction or instruction in ("wash up", "clear the counter") or "\n" in instruction


def test_still_and_frame_teach_picking_up_in_all_its_wordings():
    wordings = dataclasses.replace(WORDINGS, chores={}, picks=("hold {object}", "{object} up please"))
    things = [Thing("red cup", "counter", 0.3, 0.6, False), Thing("blue bowl", "dishwasher", 0.7, 0.5, True)]
    stills, rng = Stills(np.zeros((300, 24, 24, 3), np.uint8), [things] * 300), np.random.default_rng(0)
    pairs = list(zip(*still_texts(stills, rng, wordings)[:2], strict=True))
    picked = {(i, Thought.parse(t).reason, Thought.parse(t).hand) for i, t in pairs if "goes in the hand" in t}
    assert ("hold the red cup", "the red cup is on the counter and goes in the hand", "left") in picked
    assert ("the blue bowl up please", "the blue bowl is in the dishwasher and goes in the hand", "right") in picked
    assert {wordings.reworded("pick up the red cup", rng) for _ in range(50)} == {
        "pick up the red cup", "hold the red cup", "the red cup up please"}  # fmt: skip
    assert {WORDINGS.reworded("pick up the red cup", rng) for _ in range(50)} == {"pick up the red cup"}


def test_what_was_done_before_is_now_and_then_misnamed():
    things = [Thing("red cup", "counter", 0.3, 0.6, False)]
    stills = Stills(np.zeros((300, 24, 24, 3), np.uint8), [things] * 300)
    _, thoughts, before = still_texts(stills, np.random.default_rng(0), WORDINGS)
    picking = [
        b for t, b in zip(thoughts, before, strict=True) if "pick up the red cup" in t and b.startswith("pick up")
    ]
    assert {"pick up the red cup", "pick up the red bowl", "pick up the blue cup"} <= set(picking)


def test_still_gives_the_thought_of_a_chore_when_the_home_has_rules():
    things = [Thing("red cup", "counter", 0.3, 0.6, True), Thing("blue plate", "counter", 0.7, 0.5, False),
              Thing("green bottle", "counter", 0.5, 0.4, False)]  # fmt: skip
    stills = Stills(np.zeros((300, 24, 24, 3), np.uint8), [things] * 300)
    pairs = list(zip(*still_texts(stills, np.random.default_rng(0), WORDINGS)[:2], strict=True))
    washing = [t for i, t in pairs if i.startswith("wash up")]
    clearing = [(i, t) for i, t in pairs if i.startswith("clear the counter")]
    assert washing and all("the red cup is on the counter and goes in the sink" in t for t in washing)
    assert any("\n" in i for i, _ in clearing)
    noted = [i for i, _ in clearing if "\n" in i]
    share = np.mean(["bottles" in i for i in noted])
    assert (
        abs(share - np.mean(["towels" in i for i in noted])) < 0.25
    )  # what the notes name says nothing of what is there
    for instruction, thought in clearing:
        told = re.search(r"bottles go in the (.*)", instruction)
        assert f"the green bottle is on the counter and goes in the {told[1] if told else 'bin'}" in thought


def test_dirty_dish_goes_where_the_home_has_dirty_dishes_go():
    stills = Stills(np.zeros((300, 24, 24, 3), np.uint8), [[Thing("red cup", "counter", 0.3, 0.6, True)]] * 300)
    pairs = list(zip(*still_texts(stills, np.random.default_rng(0), WORDINGS)[:2], strict=True))
    told = [(i, t) for i, t in pairs if "dirty dishes go in" in i]
    assert len(told) > 10
    for instruction, thought in told:
        place = re.search(r"dirty dishes go in the (.*)", instruction)[1]
        assert f"the red cup is on the counter and goes in the {place}" in thought


def test_patch_target_points_at_the_centre():
    stills = Stills(np.zeros((1, 24, 24, 3), np.uint8), [[Thing("blue cup", "counter", 0.75, 0.25, True)]])
    patch, label, offset, dirty = patch_targets(stills, grid=2)
    assert (patch.tolist(), label.tolist(), dirty.tolist()) == ([1], [7], [1.0])
    assert offset.abs().max() < 1e-6


def test_config_error_when_there_is_no_data_or_a_key_is_misspelt(data, tmp_path):
    with pytest.raises(ConfigError, match="coach demos"):
        train(CONFIG, replace(data, demos=tmp_path / "nowhere"), tmp_path / "run", "tiny")
    with pytest.raises(ConfigError, match="coach demos"):
        StillShards(tmp_path / "nowhere")
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("stages: [{name: look, stepps: 3}]")
    with pytest.raises(ConfigError, match="stepps"):
        load_train_config(recipe)


def test_packaged_recipe_loads():
    from importlib import resources

    recipe = load_train_config(resources.files("policy.training") / "kitchen.yaml")
    assert [s.name for s in recipe.stages] == [
        "look",
        "think",
        "act",
        "reach",
        "see",
        "name",
        "both",
        "last",
        "bind",
        "joint",
        "steady",
        "errands",
        "sure",
        "stem",
        "whole",
        "settle",
        "polish",
        "steer",
        "fetch",
        "carry",
    ]


def test_a_plain_wish_is_said_otherwise_and_means_the_same(data):
    wordings = replace(
        WORDINGS, composed=("now {object} goes to {place}",), others={"cup": ("mug",), "bin": ("trash",)}
    )
    rng = np.random.default_rng(2)
    said = {wordings.reworded("put the red cup in the bin\nplates go in the sink", rng) for _ in range(300)}
    assert "now the red cup goes to the bin\nplates go in the sink" in said
    assert "move the red mug to the bin\nplates go in the sink" in said
    assert all(re.search(r"red (cup|mug)", words) and re.search(r"the (bin|trash)", words) for words in said)
    assert wordings.reworded("pick up the red cup", rng) == "pick up the red cup"


def test_chores_teach_errands_in_a_share_of_cases():
    rng = np.random.default_rng(0)
    pick = "reason: the red cup is on the counter and goes in the bin\nsubtask: pick up the red cup"
    words = ["clear the counter\ncups go in the bin", "put the blue cup in the sink", "clear the counter"]
    thoughts = [pick, pick, "reason: the counter is clear\nsubtask: done"]
    chores = {"clear the counter"}
    assert as_errands(words, thoughts, chores, 1.0, rng) == ["put the red cup in the bin", *words[1:]]
    assert as_errands(words, thoughts, chores, 0.0, rng) == words
    assert as_errands(["clear the counter"], ["no thought at all"], chores, 1.0, rng) == ["clear the counter"]
