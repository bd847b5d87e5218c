"""What a training run does, stage by stage."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import yaml

from policy.model.config import SmallConfig
from robot_bridge.protocol.errors import ConfigError


class Stage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Steps of one kind of learning.

    Args:
        steps: optimiser steps; the learning rate falls along a cosine over them.
        rate: peak learning rate.
        batch: samples a step.
        patches, stills, frames, act: weights of the losses: objects in picture tokens (stills), thoughts on
            stills, thoughts on demonstrations, action chunks on demonstrations. Zero leaves a part out.
        rules: weight of which of a home's rules holds for a thing, learned from words alone.
        look: the picture encoder learns too.
        stem: of all the model only the stem of the picture encoder learns, which is added where there is none.
        frozen: only the action expert learns.
        lessons: share of `batch` that lessons from people fill, of those with demonstrations.
        recorded: share of `batch` that the recorded motion fills, without what a person was against.
    """

    name: str
    steps: int
    rate: float = 1e-3
    batch: int = 48
    patches: float = 0.0
    stills: float = 0.0
    frames: float = 0.0
    act: float = 0.0
    rules: float = 0.0
    look: bool = True
    stem: bool = False
    frozen: bool = False
    lessons: Annotated[float, msgspec.Meta(ge=0, lt=1)] = 0.0
    recorded: Annotated[float, msgspec.Meta(ge=0, lt=1)] = 0.0

    @property
    def taught(self) -> int:
        """Lessons in a batch: at least one where there are to be any."""
        return self._of_batch(self.lessons)

    @property
    def shown(self) -> int:
        """Instants of recorded motion in a batch, likewise."""
        return self._of_batch(self.recorded)

    def _of_batch(self, share: float) -> int:
        return max(1, round(share * self.batch)) if share else 0


class TrainConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole run.

    Args:
        style: how words are laid out, a name in prompts/policy.yaml.
        temperature: of the noise that the finished checkpoint draws its actions from.
        draws: noises and times per action chunk.
        practice: how much more often a frame of a learner's practice is drawn than one of a demonstration.
        point: weight of pointing at what a thought is about, beside the words.
        goal: weight of the word of a reason that says where a thing goes, other words having 1: of the many words of a
            thought it is the one that notes of the home, and whether a dish is dirty, decide.
        errands: share of a chore's frames that teach the errand under way ("put the red cup in the sink") instead.
        location_spread: softness of location targets, in location tokens.
        state_blur: noise on the state that thoughts read (not the actions), as a share of half its range: where the
            arm is tells where the expert was going, and a model that goes by it believes its own mistakes.
        average: decay of the running average of the weights, which is what is kept.
        put_right: where lessons agree on what the base data has otherwise, the base data teaches it as they do.
        log_every, save_every: in steps; measure_every too, a multiple of `save_every`.
    """

    stages: tuple[Stage, ...]
    model: SmallConfig = SmallConfig()
    cameras: tuple[str, ...] = ("base",)
    style: str = "small_notes"
    temperature: float = 0.0
    seed: int = 0
    draws: int = 4
    practice: float = 4.0
    point: float = 0.5
    goal: float = 1.0
    errands: float = 0.0
    location_spread: float = 2.5
    state_blur: float = 0.12
    weight_decay: float = 0.01
    warmup: int = 100
    average: float = 0.998
    dt_s: float = 0.1
    put_right: bool = True
    log_every: int = 25
    save_every: int = 200
    measure_every: int = 1000


def load_train_config(path: Path) -> TrainConfig:
    """Read a run from YAML.

    Raises:
        ConfigError: missing file, misspelt key, or no stages.
    """
    try:
        return msgspec.convert(yaml.safe_load(path.read_text("utf-8")), TrainConfig)
    except (OSError, yaml.YAMLError, msgspec.ValidationError) as error:
        raise ConfigError(f"training configuration {path}: {error}") from None
