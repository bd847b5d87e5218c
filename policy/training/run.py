"""A whole training run in one folder: stages in order, resumable at any moment, ending in a checkpoint.

progress.json         stage and step reached, and what it began from
state.safetensors     weights, averaged weights, optimiser
log.jsonl             losses, a line every so often
checkpoint/           the result (averaged weights), written at every save
"""

from __future__ import annotations

import dataclasses
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import metadata, resources
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from safetensors.torch import load_file, save_file

from policy.checkpoint import SCENE_FILE, Card, load_model, read_card, save_checkpoint
from policy.model.normalizer import Normalizer
from policy.model.prompting import Prompter
from policy.model.scene import CELLS
from policy.model.thoughtful_pi0 import ThoughtfulPI0
from policy.model.tokenizer import FILE as TOKENIZER_FILE
from policy.model.tokenizer import ThoughtTokenizer, build_tokenizer
from policy.training.config import TrainConfig
from policy.training.episodes import Episodes
from policy.training.lessons import Lessons
from policy.training.locations import order_locations
from policy.training.loop import Trainer
from policy.training.origin import PROGRESS, Origin, check_same, origin, progress_of, write_progress
from policy.training.pictures import CLASS_NAMES, StillShards
from policy.training.still_texts import Wordings
from robot_bridge.protocol.embodiment import load_embodiment
from robot_bridge.protocol.thought import LOCATION_BINS

Report = Callable[[dict[str, Any]], None]
Measure = Callable[[Path], dict[str, Any]]  # checkpoint folder → what to write into the log
BODY = "kitchen"
STATE = "state.safetensors"


@dataclass(frozen=True)
class Data:
    """Where a run's data lies, and the words of tasks on stills; `recorded`: shards of the robot's own motion."""

    stills: Path
    demos: Path
    wordings: Wordings
    recorded: Path | None = None


def train(config: TrainConfig, data: Data, folder: Path, name: str, minutes: float = 1e9, start: Path | None = None,
          report: Report = print, lessons: Lessons | None = None, measure: Measure | None = None
          ) -> Path | None:  # fmt: skip
    """Train through all stages, or until the minutes are over; going on where the folder's last run stopped.

    Args:
        start: a checkpoint whose weights to begin from.
        lessons: from people, for stages that mix them in.
        measure: plays the checkpoint as it is; called at the end of each stage and every `config.measure_every` steps.
    Returns:
        The folder of the checkpoint, None when the time ran out before the end.
    Raises:
        ConfigError: no data where it should be.
        UsageError: the folder's run was begun from something else.
    """
    until, began = time.monotonic() + 60 * minutes, origin(config, start, lessons)
    check_same(folder, began)
    at = progress_of(folder)
    if at["stage"] >= len(config.stages):
        return folder / "checkpoint"
    if start is not None:
        config = as_trained(config, read_card(start))
    folder.mkdir(parents=True, exist_ok=True)
    log = _log(folder / "log.jsonl", report)
    trainer = _trainer(config, data, folder, start, log, lessons)
    if trainer.rank == 0 and not (folder / PROGRESS).exists():
        write_progress(folder, at, began)
    save = _saver(trainer, folder, name, data, began, measure, log)
    for number in range(at["stage"], len(config.stages)):
        stage, first = config.stages[number], at["step"] if number == at["stage"] else 0
        if number == at["stage"] and (folder / STATE).exists():
            trainer.restore(load_file(folder / STATE), stage if first else None)
        if not first:
            trainer.begin(stage)
        if not trainer.run(stage, first, until, partial(save, number)):
            return None
        if trainer.rank == 0:
            _save(trainer, folder, name, data, {"stage": number + 1, "step": 0}, began)
    return folder / "checkpoint"


def _saver(trainer: Trainer, folder: Path, name: str, data: Data, began: Origin, measure: Measure | None,
           log: Report) -> Callable[[int, int], None]:  # fmt: skip
    """What saves a stage, by its number, after so many steps, and measures it where that is due."""
    config, measured = trainer.config, set[tuple[int, int]]()

    def save(number: int, step: int) -> None:
        stage = config.stages[number]
        _save(trainer, folder, name, data, {"stage": number, "step": step}, began)
        due = step % config.measure_every == 0 or step == stage.steps
        if measure is not None and due and (number, step) not in measured:
            measured.add((number, step))
            log({"stage": stage.name, "step": step, "of": stage.steps, **measure(folder / "checkpoint")})

    return save


