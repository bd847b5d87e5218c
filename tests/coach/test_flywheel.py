"""The coaching experiment in small: homes, words, a coach in a real kitchen, and what is made of the rows."""

import errno
import json
import os
from itertools import islice
from types import SimpleNamespace

import numpy as np
import pytest
from flywheel_support import Stubborn, blind_kitchen

from coach.checkpoints.proofs import measured as measured_pairs
from coach.checkpoints.proofs import objection
from coach.config import Config
from coach.evaluate.lane import LaneConfig
from coach.evaluate.lockstep import Together, play
from coach.evaluate.rows import Row
from coach.finetune.stored_lessons import StoredLessons
from coach.flywheel import experiment
from coach.flywheel.cells import CELLS, RowFile, measured, old_tasks, unplayed
from coach.flywheel.coached_lane import CoachedLane, Memory
from coach.flywheel.homes import jobs, load_plan
from coach.flywheel.person import SimulatedCoach
from coach.flywheel.proof import keep_proofs
from coach.flywheel.results import results
from coach.flywheel.table import plot, table
from coach.flywheel.words import ANOTHER, CORRECTIONS, REMEDIES, heard
from coach.interpreter import interpret
from coach.interpreter.items import Scene
from coach.interpreter.resolve import resolve
from memory.store import Store
from policy.fingerprint import NEEDED
from robot_bridge.arms.kitchen.objects import COLOURS
from robot_bridge.arms.kitchen.places import PLACES
from robot_bridge.arms.kitchen.tasks import BELONGS, Chores, plan
from robot_bridge.protocol.thought import Thought

PLAN = load_plan()


def test_homes_differ_from_what_the_base_was_taught():
    assert len(PLAN.homes) >= 3
    for home in PLAN.homes:
        assert home.rules and all(place in PLACES and BELONGS[kind] != place for kind, place in home.rules.items())
    assert any(home.dropped for home in PLAN.homes)


def test_nothing_that_is_measured_was_ever_coached():
    coached, tested = (list(islice(jobs(PLAN, 0, part), 30)) for part in ("coached", "measured"))
    assert not {job.seed for job in coached} & {job.seed for job in tested}
    colours = [{thing.colour for job in part for thing in job.scene.objects} for part in (coached, tested)]
    assert not colours[0] & colours[1] and colours[0] | colours[1] <= set(COLOURS)
    for job in coached + tested:
        assert 2 <= len(job.scene.objects) <= 3
        assert any(thing.kind in PLAN.homes[0].rules for thing in job.scene.objects)


def test_cells_are_the_same_jobs_when_told_apart_by_words_and_coach():
    cells = {cell: measured(PLAN, 1, [cell], range(4)) for cell in CELLS}
    assert len({tuple(job.seed for job in these) for these in cells.values()}) == 1
    assert all(job.notes for job in cells["c"] + cells["e"]) and not any(job.notes for job in cells["a"] + cells["d"])


@pytest.mark.parametrize("template", [*ANOTHER, *CORRECTIONS, *REMEDIES])
def test_words_of_the_coach_are_what_they_should_be_when_heard_well(template):
    words = template.format(kind="plate", thing="red plate", place="bin", wrong="dishwasher")
    scene = Scene(task="clear the counter", subtask="pick up the red plate")
    [item] = interpret(words, scene).items
    assert resolve(item, scene).instruction == "put the red plate in the bin"


def test_words_are_misheard_as_often_as_asked_for():
    rng = np.random.default_rng(0)
    words = "no the plate goes in the bin"
    assert heard(words, rng, 0.0) == words
    changed = sum(a not in heard(words, rng, 0.05).split() for _ in range(300) for a in ["plate"])
    assert 3 <= changed <= 35


class Thing:
    def __init__(self, name, place, dirty=False):
        self.name, self.kind, self.place, self.dirty = name, name.split()[1], place, dirty


def coach():
    return SimulatedCoach(PLAN.homes[0].chores, PLAN.coach, np.random.default_rng(1))


