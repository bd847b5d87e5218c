"""What the experiment says of its rows, that it can be computed again from what is kept, and of what it is."""

import argparse
import dataclasses
import json
from pathlib import Path

import msgspec
import pytest

from coach.commands import flywheel
from coach.evaluate.rows import Row
from coach.evaluate.statistics import mcnemar
from coach.flywheel.cells import ALONE, CELLS, OLD, measured, old_tasks
from coach.flywheel.homes import jobs, load_plan
from coach.flywheel.results import as_text, results
from coach.flywheel.settings import FILE, Settings, check_settings
from coach.flywheel.table import table
from robot_bridge.arms.kitchen.tasks import BELONGS
from robot_bridge.protocol.errors import UsageError

PLAN = load_plan()
KEPT = Path(__file__).parents[1] / "results"
LABELS = {"command": "c", "checkpoint": "base", "commit": "x", "machine": "m", "motion": "policy"}


def rows(lost=(0, 0, 0), gained=(0, 0, 0), cells=tuple(CELLS)):
    """Ten jobs a cell and home, some of them slow; thirty old tasks, of which each home loses and gains some."""
    right = {"a": 0, "b": 10, "c": 9, "d": 8, "e": 9, ALONE: 5}
    for number, home in enumerate(PLAN.homes):
        for cell in cells:
            for index, job in enumerate(measured(PLAN, number, [cell], range(10))):
                heard = ['"no, in the bin" → ok'] if cell == "b" else []
                yield Row(job.seed, cell, job.words, home.name, "", success=index < right[cell], objects=2,
                          objects_right=2 if index < right[cell] else 1, said=len(heard),
                          seconds=30.0 if cell == "b" and index < 4 else 20.0, trace=[*heard, "pick up"])  # fmt: skip
        for index, job in enumerate(old_tasks(home.name, range(30))):
            done = index < gained[number] if index < max(gained) else index < 30 - lost[number]
            yield Row(job.seed, job.variant, job.words, job.kind, job.place, success=done, objects=1)
    for index, job in enumerate(old_tasks("", range(30))):
        yield Row(job.seed, job.variant, job.words, job.kind, job.place, success=index >= max(gained), objects=1)


def found(**changes):
    return results(list(rows(**changes)), PLAN, {"maple": 12}, {}, **LABELS)


def counted(kept):
    """Right jobs of each cell, and pairs that differ, from the rows of a results file alone."""
    of = {(row["cell"], row["home"], row["seed"]): row["right"] for row in kept["rows"]}
    whole = [key[1:] for key in of if key[0] == "a" and all((cell, *key[1:]) in of for cell in CELLS)]
    right = {cell: sum(of[(cell, *key)] for key in whole) for cell in CELLS}
    pairs = {}
    for name in kept["pairs"]:
        two, one = name.split(" against ")
        both = [(of[(one, *key)], of[(two, *key)]) for key in whole if (one, *key) in of and (two, *key) in of]
        pairs[name] = (sum(b and not a for a, b in both), sum(a and not b for a, b in both))
    for home in kept["old"]["homes"]:
        both = [(right, of[OLD, home, seed]) for (cell, of_home, seed), right in of.items()
                if cell == OLD and not of_home and (OLD, home, seed) in of]  # fmt: skip
        pairs[home] = (sum(b and not a for a, b in both), sum(a and not b for a, b in both))
    return len(whole), right, pairs


def assert_recomputed(kept):
    whole, right, pairs = counted(kept)
    assert whole == kept["jobs"] > 0
    for cell in CELLS:
        assert right[cell] == round(kept["cells"][cell]["rate"] * whole)
    for name, (better, worse) in pairs.items():
        told = {**kept["pairs"], **kept["old"]["homes"]}[name]
        assert (told["better"], told["worse"]) == (better, worse) and told["p"] == pytest.approx(mcnemar(better, worse))


def test_table_can_be_computed_again_from_the_rows_that_are_kept():
    text = as_text(found(lost=(6, 1, 0), gained=(1, 1, 1), cells=(*CELLS, ALONE)))
    kept = json.loads(text)
    assert_recomputed(kept)
    assert text.count("\n") > len(kept["rows"]) == len(list(rows(cells=(*CELLS, ALONE))))
    coached = next(row for row in kept["rows"] if row["cell"] == "b")
    assert coached["said"] == ['"no, in the bin" → ok'] and coached["ended_s"] == 30.0 and coached["things_right"] == 2


@pytest.mark.parametrize("name", ["flywheel", "flywheel_choices"])
def test_committed_results_can_be_computed_again(name):
    file = KEPT / f"{name}.json"
    kept = json.loads(file.read_text("utf-8"))
    if "rows" not in kept:
        pytest.skip("measured before the rows were kept")
    assert_recomputed(kept)
    assert file.stat().st_size < 1_000_000