def as_trained(config: TrainConfig, card: Card) -> TrainConfig:
    """A recipe with what a checkpoint to begin from has settled: its cameras, words and chunks."""
    sizes = dataclasses.replace(config.model, horizon=len(card.normalizer.action_scale))
    return msgspec.structs.replace(config, cameras=card.cameras, style=card.style, dt_s=card.dt_s, model=sizes)


def _trainer(config: TrainConfig, data: Data, folder: Path, start: Path | None, report: Report,
             lessons: Lessons | None) -> Trainer:  # fmt: skip
    stills = StillShards(data.stills)
    episodes = Episodes(data.demos, config.model.horizon, config.cameras, config.practice)
    if not (folder / TOKENIZER_FILE).exists():
        words = (resources.files("policy.training") / "words.txt").read_text("utf-8").split()
        source = start / TOKENIZER_FILE if start else None
        text = source.read_text("utf-8") if source else build_tokenizer(words).to_str()
        (folder / TOKENIZER_FILE).write_text(text, "utf-8")
    tokenizer = ThoughtTokenizer(folder)
    normalizer = _normalizer(folder / "normalizer.json", episodes, start)
    if start is None:
        model = ThoughtfulPI0(config.model.to_pi0(len(tokenizer), tokenizer.image))
        bins = LOCATION_BINS // tokenizer.location_step
        embedding: Any = model.get_input_embeddings()
        order_locations(embedding.weight, tokenizer.first_location, bins)
    else:
        model = load_model(start, "cpu")
    prompter = Prompter(tokenizer, normalizer, config.cameras, model.sizes.image, config.style)
    recorded = Episodes(data.recorded, config.model.horizon, config.cameras) if data.recorded is not None else None
    trainer = Trainer(model, prompter, config, stills, episodes, data.wordings, report, lessons, recorded)
    if start is not None and (start / SCENE_FILE).exists():
        trainer.patches.load_state_dict(load_file(start / SCENE_FILE))
    if not trainer.patches.counter.any():  # a checkpoint to begin from has seen more than lessons come with
        trainer.patches.counter.copy_(torch.from_numpy(stills.counter_map(CELLS)))
    return trainer


def _normalizer(path: Path, episodes: Episodes, start: Path | None) -> Normalizer:
    """Fitted once per run, so that resuming with more data changes nothing under the model's feet."""
    if path.exists():
        return msgspec.json.decode(path.read_bytes(), type=Normalizer)
    if start is not None:
        normalizer = read_card(start).normalizer
    else:
        normalizer = Normalizer.fit(*episodes.motion(np.random.default_rng(0), 20_000))
    path.write_bytes(msgspec.json.encode(normalizer))
    return normalizer


def _save(trainer: Trainer, folder: Path, name: str, data: Data, progress: dict[str, int], began: Origin) -> None:
    """Everything to resume from, and the checkpoint as it is now."""
    unfinished = folder / "state.partial"
    save_file(trainer.state(), unfinished)
    os.replace(unfinished, folder / STATE)
    write_progress(folder, progress, began)
    trainer.stills.refresh()
    prompter, config = trainer.prompter, trainer.config
    seeds: dict[str, Any] = {"training": config.seed, "stills": len(trainer.stills)}
    if trainer.episodes is not None:
        trainer.episodes.refresh()
        seeds["frames"] = len(trainer.episodes)
    if trainer.lessons is not None:
        seeds["lessons"] = len(trainer.lessons)
    stages = {stage.name: stage.steps for stage in config.stages}
    body = load_embodiment(BODY)
    card = Card(name=name, cameras=config.cameras, style=config.style, dt_s=config.dt_s, normalizer=prompter.normalizer,
                code_version=metadata.version("robot-coach"), temperature=config.temperature, classes=CLASS_NAMES,
                rest=tuple(round(float(x), 4) for x in body.home),
                grippers=tuple(number for number, joint in enumerate(body.joints) if joint.gripper),
                seeds=seeds, figures={"stages": stages, **progress})  # fmt: skip
    save_checkpoint(folder / "checkpoint", trainer.model.config, trainer.average, folder / TOKENIZER_FILE, card,
                    trainer.patches.state_dict())  # fmt: skip


def _log(path: Path, report: Report) -> Report:
    """A report that also appends JSON lines to a file."""

    def both(row: dict[str, Any]) -> None:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        report(row)

    return both
