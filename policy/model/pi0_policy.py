"""The model behind the two calls `think` and `act`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from policy.model.grammar import ThoughtGrammar
from policy.model.pointer import place_prior
from policy.model.prompting import Prompter, thought_place
from policy.model.scene import Sight
from policy.model.thoughtful_pi0 import Prefix, ThoughtfulPI0
from robot_bridge.protocol.messages import WIDTH, Context, Observation
from robot_bridge.protocol.thought import Thought

MAX_THOUGHT_TOKENS = 64
_SUBTASK = re.compile(r"^subtask: *(?P<subtask>\S.*)$", re.MULTILINE)


@dataclass
class _Memo:
    """The last prefix read: thinking and acting on one observation share it."""

    key: tuple[int, float, Context]
    prefix: Prefix
    features: Tensor


class PI0Policy:
    """Greedy thoughts and flow-matched actions of one checkpoint; not thread-safe, one caller at a time.

    Args:
        dt_s: time between rows of an action chunk.
        temperature: scale of the noise that actions are drawn from.
        sight: says when the thing that was asked for is not there, or there twice.
        seed: seed of the noise that actions are drawn from.
    """

    def __init__(self, model: ThoughtfulPI0, prompter: Prompter, dt_s: float, checkpoint: str, seed: int = 0,
                 temperature: float = 1.0, sight: Sight | None = None) -> None:  # fmt: skip
        self._model, self._prompter, self._dt_s = model.eval(), prompter, dt_s
        self.checkpoint = checkpoint
        self.device = str(model.device)
        self.parameters = sum(p.numel() for p in model.parameters())
        self._grammar = ThoughtGrammar(prompter.tokenizer, prompter.cameras)
        self._noise, self._temperature = np.random.default_rng(seed), temperature
        self._sight = sight
        self._memo: _Memo | None = None

    def reseed(self, seed: int) -> None:
        """Draw the noise of coming actions anew, so that an episode is a function of its seed."""
        self._noise = np.random.default_rng(seed)
        self._memo = None

    @torch.no_grad()
    def think(
        self,
        observation: Observation,
        context: Context,
        forced: str = "",
        on_token: Callable[[int, str], None] | None = None,
    ) -> tuple[Thought, int]:
        """Write a thought, going on from the `forced` text.

        Returns:
            The thought, and how many tokens the model wrote itself.
        Raises:
            ProtocolError: the text that came out is not a thought, or a picture is missing.
        """
        tokenizer = self._prompter.tokenizer
        prefix = self._read(observation, context)
        length = prefix.cache.get_seq_length()
        forced = forced or self._objection(observation, context)
        try:
            places = self._pointed(prefix, observation, forced)
            tokens, written, log_probability = self._write(prefix, tokenizer.encode(forced), places, on_token)
        finally:  # also when on_token ends the thought: the prefix is used again
            prefix.cache.crop(length - prefix.cache.get_seq_length())
        confidence = float(np.exp(log_probability / max(written, 1)))
        return Thought.parse(tokenizer.decode(tokens), confidence=confidence), written

    @torch.no_grad()
    def act(self, observation: Observation, context: Context, thought: Thought) -> tuple[np.ndarray, float]:
        """An action chunk under a thought: float32[horizon, 38] absolute joint targets, and the time between rows."""
        model, prompter = self._model, self._prompter
        prefix = self._read(observation, context)
        length = prefix.cache.get_seq_length()
        tokens = [*prompter.tokenizer.encode(str(thought)), prompter.tokenizer.eos]
        full = model.extend(prefix, torch.tensor([tokens], device=model.device))
        normalizer, config = prompter.normalizer, model.config
        noise = np.zeros((1, config.chunk_size, WIDTH), np.float32)
        noise[..., : normalizer.width] = self._noise.standard_normal((1, config.chunk_size, normalizer.width))
        state = torch.from_numpy(normalizer.state(observation.state)[None]).to(model.device)
        place = torch.tensor([thought_place(thought)], device=model.device)
        noised = torch.from_numpy(noise * np.float32(self._temperature)).to(model.device)
        actions = model.denoise(full, state, noised, config.num_inference_steps, place)
        full.cache.crop(length - full.cache.get_seq_length())
        return normalizer.targets(actions[0].float().cpu().numpy(), observation.state), self._dt_s

    def _read(self, observation: Observation, context: Context) -> Prefix:
        key = (observation.sequence, observation.time_s, context)
        if self._memo is None or self._memo.key != key:
            self._memo = _Memo(key, *self._encode(observation, context))
        return self._memo.prefix

    def _encode(self, observation: Observation, context: Context) -> tuple[Prefix, Tensor]:
        device = self._model.device
        prompt = torch.tensor([self._prompter.prompt(context, observation.state)], device=device)
        pictures = self._prompter.pictures(observation).to(device)
        features = self._model.look(pictures)
        return self._model.read(features, prompt, torch.ones_like(prompt)), features

    def _write(
        self, prefix: Prefix, tokens: list[int], places: list[Tensor], on_token: Callable[[int, str], None] | None
    ) -> tuple[list[int], int, float]:
        """Go on from the forced tokens, always with the likeliest one: all tokens, how many of them were written
        here, and the sum of their log probabilities.

        Args:
            places: log weights that the pointer gives the first and the second location token, float32[bins] each.
        """
        model, tokenizer = self._model, self._prompter.tokenizer
        written, log_probability = 0, 0.0
        unread = tokens
        for index, token in enumerate(tokens):
            self._tell(on_token, index, token)
        while len(tokens) < MAX_THOUGHT_TOKENS:
            if unread:
                prefix = model.extend(prefix, torch.tensor([unread], device=model.device))
            logits = model.logits(prefix.hidden[0, -1]).float()
            logits[self._grammar.blocked(tokens)] = -torch.inf
            at = self._grammar.places_written(tokens)
            if at is not None and at < len(places):
                logits[tokenizer.first_location :][: len(places[at])] += places[at].to(logits)
            scores = torch.log_softmax(logits, -1)
            token = int(scores.argmax())
            written, log_probability = written + 1, log_probability + float(scores[token])
            if token == tokenizer.eos:
                break
            tokens, unread = [*tokens, token], [token]
            self._tell(on_token, len(tokens) - 1, token)
        return tokens, written, log_probability

    def _objection(self, observation: Observation, context: Context) -> str:
        """What is seen at rest goes before what would be guessed: it is fed in the thought's place."""
        if self._sight is None or self._memo is None:
            return ""
        first_camera = self._memo.features[0, : self._model.sizes.grid**2]
        return self._sight.objection(first_camera, observation.state, context.instruction)

    def _pointed(self, prefix: Prefix, observation: Observation, forced: str) -> list[Tensor]:
        """What the pointer says of row and column: of the instruction, or of a subtask that a person dictated."""
        model = self._model
        if model.pointer is None:
            return []
        dictated = _SUBTASK.search(forced)
        if dictated:
            prefix, _ = self._encode(observation, Context(instruction=dictated["subtask"]))
        assert prefix.middle is not None
        row, column = model.pointer.place(prefix.middle[0, : model.sizes.grid**2])
        return [place_prior(fraction, self._prompter.tokenizer.locations) for fraction in (row, column)]

    def _tell(self, on_token: Callable[[int, str], None] | None, index: int, token: int) -> None:
        if on_token is not None:
            on_token(index, self._prompter.tokenizer.piece(token))
