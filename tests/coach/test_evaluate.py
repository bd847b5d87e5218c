"""Suites, rollouts in the real simulator, and the statistics of their outcome."""

import numpy as np
import pytest

from coach.evaluate.evaluation import paired, summary
from coach.evaluate.rollout import RolloutConfig, Row, play
from coach.evaluate.statistics import mcnemar, verdict, wilson
from coach.evaluate.suites import FIRST_SEED, suite
from robot_bridge.arms.kitchen.expert import Expert
from robot_bridge.arms.kitchen.tasks import plan
from robot_bridge.arms.kitchen.world import Kitchen
from robot_bridge.protocol.errors import ProtocolError, UsageError


def test_interval_is_wilsons_when_computed():
    low, high = wilson(170, 200)
    assert (round(low, 4), round(high, 4)) == (0.7939, 0.8929)  # as scipy.stats.binomtest gives it
    assert wilson(0, 10)[0] == 0 and wilson(10, 10)[1] > 0.9999 and wilson(0, 0) == (0, 1)


def test_verdict_is_plain_when_pairs_differ():
    assert mcnemar(0, 0) == 1 and round(mcnemar(10, 2), 4) == 0.0386
    assert (verdict(10, 2), verdict(2, 10), verdict(5, 4)) == ("better", "worse", "cannot tell")


def test_suite_is_unseen_balanced_and_repeatable():
    jobs = suite("pick_place", 12, 3)
    assert jobs == suite("pick_place", 12, 3) and min(seed for seed, _ in jobs) >= FIRST_SEED
    assert {task.place for _, task in jobs} == {"sink", "drying rack", "bin", "dishwasher"}


def test_usage_error_when_the_suite_is_unknown_or_empty():
    with pytest.raises(UsageError, match="pick_place"):
        suite("dance", 5, 0)
    with pytest.raises(UsageError):
        suite("pick_place", 0, 0)


class Teacher:
    """The simulator's own expert in a policy's place: it must succeed, so that a failure is the model's."""

    def __init__(self, kitchen, task):
        self.kitchen, self.task = kitchen, task

    def think(self, observation, context, forced="", on_token=None):
        return plan(self.kitchen, self.task).thought, 1

    def act(self, observation, context, thought):
        target = Expert(self.kitchen).target(plan(self.kitchen, self.task))
        return self.kitchen.body.pad(np.asarray(target, np.float32)[None]), 0.1


class Mute:
    """A policy whose thoughts cannot be read."""

    def think(self, *_):
        raise ProtocolError("not a thought")


@pytest.fixture(scope="module")
def kitchen():
    kitchen = Kitchen()
    kitchen.render = dict  # the teacher needs no pictures
    yield kitchen
    kitchen.close()


def test_row_counts_success_and_right_thoughts_when_the_teacher_plays(kitchen):
    seed, task = suite("pick_place", 2, 0)[1]
    row = play(kitchen, Teacher(kitchen, task), task, seed, RolloutConfig(rows=1))
    assert row.success and row.first_right and row.right == row.thoughts and row.end == "done"
    assert row.where_px == 0


def test_row_fails_when_nothing_can_be_read(kitchen):
    seed, task = suite("pick_place", 1, 0)[0]
    row = play(kitchen, Mute(), task, seed, RolloutConfig(longest_s=2.0))
    assert not row.success and row.right == 0 and row.end == "time"


def row(seed: int, success: bool) -> Row:
    return Row(seed, "put the red cup in the sink", "cup", "sink", success, True, 3, 4, 1.0)


def test_summary_and_pairs_add_up():
    first, second = [row(i, i < 5) for i in range(10)], [row(i, i >= 1) for i in range(10)]
    table = summary(first, suite="pick_place", seed=0)
    assert table["success"] == 0.5 and table["per_task"]["cup → sink"] == {"success": 0.5, "episodes": 10}
    assert table["subtask_all"]["rate"] == 0.75 and table["where_px_p50"] == 1.0
    assert paired(first, second) == {"better": 5, "worse": 1, "p": 0.21875, "verdict": "cannot tell"}
