"""The training loop: stages, averaging of weights, checkpoints that resume, several processes where there are.

One process needs nothing; `torchrun --nproc-per-node N --module coach -- train …` averages the gradients of N.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from policy.model.looks import Looks
from policy.model.prompting import Prompter, pictures_tensor
from policy.model.thoughtful_pi0 import Prefix, ThoughtfulPI0
from policy.training.batches import TextBatch, action_targets, patch_targets, text_batch
from policy.training.config import Stage, TrainConfig
from policy.training.episodes import Episodes, Samples, together
from policy.training.errands import as_errands
from policy.training.lessons import Lesson, Lessons, agreeing, chosen, mixed_in
from policy.training.losses import PatchHead, goal_weights, goal_words, neighbour_weights, thought_loss
from policy.training.pictures import CLASS_NAMES, CLASSES, StillShards, Thing
from policy.training.rule_texts import rule_texts
from policy.training.still_texts import Wordings, still_texts
from robot_bridge.protocol.thought import LOCATION_BINS, Thought

Report = Callable[[dict[str, Any]], None]


class Trainer:
    """Trains one model on stills, demonstrations and lessons.

    Args:
        wordings: templates of "put X in Y" for tasks on stills.
        lessons: from people; needed by stages that ask for them.
        recorded: motion of the robot at home; likewise.
        report: is told losses and speed every `config.log_every` steps.
    """

    def __init__(self, model: ThoughtfulPI0, prompter: Prompter, config: TrainConfig, stills: StillShards,
                 episodes: Episodes | None, wordings: Wordings, report: Report,
                 lessons: Lessons | None = None, recorded: Episodes | None = None) -> None:  # fmt: skip
        self.model, self.prompter, self.config = model, prompter, config
        self.stills, self.episodes, self.wordings, self.report = stills, episodes, wordings, report
        self.lessons, self.recorded = lessons, recorded
        self._lesson_draws: Iterator[Lesson] = iter(())
        self.rank, self._world = _join()
        tokenizer = prompter.tokenizer
        bins = LOCATION_BINS // tokenizer.location_step
        self._first_location, self._soft = tokenizer.first_location, neighbour_weights(bins, config.location_spread)
        self._goes = tokenizer.encode("goes")[0]
        self._chores = {words for each in wordings.chores.values() for words in each}
        self._add_scene_head()
        self.average = {k: v.detach().clone() for k, v in model.state_dict().items()}
        self.optimiser: torch.optim.AdamW | None = None
        self._rng = np.random.default_rng(config.seed)
        self._followed = 0

    def run(self, stage: Stage, first: int, until: float, save: Callable[[int], None]) -> bool:
        """Train one stage from step `first`; stop early at `until` (time.monotonic). Returns whether it is complete.

        Args:
            save: called with the number of steps done, every `config.save_every` steps and at the end.
        """
        seed = [self.config.seed, self.rank, self.config.stages.index(stage), first]
        self._rng = np.random.default_rng(seed)
        torch.manual_seed(int(self._rng.integers(1 << 31)))
        if stage.lessons and self.lessons is not None:
            self._lesson_draws = self.lessons.draws(seed)
        began, means = time.monotonic(), _Means()
        done = first
        while done < stage.steps and not self._over(until):
            rate = stage.rate * _schedule(done, stage.steps, self.config.warmup)
            try:
                means.add(self._step(stage, rate))
            except KeyboardInterrupt:
                if self.rank == 0:
                    save(done)
                raise
            done += 1
            if self.rank == 0 and done % self.config.log_every == 0:
                speed = round((done - first) / (time.monotonic() - began), 3)
                self.report({"stage": stage.name, "step": done, "of": stage.steps, "rate": rate, "steps_per_s": speed,
                             **means.take()})  # fmt: skip
            if self.rank == 0 and done % self.config.save_every == 0:
                save(done)
        if self.rank == 0:
            save(done)
        return done >= stage.steps

    def grow_stem(self) -> None:
        """Give the model a stem, where it has none, and a scene head that reads its tokens."""
        if self.model.stem is None:
            self.model.grow_stem()
            self._add_scene_head()
            self.average = {k: v.detach().clone() for k, v in self.model.state_dict().items()} | self.average

    def _add_scene_head(self) -> None:
        self.patches = PatchHead(self.model.sizes.width, CLASSES)
        self._modules = nn.ModuleDict({"model": self.model, "patches": self.patches})
        self._modules.train()

    def begin(self, stage: Stage) -> None:
        """Choose what learns in this stage, with a fresh optimiser."""
        if stage.stem:
            self.grow_stem()
        self._choose(stage)
        parameters = [p for p in self._modules.parameters() if p.requires_grad]
        self.optimiser = torch.optim.AdamW(parameters, stage.rate, betas=(0.9, 0.97),
                                           weight_decay=self.config.weight_decay, fused=True)  # fmt: skip

    def state(self) -> dict[str, Tensor]:
        """Everything that a later run needs to go on from here."""
        tensors = {f"modules.{k}": v for k, v in self._modules.state_dict().items()}
        tensors |= {f"average.{k}": v for k, v in self.average.items()}
        if self.optimiser is not None:
            for index, slots in self.optimiser.state_dict()["state"].items():
                tensors |= {f"optimiser.{index}.{name}": value for name, value in slots.items()}
        return {name: tensor.detach().clone().contiguous() for name, tensor in tensors.items()}

    def restore(self, tensors: dict[str, Tensor], within: Stage | None = None) -> None:
        """Take over what `state` gave.

        Args:
            within: the stage that had begun, which it begins anew; None at the end of one.
        """
        parts: dict[str, dict[str, Tensor]] = {"modules": {}, "average": {}, "optimiser": {}}
        for name, tensor in tensors.items():
            part, _, rest = name.partition(".")
            parts[part][rest] = tensor
        if any(name.startswith("model.stem.") for name in parts["modules"]):
            self.grow_stem()
        if within is not None:
            self.begin(within)
        self._modules.load_state_dict(parts["modules"])
        self.average = parts["average"]
        if self.optimiser is not None and parts["optimiser"]:
            slots: dict[int, dict[str, Tensor]] = {}
            for name, tensor in parts["optimiser"].items():
                index, slot = name.split(".")
                slots.setdefault(int(index), {})[slot] = tensor
            whole = self.optimiser.state_dict()
            self.optimiser.load_state_dict({**whole, "state": slots})

    def _step(self, stage: Stage, rate: float) -> dict[str, float]:
        """One optimiser step; the losses before it."""
        assert self.optimiser is not None, "begin(stage) comes first"
        parameters = self.optimiser.param_groups[0]["params"]
        self.optimiser.param_groups[0]["lr"] = rate
        losses = self._losses(stage)
        torch.stack(list(losses.values())).sum().backward()
        self._share(parameters)
        nn.utils.clip_grad_norm_(parameters, 1.0)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self._follow()
        return {name: float(loss.detach()) for name, loss in losses.items()}

    def _choose(self, stage: Stage) -> None:
        """Decide what learns: everything that the stage's losses reach, or the action expert alone."""
        for name, parameter in self.model.named_parameters():
            if stage.stem or name.startswith("stem."):
                learns = name.startswith("stem.") and (stage.stem or (stage.look and not stage.frozen))
            elif name.startswith("pointer."):
                learns = not stage.frozen and stage.stills + stage.frames > 0
            elif not name.startswith("model.vlm"):
                learns = stage.act > 0
            elif any(part in name for part in (".vision_tower.", ".multi_modal_projector.")):
                learns = stage.look and not stage.frozen
            else:
                learns = not stage.frozen
            parameter.requires_grad_(learns)
        self.patches.requires_grad_(stage.patches > 0)

    def _losses(self, stage: Stage) -> dict[str, Tensor]:
        losses: dict[str, Tensor] = {}
        with torch.autocast("cpu", torch.bfloat16):
            if stage.patches or stage.stills:
                losses |= self._still_losses(stage)
            if stage.frames or stage.act:
                losses |= self._frame_losses(stage)
            if stage.rules:
                losses["rules"] = stage.rules * self._rule_loss(stage.batch)
        return losses

    def _rule_loss(self, count: int) -> Tensor:
        """Of the word after "goes in the" alone, without a picture."""
        instructions, thoughts = rule_texts(count, self._rng, self.wordings)
        blind = np.zeros((count, 0, self.model.sizes.image, self.model.sizes.image, 3), np.uint8)
        texts = self._texts(blind, None, instructions, thoughts, [""] * count)
        nothing_seen = torch.zeros(count, 0, self.model.sizes.width)
        prefix = self.model.read(nothing_seen, texts.prompt, texts.prompt_mask, texts.thought, texts.thought_mask)
        wanted = goal_words(texts.labels, self._goes)
        scores = self.model.logits(prefix.hidden[:, prefix.length - 1 : -1][wanted])
        return F.cross_entropy(scores.float(), texts.labels[wanted])

    def _still_losses(self, stage: Stage) -> dict[str, Tensor]:
        batch = self.stills.draw(self._rng, stage.batch)
        losses: dict[str, Tensor] = {}
        if not stage.stills:
            scene = self.model.scene(pictures_tensor(batch.images[:, None]))
        else:
            instructions, thoughts, doing = still_texts(batch, self._rng, self.wordings)
            rows, thoughts = agreeing(instructions, thoughts, None if stage.patches else self._taught_by(stage),
                                      lambda row: _dirty_among(batch.things[row], thoughts[row]))  # fmt: skip
            texts = self._texts(batch.images[rows][:, None], None, [instructions[i] for i in rows],
                                thoughts, [doing[i] for i in rows])  # fmt: skip
            features, scene = self.model.see(texts.pictures)
            losses |= self._thought_loss(texts, features, "stills", stage.stills)[0]
        if stage.patches:
            targets = patch_targets(batch, self.model.sizes.grid)
            losses["patches"] = stage.patches * self.patches.loss(scene, *targets)
        return losses

    def _frame_losses(self, stage: Stage) -> dict[str, Tensor]:
        assert self.episodes is not None
        taught = stage.taught if self.lessons is not None else 0
        shown = stage.shown if self.recorded is not None else 0
        samples = self.episodes.draw(self._rng, stage.batch - taught - shown, acting=stage.frozen)
        samples = self._put_right(samples, stage)
        if self.recorded is not None and shown:
            samples = together([samples, self.recorded.draw(self._rng, shown, acting=True)])
        samples = mixed_in(samples, self._lesson_draws, taught, self.prompter.cameras)
        blurred = self.prompter.normalizer.blur(samples.state, self.config.state_blur, self._rng)
        plain = as_errands(samples.instructions, samples.thoughts, self._chores, self.config.errands, self._rng)
        instructions = [self.wordings.reworded(each, self._rng) for each in plain]
        texts = self._texts(samples.pictures, blurred, instructions, samples.thoughts, samples.doing)
        features = self.model.look(texts.pictures)
        losses: dict[str, Tensor] = {}
        if stage.frozen:
            with torch.no_grad():
                prefix = self.model.read(features, texts.prompt, texts.prompt_mask, texts.thought, texts.thought_mask)
        else:
            losses, prefix = self._thought_loss(texts, features, "frames", stage.frames)
        if stage.act:
            targets = action_targets(self.prompter.normalizer, samples)
            width = self.prompter.normalizer.width
            losses["act"] = stage.act * self.model.velocity_loss(prefix, targets, width, self.config.draws)
        return losses

    def _taught_by(self, stage: Stage) -> Lessons | None:
        """Who puts the base data right, if anybody does."""
        return self.lessons if stage.lessons and self.config.put_right else None

    def _put_right(self, samples: Samples, stage: Stage) -> Samples:
        """The samples as the lessons have them."""

        def dirty(row: int) -> bool | None:
            odds = looks.dirt(samples.pictures[row, 0], Thought.parse(samples.thoughts[row]).thing)
            return None if odds is None else odds > 0

        looks = Looks(self.model, self.patches, CLASS_NAMES)
        return chosen(samples, *agreeing(samples.instructions, samples.thoughts, self._taught_by(stage), dirty))

    def _texts(self, pictures: np.ndarray, states: np.ndarray | None, instructions: list[str],
               thoughts: list[str], doing: list[str]) -> TextBatch:  # fmt: skip
        return text_batch(self.prompter, pictures, states, instructions, thoughts, self.model.sizes.grid, doing)

    def _thought_loss(
        self, texts: TextBatch, features: Tensor, name: str, weight: float
    ) -> tuple[dict[str, Tensor], Prefix]:
        """Losses of writing the thoughts and of pointing at what they are about."""
        prefix = self.model.read(features, texts.prompt, texts.prompt_mask, texts.thought, texts.thought_mask)
        hidden = prefix.hidden[:, prefix.length - 1 : -1]
        weights = goal_weights(texts.labels, self._goes, self.config.goal)
        words = thought_loss(self.model.logits(hidden).flatten(0, 1), texts.labels.flatten(),
                             self._first_location, self._soft, weights.flatten())  # fmt: skip
        losses = {name: weight * words}
        if self.model.pointer is not None and prefix.middle is not None:
            tokens = prefix.middle[:, : self.model.sizes.grid**2]
            pointed = self.model.pointer.loss(tokens, texts.patch, texts.offset)
            losses[f"{name}_point"] = self.config.point * weight * pointed
        return losses, prefix

    def _share(self, parameters: list[nn.Parameter]) -> None:
        """Average the gradients of all processes."""
        if self._world == 1:
            return
        grads = [p.grad if p.grad is not None else torch.zeros_like(p) for p in parameters]
        flat = torch.cat([g.flatten() for g in grads])
        torch.distributed.all_reduce(flat)
        flat /= self._world
        at = 0
        for parameter, grad in zip(parameters, grads, strict=True):
            parameter.grad = flat[at : at + grad.numel()].view_as(grad)
            at += grad.numel()

    def _over(self, until: float) -> bool:
        late = torch.tensor(float(time.monotonic() > until))
        if self._world > 1:
            torch.distributed.broadcast(late, 0)
        return bool(late)

    @torch.no_grad()
    def _follow(self) -> None:
        """Move the averaged weights a little towards the present ones; quickly at first, when they mean little."""
        self._followed += 1
        share = max(1 - self.config.average, 9 / (self._followed + 9))
        for name, value in self.model.state_dict().items():
            if value.is_floating_point():
                self.average[name].lerp_(value, share)
            else:
                self.average[name].copy_(value)


def _dirty_among(things: Sequence[Thing], thought: str) -> bool | None:
    """Whether the thing of a thought is dirty; None where it has none among these."""
    name = Thought.parse(thought).thing
    return next((thing.dirty for thing in things if thing.name == name), None)


class _Means:
    """Means of named numbers since the last look."""

    def __init__(self) -> None:
        self._sums: dict[str, float] = {}
        self._count = 0

    def add(self, values: dict[str, float]) -> None:
        for name, value in values.items():
            self._sums[name] = self._sums.get(name, 0.0) + value
        self._count += 1

    def take(self) -> dict[str, float]:
        means = {name: round(value / self._count, 4) for name, value in self._sums.items()}
        self._sums, self._count = {}, 0
        return means


def _schedule(step: int, steps: int, warmup: int) -> float:
    """Linear warm-up, then half a cosine down to 2 %."""
    if step < warmup:
        return (step + 1) / warmup
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup)))


def _join() -> tuple[int, int]:
    """(rank, processes) as torchrun set them."""
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world > 1 and not torch.distributed.is_initialized():
        torch.distributed.init_process_group("gloo")
    return int(os.environ.get("RANK", "0")), world
