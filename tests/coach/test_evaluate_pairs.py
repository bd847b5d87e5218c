"""Two checkpoints on the same layouts: tables for each task and rule, a plot, and the suite of a home's own rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from coach.__main__ import main
from coach.evaluate import evaluation
from coach.evaluate.figures import paired, paired_by, summary
from coach.evaluate.home import home_rules, home_suite
from coach.evaluate.jobs import FIRST_SEED, Job
from coach.evaluate.rows import Row
from coach.evaluate.suites import suite
from coach.evaluate.tables import compared, plot
from memory.records import CorrectionDraft
from memory.rules import Rule
from memory.store import Store
from policy.fingerprint import NEEDED
from robot_bridge.arms.kitchen.tasks import Chores
from robot_bridge.protocol.errors import UsageError


def lesson(number: int, reason: str, instruction: str = "clear the counter", **fields: Any) -> CorrectionDraft:
    return CorrectionDraft(id=f"lesson-{number}", words="no", thought_should=f"reason: {reason}\n",
                           instruction_was=instruction, instruction_now=instruction, **fields)  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with a rule and lessons."""
    with Store.open(tmp_path / "memory.db") as store:
        store.rules.add(Rule(text="plates go in the drying rack", subject="place of plate", wall_s=1.0))
        store.rules.add(Rule(text="plates always go in the bin", subject="place of plate", wall_s=2.0))
        store.rules.add(Rule(text="the keys go on the hook", subject="place of key", wall_s=3.0))
        told = ["the red cup is on the counter and goes in the sink", "the blue cup is on the counter and goes in the "
                "dishwasher", "the white cup is on the counter and goes in the dishwasher",
                "the red plate is on the counter and goes in the sink"]  # fmt: skip
        for number, reason in enumerate(told):
            store.add_correction(lesson(number, reason))
        one = "put the red bowl in the bin"
        store.add_correction(lesson(8, "the red bowl is on the counter and goes in the bin", one))
        store.add_correction(lesson(9, "the red towel is on the counter and goes in the bin", outcome="retracted"))
    return tmp_path


def test_rules_of_a_home_are_those_told_and_those_most_lessons_teach(home: Path) -> None:
    with Store.open(home / "memory.db") as store:
        assert home_rules(store) == {"cup": "dishwasher", "plate": "bin"}, "told for one thing, or taken back, is none"


def test_jobs_of_a_home_hold_its_rules_and_say_none_of_them() -> None:
    jobs = home_suite({"cup": "dishwasher", "plate": "bin"}, 12, 3)
    assert jobs == home_suite({"cup": "dishwasher", "plate": "bin"}, 12, 3) != home_suite({"cup": "bin"}, 12, 3)
    assert len({job.key for job in jobs}) == 12 and min(job.seed for job in jobs) >= FIRST_SEED
    assert {(job.kind, job.place) for job in jobs} == {("cup", "dishwasher"), ("plate", "bin")}
    for job in jobs:
        assert job.kind in {thing.kind for thing in job.scene.objects} and len(job.scene.objects) in (1, 2, 3)
        assert job.task == Chores("clear", (("cup", "dishwasher"), ("plate", "bin"))) and job.notes == ()
        assert job.words == "clear the counter"


def test_usage_error_when_a_home_has_no_rules(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError, match="no rules"):
        home_suite({}, 5, 0)
    assert main(["eval", "--suite", "home", "--home", str(tmp_path)]) == 2
    assert "plates always go in the drying rack" in capsys.readouterr().err
    assert not (tmp_path / "memory.db").exists()


def rows(jobs: list[Job], right: int) -> list[Row]:
    return [Row(job.seed, job.variant, job.words, job.kind, job.place, success=i % 10 < right, objects=2,
                objects_right=1 + (i % 10 < right)) for i, job in enumerate(jobs)]  # fmt: skip


def test_each_task_has_its_pairs_when_two_are_compared() -> None:
    jobs = suite("pick_place", 40, 0)
    by = paired_by(rows(jobs, 2), rows(jobs, 9))
    assert sum(one["episodes"] for one in by.values()) == 40
    assert sum(one["better"] for one in by.values()) == paired(rows(jobs, 2), rows(jobs, 9))["better"] == 28
    assert set(by) == {f"{job.kind} → {job.place}" for job in jobs}


@pytest.mark.parametrize(("first", "second", "says"), [
    (2, 9, "new against old: better (+70.0 points, 95 % interval +"),
    (5, 5, "new against old: cannot tell; about "),
])  # fmt: skip
def test_tables_and_plot_tell_both_when_two_are_compared(home: Path, first: int, second: int, says: str,
                                                         monkeypatch: pytest.MonkeyPatch,
                                                         capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    for name in ("old", "new"):
        (home / "checkpoints" / name).mkdir(parents=True)
        for file in NEEDED:
            (home / "checkpoints" / name / file).write_text(name)

    def play(jobs: list[Job], setting: Any, add: Any) -> list[Row]:
        return rows(jobs, first if setting.checkpoint.endswith("old") else second)

    monkeypatch.setattr(evaluation, "evaluate", play)
    assert main(["eval", "old", "new", "--suite", "home", "--episodes", "40", "--home", str(home),
                 "--plot", str(home / "p.svg")]) == 0  # fmt: skip
    out = capsys.readouterr().out
    assert "rules   cups go in the dishwasher; plates go in the bin" in out
    assert "plate → bin" in out and says in out and ("more episodes needed" in out) == (first == second)
    drawn = (home / "p.svg").read_text()
    assert "#f58518" in drawn and "#4c78a8" in drawn, "a colour for each of them"
    kept = json.loads((home / "evaluations.jsonl").read_text())
    assert (kept["suite"], kept["checkpoint"], kept["against"]["checkpoint"]) == ("home", "new", "old")


@pytest.mark.parametrize(("better", "more", "says"), [
    (1, 1, "cannot tell; about 1 more episode needed (+2.0 points, 95 % interval -1.0 to +5.0, 1 layout gained, 0"),
    (2, 2, "cannot tell; about 2 more episodes needed (+2.0 points, 95 % interval -1.0 to +5.0, 2 layouts gained, 0"),
    (3, 0, "cannot tell (+2.0 points"),
])  # fmt: skip
def test_sentence_counts_one_and_several_when_two_are_compared(better: int, more: int, says: str) -> None:
    pair = {"better": better, "worse": 0, "points": 2.0, "points_ci95": [-1.0, 5.0], "p": 0.5,
            "verdict": "cannot tell", "more": more}  # fmt: skip
    assert says in compared({"paired": pair, "against": {"checkpoint": "a"}, "checkpoint": "b", "suite": "pick_place"})


def test_one_checkpoint_is_drawn_alone(tmp_path: Path) -> None:
    jobs = suite("pick_place", 20, 0)
    found = summary("pick_place", rows(jobs, 5), "sticky", checkpoint="x", seed=0, machine="m")
    plot(tmp_path / "a.svg", [found])
    assert "#f58518" not in (tmp_path / "a.svg").read_text() and compared(found) == ""