def test_every_cell_has_the_same_time_and_what_was_right_early_is_told():
    work = [job for cell in CELLS for job in measured(PLAN, 2, [cell], range(4))]
    assert {job.longest_s / len(job.scene.objects) for job in work} == {PLAN.patience_s}
    cells = found()["cells"]
    assert cells["b"]["rate"] == 1.0 and cells["b"]["early"]["rate"] == 0.6
    assert cells["c"]["early"]["rate"] == cells["c"]["rate"] == 0.9
    assert "| (b) base, live coach | 100.0 % [88.6, 100.0] | 60.0 %" in table(found())


def test_no_job_can_be_right_by_what_the_base_was_taught():
    for number, home in enumerate(PLAN.homes):
        for job, _ in zip(jobs(PLAN, number, "measured"), range(40), strict=False):
            assert any(home.rules.get(t.kind, BELONGS[t.kind]) != BELONGS[t.kind] for t in job.scene.objects)
    assert "(a) would have a whole job right by mistake alone" in table(found())


@pytest.mark.parametrize(
    ("lost", "gained", "met"),
    [((5, 0, 0), (0, 0, 0), False), ((2, 0, 0), (0, 0, 0), True), ((7, 0, 0), (0, 5, 0), False)],
)
def test_old_tasks_are_kept_only_where_no_home_is_significantly_worse(lost, gained, met):
    old = found(lost=lost, gained=gained)["old"]
    assert old["met"] is met and old["worst"] == "maple" and old["homes"]["maple"]["worse"] >= lost[0]
    [line] = [line for line in table(found(lost=lost, gained=gained)).splitlines() if "old tasks after" in line]
    assert "worst in maple: " in line and f"{old['homes']['maple']['worse']} lost" in line
    assert ("missed" in line) is not met


def test_lessons_alone_are_a_cell_of_their_own_when_measured():
    assert ALONE not in found()["cells"]
    both = found(cells=(*CELLS, ALONE))
    assert both["jobs"] == 30 and both["cells"][ALONE]["rate"] == 0.5
    assert both["pairs"][f"d against {ALONE}"]["better"] == 9
    assert "(d') fine-tuned on the words alone" in table(both)


def test_command_is_kept_with_every_option_that_is_not_usual():
    parser = argparse.ArgumentParser()
    flywheel.configure(parser)
    said = ["--jobs", "30", "--coached", "4", "--minutes", "2.5", "--lessons-alone", "--out", "o", "--data", "a b"]
    command = flywheel._command(parser.parse_args(said))
    assert command == "coach flywheel --jobs 30 --coached 4 --out o --data 'a b' --minutes 2.5 --lessons-alone"
    assert flywheel._command(parser.parse_args([])) == "coach flywheel"


@pytest.fixture
def settings(tmp_path):
    for name in ("base", "other"):
        (tmp_path / name).mkdir()
        for file in ("checkpoint.yaml", "config.json", "model.safetensors", "tokenizer.json"):
            (tmp_path / name / file).write_text(name)
    return Settings(tmp_path / "base", tmp_path / "data", tmp_path / "out", 3, 3, 0, 1, 1, 5.0)


def test_experiment_goes_on_when_only_its_size_differs(settings):
    for _ in range(2):
        check_settings(settings, PLAN)
    check_settings(dataclasses.replace(settings, jobs=30, old=9, workers=2, lanes=4, alone=True), PLAN)


@pytest.mark.parametrize(
    ("changes", "named"),
    [({"motion": "expert"}, "--motion: policy there, expert now"), ({"steps": 7}, "--steps: 120 there, 7 now"),
     ({"base": "other"}, "the checkpoint that is coached: "),
     ({"data": "filled"}, "stills and demonstrations (--data)"),
     ({"coached": 3}, "--coached: 20 there, 3 now")],
)  # fmt: skip
def test_one_sentence_when_the_folder_holds_another_experiment(settings, tmp_path, changes, named):
    check_settings(settings, PLAN)
    for part in ("stills", "demos"):
        (tmp_path / "filled" / part / f"{part}-0").mkdir(parents=True)
    folders = {name: tmp_path / changes.pop(name) for name in ("base", "data") if name in changes}
    plan = msgspec.structs.replace(PLAN, coached_jobs=changes.pop("coached", PLAN.coached_jobs))
    with pytest.raises(UsageError) as refused:
        check_settings(dataclasses.replace(settings, **folders, **changes), plan)
    assert named in str(refused.value) and "--out" in str(refused.value) and "\n" not in str(refused.value)


def test_one_sentence_when_rows_do_not_tell_of_what_they_are(settings):
    settings.out.mkdir()
    (settings.out / "rows-0.jsonl").touch()
    with pytest.raises(UsageError, match=f"there is no {FILE}"):
        check_settings(settings, PLAN)
