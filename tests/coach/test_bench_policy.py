"""The measurements of the policy, at toy size."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from coach.bench.calibration import CalibrationReport, draw, score
from coach.bench.delay import _cell, _play
from coach.bench.delay_lane import DelayLane
from coach.bench.policy import NO_GPU, Samples, _rows, run
from coach.bench.policy_subjects import random_weights
from coach.evaluate.suites import suite
from policy.checkpoint import embedded_folder
from policy.loading import load_policy
from policy.model.calibration import Calibration
from policy.model.config import SmallConfig
from policy.model.tokenizer import ThoughtTokenizer
from robot_bridge.arms.kitchen.world import Kitchen


def test_both_sides_agree_and_ratios_are_taken_when_a_model_is_measured():
    tokenizer = ThoughtTokenizer(embedded_folder())
    small = SmallConfig(layers=2, heads=2, head_dim=8, width=16, mlp=32, expert_width=16, expert_mlp=32,
                        vision_width=16, vision_layers=1, image_size=24, horizon=4, denoising_steps=2)  # fmt: skip
    config = small.to_pi0(len(tokenizer) + 7, tokenizer.image)  # more entries than the tokenizer has
    subject, moments = random_weights("toy", config, 1, 4, "cpu", torch.float32)
    samples = run(subject, moments, lambda words: None)
    assert isinstance(samples, Samples) and samples.differing == 0 and samples.off < 1e-3
    rows = {row.name: row for row in _rows(subject, samples)}
    assert len(samples.tokens) == 2 and all(np.isfinite(row.median) and row.median > 0 for row in rows.values())
    assert "no GPU" in NO_GPU


@pytest.mark.render
def test_late_answers_are_played_when_a_kitchen_is_slow():
    policy, kitchen = load_policy("", "cpu"), Kitchen("sticky")
    jobs = [replace(job, longest_s=1.1) for job in suite("pick_place", 1, 3)]
    try:
        found = {mode: list(_play(policy, [kitchen], jobs, mode, 0.2)) for mode in ("synchronous", "real-time")}
        assert all(len(outcomes) == 1 and outcomes[0].seams for outcomes in found.values())
        still, flowing = (np.median(found[mode][0].seams) for mode in ("synchronous", "real-time"))
        assert flowing < still
        cell = _cell("real-time", 0.2, found["real-time"], found["synchronous"])
        assert cell.delay_ms == 200 and cell.episodes == 1 and cell.jerk > 0
        lane = DelayLane(kitchen, jobs[0], "real-time", 0.2)
        assert lane.tail is None  # nothing plays yet
        seen = lane.observe()
        thought, _ = policy.think(seen, lane.context)
        lane.play(thought, policy.act(seen, lane.context, thought))
        lane.observe()
        assert lane.tail is not None and lane.tail.frozen == 2
    finally:
        kitchen.close()


def test_scores_tell_a_good_judge_of_itself_from_a_boaster(tmp_path):
    rng = np.random.default_rng(1)
    honest = rng.random(4000)
    right = rng.random(4000) < honest
    good, boast = score(honest, right), score(np.full(4000, 0.99), right)
    assert good.ece < 0.04 < 0.4 < boast.ece and good.auroc > 0.8 and boast.auroc == 0.5
    assert sum(one.thoughts for one in good.bins) == 4000
    count, share = good.doubted["0.3"]
    assert 1000 < count < 1400 and 0.1 < share < 0.2
    report = CalibrationReport("x", "embedded", Calibration(seeds="1-2"), 4000, 0.5, boast, good, 3, 0, "here", "abc")
    draw(report, tmp_path / "plot.png")
    assert json.loads(report.to_json())["calibrated"]["ece"] == good.ece and "certainty" in report.table()