def test_coach_speaks_late_and_only_of_what_is_wrong():
    things = [Thing("red plate", "counter"), Thing("blue bowl", "counter")]
    wrong = Thought.parse(
        "reason: the red plate is on the counter and goes in the dishwasher\nsubtask: pick up the red plate"
    )
    right = Thought.parse(
        "reason: the blue bowl is on the counter and goes in the sink\nsubtask: pick up the blue bowl"
    )
    person = coach()
    assert person.speak(1.0, wrong, False, things) == ""
    assert person.speak(1.4, wrong, False, things) == ""
    assert person.speak(3.1, wrong, False, things)
    assert not any(coach().speak(t, right, False, things) for t in (0.0, 5.0, 9.0))


def test_coach_names_another_thing_when_the_robot_reaches_for_one_that_is_put_away():
    done = Thought.parse("reason: the red plate is in the bin and goes in the bin\nsubtask: pick up the red plate")
    person, things = coach(), [Thing("red plate", "bin"), Thing("blue bowl", "counter")]
    person.speak(0.0, done, False, things)
    words = person.speak(5.0, done, False, things)
    assert "blue bowl" in words and "sink" in words
    assert coach().speak(5.0, done, False, things[:1]) == ""


def test_coach_answers_when_the_robot_waits_with_a_thing_in_its_hand():
    person, things = coach(), [Thing("red plate", "right hand")]
    assert person.has_more(things) and person.speak(0.0, None, True, things) == ""
    words = person.speak(5.0, None, True, things)
    assert "red plate" in words


def test_coach_names_what_is_left_when_the_robot_rests():
    person, things = coach(), [Thing("red plate", "dishwasher")]
    person.speak(0.0, None, True, things)
    assert "plate" in person.speak(5.0, None, True, things)
    assert not person.has_more([Thing("red plate", "bin")])


@pytest.fixture(scope="module")
def kitchen():
    with blind_kitchen() as kitchen:
        yield kitchen


def test_lessons_are_stored_and_the_job_succeeds_when_a_coach_stands_by(kitchen, tmp_path):
    job = next(job for job in jobs(PLAN, 0, "coached") if "plate" in {t.kind for t in job.scene.objects})
    config = Config(home=tmp_path, person="coach")
    with Store.open(config.memory_path) as store:
        memory = Memory(config, store, "base")
        lanes = play(Together(Stubborn(kitchen)), [kitchen], [job],
                     lambda k, j: CoachedLane(k, j, LaneConfig(rows=2), memory, PLAN.coach))  # fmt: skip
        row = next(iter(lanes)).row
        assert row.success and row.said >= 1 and row.corrections >= 1, row.trace
        lesson = store.corrections()[-1]
        assert lesson.instruction_now == "clear the counter" and lesson.outcome == "followed"
        assert "goes in the bin" in lesson.thought_final and lesson.rules == ("plates go in the bin",)
        store.flush()
        lessons = StoredLessons(store, "kitchen")
        drawn = list(islice(lessons.draws([0]), 600))
        over = [one for one in drawn if one.instruction != "clear the counter"]
        assert over, "who only learns the way never stops"
        for one in over:
            thing, place = one.instruction.removeprefix("put the ").split(" in the ")
            assert (
                one.thought == f"reason: the {thing} is in the {place}\nsubtask: done" and one.doing == one.instruction
            )
        assert any("the counter is clear" in one.thought for one in drawn), "what it turned to teaches too"
        assert any("hand and goes in the bin" in one.thought for one in drawn), "what followed the words teaches too"
        thought = str(plan(kitchen, Chores("clear")).thought)
        assert lessons.corrected("clear the counter", thought) == thought


def test_rows_outlive_a_crash_and_are_not_played_twice(tmp_path):
    work, file = measured(PLAN, 0, ["a", "d"], range(3)), RowFile(tmp_path / "rows.jsonl")
    file.add(Row(work[0].seed, work[0].variant, work[0].words, work[0].kind, "", success=True, objects=2))
    with (tmp_path / "rows.jsonl").open("a") as broken:
        broken.write('{"seed": 3000')
    [row] = file.rows()
    file.add(Row(work[1].seed, "d", work[1].words, work[1].kind, ""))
    assert [one.seed for one in file.rows()] == [work[0].seed, work[1].seed], "the cut line costs no other"
    assert row.success and row.objects == 2 and len(unplayed(work, [row])) == len(work) - 1


