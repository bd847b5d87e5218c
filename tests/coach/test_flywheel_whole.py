"""The whole experiment in small: coached, fine-tuned and measured, cut short in the middle, and gone on with."""

import contextlib
import dataclasses
import json
import sys
from collections import Counter
from pathlib import Path

import msgspec
import pytest
import yaml
from flywheel_support import PIXELS, Stubborn, blind_kitchen

from coach.config import Config
from coach.evaluate.lane import LaneConfig
from coach.evaluate.lockstep import Together
from coach.flywheel import experiment
from coach.flywheel.cells import ALONE, CELLS, OLD, RowFile
from coach.flywheel.coached_lane import CoachedLane, Memory
from coach.flywheel.experiment import corrections_in, rows_in, run_experiment, times_in
from coach.flywheel.homes import jobs, load_plan
from coach.flywheel.results import results
from coach.flywheel.settings import Settings
from coach.flywheel.training import ALONE_NAME, NAME, learned_in, tuned_in
from memory.store import Store
from robot_bridge.protocol.errors import CoachError
from robot_bridge.protocol.thought import Thought

sys.path.insert(0, str(Path(__file__).parents[1] / "policy"))
from tiny import SIZES, write_checkpoint, write_data

PLAN = load_plan()
load_player = experiment._player
SMALL = msgspec.structs.replace(PLAN, homes=PLAN.homes[:1], coached_jobs=2)


@pytest.fixture(scope="module")
def kitchen():
    with blind_kitchen() as kitchen:
        yield kitchen


@pytest.fixture
def settings(kitchen, tmp_path, monkeypatch):
    """One job a cell and two steps; what thinks in the kitchen knows what the base was taught, and learns nothing."""
    sizes = dataclasses.replace(SIZES, image_size=PIXELS, patch=48)
    base = write_checkpoint(tmp_path / "made" / "tiny", sizes=sizes)
    write_data(tmp_path / "data", PIXELS)
    monkeypatch.setattr(experiment, "_kitchens", lambda settings: contextlib.nullcontext([kitchen]))
    monkeypatch.setattr(experiment, "_player", lambda *_: (Together(Stubborn(kitchen)), LaneConfig(rows=2)))
    return Settings(base, tmp_path / "data", tmp_path / "out", 1, 1, 2, 1, 1, 60.0)


def cut_after(monkeypatch, count):
    """The power goes when so many rows are kept."""
    left, add = iter(range(count)), RowFile.add

    def kept(self, row):
        add(self, row)
        if next(left, None) is None:
            raise KeyboardInterrupt

    monkeypatch.setattr(RowFile, "add", kept)


def kept(out):
    """What was played, a line each."""
    return [line for path in sorted(out.rglob("*.jsonl")) if path.name.startswith(("rows-", "coached"))
            for line in path.read_text("utf-8").splitlines()]  # fmt: skip


def run_in_pieces(settings, small, monkeypatch, pieces):
    """The experiment, cut short after each of so many rows; no row that was kept is touched or played again."""
    before = []
    for count in pieces:
        with monkeypatch.context() as power, pytest.raises(KeyboardInterrupt):
            cut_after(power, count)
            run_experiment(settings, small, lambda line: None)
        assert len(kept(settings.out)) == len(before) + count + 1 and set(before) <= set(kept(settings.out))
        before = kept(settings.out)
    told = []
    run_experiment(settings, small, told.append)
    assert set(before) <= set(kept(settings.out))
    rows = [json.loads(line) for line in kept(settings.out)]
    assert set(Counter((row["variant"], row["kind"], row["seed"]) for row in rows).values()) == {1}
    whole = kept(settings.out)
    run_experiment(settings, small, told.append)
    assert kept(settings.out) == whole, "nothing is left to play"
    return told


