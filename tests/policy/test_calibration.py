"""Token probabilities become the chance to be right."""

import math

import numpy as np
import pytest
from tiny import CONTEXT, observation, write_checkpoint

from policy.loading import load_policy
from policy.model.calibration import (
    FILE,
    Calibration,
    chance_of_words,
    log_odds,
    read_calibration,
    write_calibration,
)
from robot_bridge.protocol.errors import CheckpointError

ENDS = frozenset({1, 7})


def test_fit_finds_the_numbers_behind_the_data():
    rng = np.random.default_rng(0)
    odds = rng.normal(3, 2, 20_000)
    right = rng.random(20_000) < 1 / (1 + np.exp(-(0.6 * odds - 0.8)))
    fitted = Calibration.fit(list(odds), list(right), "0-9")
    assert fitted.slope == pytest.approx(0.6, abs=0.05) and fitted.intercept == pytest.approx(-0.8, abs=0.15)
    assert fitted.thoughts == 20_000 and fitted.seeds == "0-9"


def test_fit_stays_finite_when_every_thought_is_right():
    fitted = Calibration.fit([2.0, 5.0, 9.0], [True] * 3, "")
    assert math.isfinite(fitted.slope) and math.isfinite(fitted.intercept) and fitted.certainty(-0.1) > 0.5


def test_plain_numbers_give_the_probability_itself_and_nothing_overflows():
    assert Calibration().certainty(math.log(0.8)) == pytest.approx(0.8)
    assert log_odds(0.0) == 12 and log_odds(-1e9) == -12
    assert 0 <= Calibration(slope=50.0).certainty(-1e9) < 1e-6


def test_only_reason_and_subtask_count_when_the_model_wrote_more():
    assert chance_of_words([5, 6, 7, 3], [-0.1, -0.2, -0.3, -9.0], ENDS) == pytest.approx(-0.6)
    assert chance_of_words([7, 3, 1], [-0.5, -0.5, -0.5], ENDS) is None  # a person dictated the words
    assert chance_of_words([], [], ENDS) is None


def test_certainty_comes_with_the_thought_when_a_calibration_lies_beside_the_weights(tmp_path):
    folder = write_checkpoint(tmp_path / "tiny")
    forced = "reason: the red cup is on the counter\n"
    assert (
        load_policy(str(folder), "cpu").think(observation(), CONTEXT, f"{forced}subtask: pick up")[0].certainty is None
    )
    write_calibration(folder, Calibration(slope=0.5, intercept=1.0, seeds="3-4", thoughts=2))
    policy = load_policy(str(folder), "cpu")
    assert policy.calibration == read_calibration(folder)
    assert policy.calibration.slope == 0.5
    thought, _ = policy.think(observation(), CONTEXT, f"{forced}subtask: pick up")
    assert thought.certainty is not None and 0 < thought.certainty < 1


def test_calibration_is_not_used_when_the_weights_are_others(tmp_path):
    folder = write_checkpoint(tmp_path / "tiny")
    write_calibration(folder, Calibration(slope=0.5))
    assert read_calibration(folder) is not None
    card = (folder / FILE).read_text()
    write_checkpoint(tmp_path / "tiny", seed=1)
    assert read_calibration(folder) is None
    (folder / FILE).write_text(card)
    assert read_calibration(folder) is None


def test_checkpoint_error_when_the_calibration_is_spoilt(tmp_path):
    folder = write_checkpoint(tmp_path / "tiny")
    (folder / FILE).write_text("slope: steep")
    with pytest.raises(CheckpointError, match=FILE):
        load_policy(str(folder), "cpu")