def rows():
    right = {"a": 0.2, "b": 1.0, "c": 1.0, "d": 0.9, "e": 1.0}
    for number, home in enumerate(PLAN.homes):
        for cell, rate in right.items():
            for index, job in enumerate(measured(PLAN, number, [cell], range(10))):
                yield Row(job.seed, cell, job.words, home.name, "", success=index < 10 * rate, objects=2,
                          objects_right=2 if index < 10 * rate else 1)  # fmt: skip
        for index, job in enumerate(old_tasks(home.name, range(10))):
            yield Row(job.seed, job.variant, job.words, job.kind, job.place, success=index < 9)
    for job in old_tasks("", range(10)):
        yield Row(job.seed, job.variant, job.words, job.kind, job.place, success=True)


def test_table_says_what_was_gained_and_what_was_forgotten(tmp_path):
    found = results(list(rows()), PLAN, {"maple": 12}, {"jobs": {"jobs": 10.0, "cpu_seconds": 20.0}}, command="c",
                    checkpoint="base", commit="x", machine="m")  # fmt: skip
    assert found["jobs"] == 30 and found["cells"]["a"]["rate"] == 0.2 and found["cells"]["d"]["bar"] == 0.8
    pair = found["pairs"]["d against a"]
    assert (pair["better"], pair["worse"], pair["verdict"]) == (21, 0, "better") and pair["p"] < 0.001
    assert found["old"]["points"] == -10.0 and found["old"]["before"]["rate"] == 1.0
    assert "| (d) fine-tuned on the words | 90.0 %" in table(found) and json.dumps(found)
    plot(tmp_path / "f.svg", found)
    assert (tmp_path / "f.svg").stat().st_size > 1000


def test_proof_is_kept_in_each_home_and_opens_the_way_to_promotion(tmp_path):
    base, tuned = tmp_path / "base", {}
    for home in PLAN.homes:
        tuned[home.name] = tmp_path / home.name / "checkpoints" / "coached" / "checkpoint"
    for folder in (base, *tuned.values()):
        folder.mkdir(parents=True)
        for file in NEEDED:
            (folder / file).write_text(str(folder))
    labels = {"checkpoint": "coached", "against": "base", "machine": "m"}
    assert objection(tmp_path / "maple", base, tuned["maple"]).endswith("were never measured against each other")
    found = keep_proofs(tmp_path, base, tuned, PLAN, list(rows()), motion="policy", **labels)
    assert found == {home.name: "better" for home in PLAN.homes}
    for home in PLAN.homes:
        assert objection(tmp_path / home.name, base, tuned[home.name]) == ""
        kept = {one["suite"]: one for one in measured_pairs(tmp_path / home.name, base, tuned[home.name])}
        assert set(kept) == {"home", "pick_place"} and kept["home"]["episodes"] == 10
        assert kept["pick_place"]["paired"]["worse"] == 1
    keep_proofs(tmp_path, base, tuned, PLAN, list(rows()), motion="expert", **labels)
    suites = {one["suite"] for one in measured_pairs(tmp_path / "hill", base, tuned["hill"])}
    assert suites == {"home", "pick_place", "home (choices)", "pick_place (choices)"}


def test_nothing_is_proved_of_a_home_that_was_not_measured(tmp_path):
    only = [row for row in rows() if row.variant in ("a", "old")]
    assert (
        keep_proofs(tmp_path, tmp_path, {}, PLAN, only, checkpoint="c", against="b", machine="m", motion="policy") == {}
    )


def test_full_disk_is_told_by_a_process_of_the_experiment(tmp_path, monkeypatch, capsys):
    def part(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(tmp_path / "maple" / "coached.jsonl"))

    monkeypatch.setattr(experiment, "dies_with", lambda parent: None)
    settings = SimpleNamespace(out=tmp_path, data=tmp_path)
    with pytest.raises(SystemExit):
        experiment._at_work(os.getpid(), part, settings, PLAN, range(1), 0.0)
    assert f"the disk under {tmp_path / 'maple'} is full" in capsys.readouterr().err
