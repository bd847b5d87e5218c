"""What `coach bench policy` measures: the shipped model at work, and the shape of a full-size π0, never trained."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import PI0Config

from coach.bench.policy_reference import GrammarProcessor, Reference
from coach.evaluate.suites import suite
from policy.checkpoint import embedded_folder
from policy.loading import load_policy
from policy.model.config import SmallConfig
from policy.model.engine import Engine
from policy.model.grammar import ThoughtGrammar
from policy.model.pi0_policy import PI0Policy
from policy.model.pointer import place_prior
from policy.model.thoughtful_pi0 import ThoughtfulPI0
from policy.model.tokenizer import ThoughtTokenizer
from policy.model.writing import MAX_THOUGHT_TOKENS, Writer
from robot_bridge.arms.kitchen.world import Kitchen
from robot_bridge.protocol.messages import Context, Observation

ROWS = 5  # of each chunk are executed between two thoughts, as in `coach eval`
TASK = 20  # thoughts that a task takes, about
THOUGHT = 20  # tokens that a random model writes


@dataclass
class Scene:
    """One moment: everything that both sides are given.

    Args:
        pictures: float32[1, cameras, 3, size, size]; features: how many picture tokens they make.
        state: float32[1, 38]; noise: float32[1, horizon, 38].
    """

    pictures: Tensor
    features: int
    prompt: list[int]
    state: Tensor
    noise: Tensor


class Subject:
    """A model, its fast path twice (with guesses and without), and `transformers` on the same weights.

    Args:
        longest: tokens of a thought at most.
    """

    def __init__(self, name: str, model: ThoughtfulPI0, tokenizer: ThoughtTokenizer, longest: int) -> None:
        self.name, self.model, self.longest = name, model, longest
        self._tokenizer, self._grammar = tokenizer, ThoughtGrammar(tokenizer, ("base",))
        self.engine = Engine(model)
        self.plain = Writer(self.engine, self._grammar, tokenizer, guesses=False)
        self.guessing = Writer(self.engine, self._grammar, tokenizer)
        self.steps: int = model.config.num_inference_steps
        self._reference = Reference(model, tokenizer.eos, tokenizer.pad)

    @property
    def parameters(self) -> int:
        return sum(p.numel() for p in self.model.parameters())

    def read(self, scene: Scene) -> Any:
        return self.engine.read([self.engine.look(scene.pictures)[0]], [scene.prompt])[0]

    def places(self, reading: Any) -> list[Tensor]:
        """What the pointer says, as the policy uses it; nothing for a model without one."""
        if self.model.pointer is None:
            return []
        fractions = self.model.pointer.place(reading.middle[: self.model.sizes.grid**2])
        return [place_prior(f, self._tokenizer.locations).to(self.model.device) for f in fractions]

    def write(self, writer: Writer, reading: Any, scene: Scene) -> list[int]:
        """A thought behind a reading, the end included."""
        draft = writer.begin([], self.places(reading), scene.prompt, longest=self.longest)
        writer.write([reading], [draft])
        ended = len(draft.chances) > len(draft.tokens)
        return [*draft.tokens, self._tokenizer.eos] if ended else draft.tokens

    def generate(self, scene: Scene, places: list[Tensor], tokens: int) -> list[int]:
        columns = scene.features + len(scene.prompt)
        grammar = GrammarProcessor(self._grammar, columns, places, self._tokenizer.first_location)
        return self._reference.generate(scene.pictures, scene.features, scene.prompt, grammar, tokens)

    def sample_actions(self, scene: Scene) -> Tensor:
        return self._reference.sample_actions(scene.pictures, scene.features, scene.prompt, scene.state, scene.noise)

    def denoise(self, reading: Any, scene: Scene) -> Tensor:
        return self.engine.denoise(reading.kv, scene.state, scene.noise, self.steps)


def at_work(checkpoint: str, seed: int, rounds: int, device: str) -> tuple[Subject, Iterator[Scene]]:
    """A checkpoint, and the moments of an episode that it plays itself."""
    policy = load_policy(checkpoint, device)
    subject = Subject(checkpoint or "shipped model", policy._model, policy._prompter.tokenizer,
                      MAX_THOUGHT_TOKENS)  # fmt: skip
    return subject, _episode(policy, seed, rounds)


def _episode(policy: PI0Policy, seed: int, rounds: int) -> Iterator[Scene]:
    kitchen = Kitchen("sticky")
    prompter, sizes = policy._prompter, policy._model.sizes
    generator = torch.Generator().manual_seed(seed)
    layouts = iter(suite("pick_place", rounds, seed))
    try:
        for number in range(rounds):
            if number % TASK == 0:
                job = next(layouts)
                kitchen.reset(job.scene)
            observation = Observation(sequence=number, time_s=float(number), images=kitchen.render(),
                                      state=kitchen.body.pad(kitchen.state()))  # fmt: skip
            context = Context(instruction=job.words)
            noise = torch.zeros(1, sizes.horizon, 38)
            width = prompter.normalizer.width
            noise[..., :width] = torch.randn(1, sizes.horizon, width, generator=generator)
            yield Scene(
                prompter.pictures(observation), len(prompter.cameras) * sizes.grid**2,
                prompter.prompt(context, observation.state),
                torch.from_numpy(prompter.normalizer.state(observation.state)[None]), noise,
            )  # fmt: skip
            thought, _ = policy.think(observation, context)
            actions, dt_s = policy.act(observation, context, thought)
            for target in kitchen.body.unpad(actions)[:ROWS]:
                kitchen.step(target, dt_s)
    finally:
        kitchen.close()


def scaled_config(vocabulary: int, image_token: int) -> PI0Config:
    """A full-size π0 at a quarter of its widths, a third of its layers and half its picture side: one key head for
    eight, three cameras of 64 patches, chunks of 50 rows."""
    small = SmallConfig(layers=6, heads=8, head_dim=64, width=512, mlp=4096, expert_width=256, expert_mlp=1024,
                        vision_width=288, vision_layers=9, image_size=112, patch=14, horizon=50)  # fmt: skip
    return _single_key_head(small.to_pi0(vocabulary, image_token))


def full_config(vocabulary: int, image_token: int) -> PI0Config:
    """The sizes of a published π0.

    Source: openpi, src/openpi/models/gemma.py (`gemma_2b`, `gemma_300m`) and siglip.py (`So400m/14`).
    """
    small = SmallConfig(layers=18, heads=8, head_dim=256, width=2048, mlp=16384, expert_width=1024, expert_mlp=4096,
                        vision_width=1152, vision_layers=27, image_size=224, patch=14, horizon=50)  # fmt: skip
    config: Any = _single_key_head(small.to_pi0(vocabulary, image_token))
    config.vlm_config.vision_config.num_attention_heads = 16
    config.vlm_config.vision_config.intermediate_size = 4304
    return config


def _single_key_head(config: Any) -> PI0Config:
    config.vlm_config.text_config.num_key_value_heads = config.dit_config.num_key_value_heads = 1
    config.pointer = False
    fitted: PI0Config = config
    return fitted


def random_weights(name: str, config: Any, seed: int, rounds: int, device: str, dtype: torch.dtype) -> tuple[
    Subject, Iterator[Scene]
]:  # fmt: skip
    """A model that never learned anything, and moments that differ a little from one to the next."""
    tokenizer = ThoughtTokenizer(embedded_folder())
    torch.manual_seed(seed)
    with torch.device(device):
        model: Any = ThoughtfulPI0(config)
        model = model.to(dtype).eval()
    return Subject(name, model, tokenizer, THOUGHT), _moments(config, seed, rounds, device, dtype, tokenizer)


def _moments(config: Any, seed: int, rounds: int, device: str, dtype: torch.dtype,
             tokenizer: ThoughtTokenizer) -> Iterator[Scene]:  # fmt: skip
    generator = torch.Generator().manual_seed(seed)
    size = config.vlm_config.vision_config.image_size
    features = 3 * (size // config.vlm_config.vision_config.patch_size) ** 2
    words = tokenizer.encode("put the red cup in the sink") * 5
    still = torch.randn(1, 3, 3, size, size, generator=generator).clamp(-1, 1)
    for _ in range(rounds):
        moving = still + 0.02 * torch.randn(still.shape, generator=generator)
        state = torch.randn(1, 38, generator=generator).clamp(-1, 1)
        noise = torch.randn(1, config.chunk_size, 38, generator=generator)
        yield Scene(moving.to(device, dtype), features, [tokenizer.bos, *words[:47]], state.to(device, dtype),
                    noise.to(device, dtype))  # fmt: skip
