"""Convolutions beside the picture encoder."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import torch
from tiny import SIZES, write_checkpoint

from policy.checkpoint import load_model
from policy.model.engine import Engine
from policy.model.stem import Stem
from policy.model.thoughtful_pi0 import ThoughtfulPI0
from policy.training.config import Stage, TrainConfig
from policy.training.run import Data, train

WITH_STEM = dataclasses.replace(SIZES, stem=True)
PICTURES = torch.randn(2, 1, 3, 24, 24, generator=torch.Generator().manual_seed(3))


def test_stem_changes_nothing_until_it_has_learned() -> None:
    torch.manual_seed(0)
    model = ThoughtfulPI0(SIZES.to_pi0(60, 4)).eval()
    before = model.look(PICTURES)
    model.grow_stem()
    assert model.stem is not None and model.config.stem
    torch.testing.assert_close(model.look(PICTURES), before)
    grown = model.stem
    model.grow_stem()
    assert model.stem is grown, "one that is there is kept"


def test_engine_sees_what_the_model_sees() -> None:
    torch.manual_seed(0)
    model = ThoughtfulPI0(WITH_STEM.to_pi0(60, 4)).eval()
    assert model.stem is not None
    without = model.look(PICTURES)
    torch.nn.init.normal_(model.stem.out.weight)
    assert (model.look(PICTURES) - without).abs().max() > 0.1
    torch.testing.assert_close(Engine(model).look(PICTURES), model.look(PICTURES).detach(), atol=1e-5, rtol=1e-4)


def test_tokens_of_a_stem_are_those_of_the_patches() -> None:
    for patch, size in ((4, 16), (8, 32), (12, 96)):
        assert Stem(patch, 16)(torch.zeros(2, 3, size, size)).shape == (2, (size // patch) ** 2, 16)


def test_only_the_stem_learns_in_its_stage_and_it_is_kept_with_the_checkpoint(data: Data, tmp_path: Path) -> None:
    start = write_checkpoint(tmp_path / "start" / "checkpoint")
    stages = tuple(Stage(name=name, steps=2, batch=4, patches=1.0, stem=True) for name in ("first", "second"))
    made = []
    for number in (1, 2):
        config = TrainConfig(stages=stages[:number], model=SIZES, average=0.0, warmup=1)
        folder = train(config, data, tmp_path / f"run{number}", "run", start=start, report=lambda row: None)
        assert folder is not None
        made.append(load_model(folder, "cpu").state_dict())
    before = load_model(start, "cpu").state_dict()
    assert all(torch.equal(before[name], made[1][name]) for name in before)
    learned = {name for name in made[1] if not torch.equal(made[0][name], made[1][name])}
    assert learned and all(name.startswith("stem.net.") for name in learned)


def test_scene_head_reads_the_stem() -> None:
    torch.manual_seed(0)
    model = ThoughtfulPI0(WITH_STEM.to_pi0(60, 4)).eval()
    assert model.stem is not None
    torch.testing.assert_close(model.see(PICTURES).scene, model.stem(PICTURES[:, 0]))
    plain = ThoughtfulPI0(SIZES.to_pi0(60, 4)).eval().see(PICTURES)
    assert plain.scene is plain.tokens


def test_training_goes_on_where_it_stopped_after_a_stem_has_grown(data: Data, tmp_path: Path) -> None:
    stages = (Stage(name="stem", steps=2, batch=4, patches=1.0, stem=True),
              Stage(name="joint", steps=3, batch=4, patches=1.0, stills=1.0, frames=1.0, act=1.0))  # fmt: skip
    config, folder = TrainConfig(stages=stages, model=SIZES, average=0.5, warmup=1, save_every=1), tmp_path / "run"
    assert train(config, data, folder, "tiny", minutes=0.0, report=lambda row: None) is None, "it has only grown"
    for stage, step in ((0, 0), (1, 0), (1, 2)):
        (folder / "progress.json").write_text(json.dumps({"stage": stage, "step": step}))
        assert train(config, data, folder, "tiny", report=lambda row: None) is not None
    weights = load_model(folder / "checkpoint", "cpu").state_dict()
    assert weights["stem.out.weight"].abs().max() > 0, "the language model takes from the stem what it can use"
