"""Suites, jobs played in the real simulator, and what their rows say."""

import json
from dataclasses import replace
from math import comb

import numpy as np
import pytest

from coach.evaluate.corrected_lane import CorrectedLane
from coach.evaluate.figures import FIGURES, paired, summary
from coach.evaluate.home import home_suite
from coach.evaluate.jobs import FIRST_SEED, Job, put
from coach.evaluate.lane import Lane, LaneConfig
from coach.evaluate.lockstep import Together, play
from coach.evaluate.paraphrases import understood, wordings
from coach.evaluate.rows import Row
from coach.evaluate.statistics import holm, interval, mcnemar, more_needed, verdict, wilson
from coach.evaluate.suites import SUITES, suite
from coach.evaluate.tables import plot, table, write
from robot_bridge.arms.kitchen.expert import Expert
from robot_bridge.arms.kitchen.layout import Layout
from robot_bridge.arms.kitchen.places import PLACES, in_place
from robot_bridge.arms.kitchen.tasks import Chores, Task, plan
from robot_bridge.arms.kitchen.world import Kitchen
from robot_bridge.protocol.errors import ProtocolError, UsageError
from robot_bridge.protocol.thought import Thought


def test_interval_is_wilsons_when_computed():
    low, high = wilson(170, 200)
    assert (round(low, 4), round(high, 4)) == (0.7939, 0.8929)  # as scipy.stats.binomtest gives it
    assert wilson(0, 10)[0] == 0 and wilson(10, 10)[1] > 0.9999 and wilson(0, 0) == (0, 1)


def test_verdict_is_plain_when_pairs_differ():
    assert mcnemar(0, 0) == 1 and round(mcnemar(10, 2), 4) == 0.0386
    assert [verdict(*one, 50) for one in ((10, 2), (2, 10), (5, 4))] == ["better", "worse", "cannot tell"]


@pytest.mark.parametrize("counts", [(0, 0, 100), (5, 5, 500), (10, 4, 1000), (5001, 5000, 20_000)])
def test_no_difference_is_said_when_the_interval_is_narrow(counts):
    low, high = interval(*counts)
    assert -0.03 < low < 0 < high < 0.03
    assert verdict(*counts) == "no difference of 3 points or more" and more_needed(*counts) == 0


def test_interval_is_bonetts_and_prices_when_computed():
    # By hand: 10 and 4 of 100 become 11 and 5 of 102, 0.0588 ± 1.96 √((0.1569 − 0.0588²) / 102).
    assert [round(end, 4) for end in interval(10, 4, 100)] == [-0.0172, 0.1348]
    assert interval(0, 0, 0)[0] == -1 and interval(3, 3, 50)[0] == -interval(3, 3, 50)[1]


def power(better, worse, pairs):
    """How often McNemar's exact test says `better` or `worse`, where pairs differ by chance with these two rates."""
    found, rate = 0.0, better + worse
    for both in range(pairs + 1):
        chance = comb(pairs, both) * rate**both * (1 - rate) ** (pairs - both)
        if chance > 1e-9:
            ends = [n for n in range(both + 1) if mcnemar(n, both - n) < 0.05]
            found += chance * sum(comb(both, n) * better**n * worse ** (both - n) for n in ends) / rate**both
    return found


@pytest.mark.parametrize("counts", [(10, 4, 100), (5, 1, 50), (20, 11, 100), (0, 5, 100)])
def test_power_is_eighty_percent_when_as_many_more_were_played_as_asked_for(counts):
    better, worse, pairs = counts
    assert 0.78 < power(better / pairs, worse / pairs, pairs + more_needed(*counts)) < 0.95


@pytest.mark.parametrize("counts", [(1, 1, 100), (3, 1, 201), (0, 5, 201), (1, 4, 201), (1, 0, 100), (0, 0, 20)])
def test_more_episodes_than_could_decide_are_asked_for_when_few_differ(counts):
    more = more_needed(*counts)
    assert verdict(*counts) == "cannot tell" and more > 50
    scale = (counts[2] + more) / max(counts[2], 1)
    assert verdict(*(round(scale * count) for count in counts)) != "cannot tell", "were it to go on like this"


def test_no_more_episodes_are_asked_for_when_it_is_known():
    assert more_needed(10, 2, 100) == 0 == more_needed(2, 10, 100)
    assert more_needed(0, 0, 20) > more_needed(0, 0, 60) > 0 and more_needed(0, 0, 0) > 100


def test_several_tests_are_corrected_as_holm_does():
    assert [round(p, 3) for p in holm([0.01, 0.04, 0.03])] == [0.03, 0.06, 0.06]
    assert holm([]) == [] and holm([0.02]) == [0.02] and holm([0.9, 0.8]) == [1.0, 1.0]