def test_experiment_goes_on_where_it_was_cut_short(settings, monkeypatch):
    run_experiment(dataclasses.replace(settings, minutes=0.0), SMALL, lambda line: None)
    assert not kept(settings.out) and not (settings.out / "maple" / "trained").exists()
    told = run_in_pieces(settings, SMALL, monkeypatch, [0, 3])
    assert told.count("maple: fine-tuned") == 0, "that was done before the second cut"
    cells = Counter(row.variant for row in rows_in(settings.out))
    assert cells == {cell: 1 for cell in (*CELLS, OLD, f"{OLD} maple")}
    assert all(row.trace and row.seconds for row in rows_in(settings.out))
    assert list(tuned_in(settings.out, SMALL)) == ["maple"] and corrections_in(settings.out, SMALL)["maple"] >= 1
    learned = learned_in(settings.out, SMALL)["maple"]
    assert learned["steps"] == 2 and learned["there"] == {
        "stills": 6,
        "frames": 10,
        "lessons": learned["there"]["lessons"],
    }
    found = results(rows_in(settings.out), SMALL, corrections_in(settings.out, SMALL), times_in(settings.out))
    assert found["jobs"] == 1 and found["cells"]["b"]["rate"] == found["cells"]["c"]["rate"] == 1.0
    assert found["cells"]["a"]["rate"] == 0.0 and found["times"]["fine-tuning maple (coached)"]["seconds"] > 0
    (tuned_in(settings.out, SMALL)["maple"] / "model.safetensors").write_bytes(b"other weights")
    with pytest.raises(CoachError, match="was changed since"):
        run_experiment(settings, SMALL, lambda line: None)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_fine_tuned_checkpoints_of_all_homes_are_played_as_they_are(settings, monkeypatch):
    small = msgspec.structs.replace(SMALL, homes=PLAN.homes)
    stubborn, loaded = experiment._player, []

    def player(settings, checkpoint):
        if checkpoint == settings.base:
            return stubborn(settings, checkpoint)
        loaded.append(checkpoint)
        return load_player(settings, checkpoint)

    monkeypatch.setattr(experiment, "_player", player)
    settings = dataclasses.replace(settings, jobs=3, old=3, alone=True)
    told = run_in_pieces(settings, small, monkeypatch, [4, 9])
    assert not any(line.endswith("fine-tuned") for line in told)
    cells = Counter(row.variant for row in rows_in(settings.out))
    assert cells == {cell: 3 for cell in (*CELLS, ALONE, OLD, *(f"{OLD} {home.name}" for home in PLAN.homes))}
    tuned = [*tuned_in(settings.out, small).values(), *tuned_in(settings.out, small, ALONE_NAME).values()]
    assert set(loaded) == set(tuned)
    assert len({(path / "model.safetensors").read_bytes() for path in tuned[:3]}) == 3
    recipes = [yaml.safe_load((settings.out / "maple" / f"{name}.yaml").read_text()) for name in (NAME, ALONE_NAME)]
    assert [recipe["put_right"] for recipe in recipes] == [True, False]


def lane(kitchen, store, tmp_path, number=0):
    job = next(jobs(PLAN, number, "measured"))
    memory = Memory(Config(home=tmp_path, person="coach"), store, "base")
    return CoachedLane(kitchen, job, LaneConfig(), memory, PLAN.coach)


@pytest.mark.parametrize("kept", [True, False])
def test_a_rule_that_is_heard_in_one_job_is_no_note_in_another(kitchen, tmp_path, kept):
    with Store.open(tmp_path / "memory.db") as store:
        first = lane(kitchen, store if kept else None, tmp_path)
        first._session.hear("the yellow plate goes in the sink")
        assert first._store.rules.holding(), "it was understood as a rule"
        second = lane(kitchen, store if kept else None, tmp_path, 1)
        assert second.context.instruction == PLAN.instruction and not second.context.notes
        assert not store.rules.holding() and not second._store.rules.holding()


def test_what_a_job_took_is_without_the_time_that_the_coach_looks_on(kitchen, tmp_path, monkeypatch):
    monkeypatch.setattr(CoachedLane, "_hear_coach", lambda self: None)
    played = lane(kitchen, None, tmp_path)
    played._coach.has_more = lambda things: played.time_s < 5.0
    while not played.over:
        played.observe()
        played.take(Thought(subtask="done"))
        played.follow(None)
    assert played.row.end == "done" and played.row.seconds == pytest.approx(1.0) and played.time_s >= 5.0