@pytest.mark.parametrize("name", SUITES)
def test_suite_is_unseen_and_repeatable_when_made_twice(name):
    jobs = suite(name, 12, 3)
    assert jobs == suite(name, 12, 3) and len({job.key for job in jobs}) == len(jobs) >= 12
    assert min(job.seed for job in jobs) >= FIRST_SEED and all(job.scene.objects for job in jobs)


def test_places_take_turns_when_things_are_put():
    assert {job.place for job in suite("pick_place", 12, 3)} == {"sink", "drying rack", "bin", "dishwasher"}


def test_thing_lies_in_another_receptacle_when_it_is_to_be_fetched():
    for job in suite("fetched", 12, 0):
        (thing,) = (t for t in job.scene.objects if (t.kind, t.colour) == (job.task.kind, job.task.colour))
        lying = [name for name, place in PLACES.items() if place.contains(np.array(thing.position))]
        assert len(lying) == 1 and job.task.place not in lying


def test_a_correction_asks_for_something_else_on_the_way():
    jobs = suite("corrected", 30, 0)
    assert {job.variant for job in jobs} == {"place", "arm", "thing"}
    for job in jobs:
        first, second = job.at_first, job.task
        assert first.place != second.place and 0.5 <= job.corrected_s <= 7.0
        assert (first.object == second.object) == (job.variant != "thing")
        hands = {PLACES[task.place].hand for task in (first, second)}
        assert job.variant == "thing" or (len(hands) == 2) == (job.variant == "arm")


def test_words_of_a_correction_come_when_it_is_time():
    job = suite("corrected", 1, 0)[0]
    kitchen = Kitchen()
    try:
        lane = CorrectedLane(kitchen, job, LaneConfig())
        lane.observe()
        done = Thought(reason=f"the {job.task.object} is in the {job.at_first.place}", subtask="done")
        for _ in range(3):
            lane.take(done)
            lane.follow(None)
        assert lane.context.instruction == job.at_first.instruction() and not lane.over, "the person has not spoken"
        lane.time_s = job.corrected_s
        lane.observe()
        assert lane.context.instruction == job.words and f"goes {in_place(job.task.place)}" in lane.forced
        lane.take(done)
        assert lane.row.said == 1 and not lane.forced, "said once"
    finally:
        kitchen.close()


def test_likes_stand_around_when_one_thing_is_meant():
    for job in suite("among_others", 20, 0):
        others = [
            thing for thing in job.scene.objects if (thing.kind, thing.colour) != (job.task.kind, job.task.colour)
        ]
        assert sum(thing.kind == job.task.kind for thing in others) == 1
        assert sum(thing.colour == job.task.colour for thing in others) >= 2


def test_six_things_wait_when_the_counter_is_to_be_cleared():
    assert all(len(job.scene.objects) == 6 for job in suite("clear_counter", 10, 0))
    for job in suite("wash_up", 10, 0):
        assert {job.task.goal(thing) for thing in job.scene.objects} >= {"sink", "drying rack"}


def test_usage_error_when_the_suite_is_unknown_or_empty():
    with pytest.raises(UsageError, match="pick_place"):
        suite("dance", 5, 0)
    with pytest.raises(UsageError):
        suite("pick_place", 0, 0)


def test_two_hundred_wordings_are_held_out_when_read():
    texts = wordings()  # raises where one is trained on
    every = [*texts["put"], *texts["pick"], *(words for place in texts["put_in"].values() for words in place)]
    assert len(set(every)) >= 200
    jobs = suite("paraphrases", 200, 0)
    assert len({job.words for job in jobs if job.variant == "raw"}) == 200


def test_interpreter_gives_the_trained_wording_or_nothing_when_it_hears_other_words():
    assert understood("could you pop the red cup in the sink") == "put the red cup in the sink"
    assert understood("what a nice red cup") == ""


class Teacher:
    """The simulator's own expert in a policy's place: it must succeed, so that a failure is the model's."""

    def __init__(self, kitchen, task):
        self.kitchen, self.task = kitchen, task

    def think(self, observation, context, forced="", on_token=None):
        return plan(self.kitchen, self.task).thought, 1

    def act(self, observation, context, thought):
        target = Expert(self.kitchen).target(plan(self.kitchen, self.task))
        return self.kitchen.body.pad(np.asarray(target, np.float32)[None]), 0.1


class Blind(Teacher):
    """Thinks that all is well."""

    def think(self, observation, context, forced="", on_token=None):
        return Thought(reason="the counter is clear", subtask="done"), 1


class Mute:
    """A policy whose thoughts cannot be read."""

    def think(self, *_):
        raise ProtocolError("not a thought")


@pytest.fixture(scope="module")
def kitchen():
    kitchen = Kitchen()
    kitchen.render = lambda camera: np.zeros((96, 96, 3), np.uint8)  # the teacher needs no pictures
    yield kitchen
    kitchen.close()


def played(kitchen: Kitchen, job: Job, policy: object = None, **config) -> Row:
    policy = policy or Teacher(kitchen, job.task)
    lanes = play(Together(policy), [kitchen], [job], lambda k, j: Lane(k, j, LaneConfig(**config)))
    return next(iter(lanes)).row


def test_row_counts_success_and_right_thoughts_when_the_teacher_plays(kitchen):
    row = played(kitchen, suite("pick_place", 2, 0)[1], rows=1)
    assert row.success and row.first_right and row.right == row.thoughts and row.end == "done"
    assert row.where_px == 0 and row.picked and row.picked in row.words


def test_row_fails_when_nothing_can_be_read(kitchen):
    row = played(kitchen, replace(suite("pick_place", 1, 0)[0], longest_s=2.0), Mute())
    assert not row.success and row.right == 0 and row.end == "time"


def test_job_is_lost_unplayed_when_the_words_lead_to_a_question(kitchen):
    row = played(kitchen, replace(suite("pick_place", 1, 0)[0], unheard=True))
    assert not row.success and row.thoughts == 0


def test_teacher_gets_over_it_when_somebody_moves_the_object(kitchen):
    row = played(kitchen, suite("moved_object", 1, 1)[0], rows=1)
    assert row.event == 1 and row.success


def test_things_are_counted_one_by_one_when_a_chore_ends_early(kitchen):
    row = played(kitchen, suite("clear_counter", 1, 0)[0], Blind(kitchen, Chores("clear")))
    assert not row.success and (row.objects, row.objects_right) == (6, 0)


def test_only_the_thought_after_the_mishap_counts_when_something_slips(kitchen):
    job = next(job for job in suite("failures", 3, 0) if job.event == "slip")
    row = played(kitchen, job)
    assert row.event == 1 and row.thoughts == 1 and row.success
    assert not played(kitchen, job, Blind(kitchen, job.task)).success


def test_help_is_asked_for_when_nothing_stays_in_the_hand(kitchen):
    job = next(job for job in suite("failures", 3, 0) if job.event == "slips")
    row = played(kitchen, replace(job, longest_s=60.0), rows=1)
    assert row.asked and row.event >= 3 and row.end == "asks"


def test_nothing_moves_when_only_a_first_look_is_measured(kitchen):
    job = next(job for job in suite("scene", 3, 0) if job.variant == "twice")
    row = played(kitchen, job)
    assert row.thoughts == row.questions == 1 and row.seconds == 0 and row.success


def row(seed: int, success: bool, **values) -> Row:
    usual = {"variant": "", "first_right": True, "subtasks": 3, "thoughts": 4, "where_px": 1.0}
    words = "put the red cup in the sink"
    return Row(seed, words=words, kind="cup", place="sink", success=success, **{**usual, **values})


def test_summary_and_pairs_add_up():
    first, second = [row(i, i < 5) for i in range(10)], [row(i, i >= 1) for i in range(10)]
    found = summary("pick_place", first, "sticky", checkpoint="x", seed=0, machine="m")
    assert found["success"] == 0.5 and found["per_task"]["cup → sink"] == {"success": 0.5, "episodes": 10}
    assert {figure["name"]: figure["rate"] for figure in found["figures"]}["all subtasks right"] == 0.75
    pair = paired(first, second)
    assert (pair["better"], pair["worse"], pair["p"], pair["verdict"]) == (5, 1, 0.21875, "cannot tell")
    assert pair["more"] > 0


@pytest.mark.parametrize("name", FIGURES)
def test_every_suite_has_figures_a_table_a_file_and_a_plot(name, tmp_path):
    jobs = home_suite({"plate": "bin"}, 9, 0) if name == "home" else suite(name, 9, 0)
    rows = [row(i, i < 5, variant=job.variant) for i, job in enumerate(jobs)]
    found = summary(name, rows, "sticky", checkpoint="x", seed=0, machine="m")
    assert FIGURES[name][0].name in table(found)
    write(tmp_path / "a.json", found, rows)
    kept = json.loads((tmp_path / "a.json").read_text())
    assert kept["success"] == found["success"] and len(kept["rows"]) == len(rows)
    plot(tmp_path / "a.svg", [found])
    assert (tmp_path / "a.svg").stat().st_size > 1000


def test_trained_wording_is_put_when_a_job_says_nothing_else():
    assert put(FIRST_SEED, Task("cup", "red", "bin")).words == "put the red cup in the bin"


def test_expert_does_what_the_thought_says_when_only_choices_are_measured(kitchen):
    job = next(job for job in suite("clear_counter", 1, 0))
    small = replace(job, layout=Layout(job.scene.objects[:2]), longest_s=40.0)
    row = played(kitchen, small, Teacher(kitchen, small.task), motion="expert")
    assert row.success and row.objects_right == 2
