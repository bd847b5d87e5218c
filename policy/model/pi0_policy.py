"""The model behind the two calls `think` and `act`, for one robot or several at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from policy.interface import OnToken
from policy.model.calibration import Calibration, chance_of_words
from policy.model.drafting import Drafting, confidence_of
from policy.model.engine import Engine, Reading
from policy.model.grammar import ThoughtGrammar
from policy.model.open_hands import OpenHands
from policy.model.prompting import Prompter, thought_place
from policy.model.realtime import Continuation
from policy.model.scene import Sight
from policy.model.seeing import Seeing
from policy.model.stack import KeyValues
from policy.model.thinking import Thinking
from policy.model.thoughtful_pi0 import ThoughtfulPI0
from policy.model.writing import MAX_THOUGHT_TOKENS, Draft, Writer
from robot_bridge.protocol.errors import ProtocolError
from robot_bridge.protocol.messages import WIDTH, ActRequest, Context, Observation, Tail, ThinkRequest
from robot_bridge.protocol.thought import Thought

__all__ = ["MAX_THOUGHT_TOKENS", "PI0Policy"]

_STUCK = 10  # thoughts; an errand that lasts longer needs other motions than those that did not do it


class PI0Policy:
    """Greedy thoughts and flow-matched actions of one checkpoint; not thread-safe, one caller at a time.

    Args:
        dt_s: time between rows of an action chunk.
        temperature: scale of the noise that actions are drawn from; it is 1 where an errand does not come off, since
            arms that always do the same in the same place go round in circles.
        sight: says when the thing that was asked for is not there, or there twice.
        calibration: how sure thoughts may be taken to be; None leaves that open.
        open_hands: keeps hands from closing where there is nothing to pick up.
        seed: seed of the noise that actions are drawn from.
    """

    def __init__(self, model: ThoughtfulPI0, prompter: Prompter, dt_s: float, checkpoint: str, seed: int = 0,
                 temperature: float = 1.0, sight: Sight | None = None,
                 calibration: Calibration | None = None,
                 open_hands: OpenHands | None = None) -> None:  # fmt: skip
        self._model, self._prompter, self._dt_s = model.eval(), prompter, dt_s
        self.checkpoint = checkpoint
        self.device = str(model.device)
        self.parameters = sum(p.numel() for p in model.parameters())
        self._engine = Engine(model)
        writer = Writer(self._engine, ThoughtGrammar(prompter.tokenizer, prompter.cameras), prompter.tokenizer)
        self._seeing = Seeing(self._engine, prompter, model.device, sees_dirt=sight is not None)
        self._drafting = Drafting(model, prompter, self._engine, writer, self._seeing, sight)
        self._thinking = Thinking(self._drafting, sight, open_hands)
        self._noise, self._temperature = np.random.default_rng(seed), temperature
        self.calibration = calibration
        self._open_hands = open_hands
        tokenizer = prompter.tokenizer
        self._behind_words = frozenset((tokenizer.key("hand"), tokenizer.key("where"), tokenizer.eos))

    def reseed(self, seed: int) -> None:
        """Draw the noise of coming actions anew, so that an episode is a function of its seed."""
        self._noise = np.random.default_rng(seed)
        self._seeing.forget()

    def think(
        self, observation: Observation, context: Context, forced: str = "", on_token: OnToken | None = None
    ) -> tuple[Thought, int]:
        """Write a thought, going on from the `forced` text.

        Returns:
            The thought, and how many tokens the model wrote itself.
        Raises:
            ProtocolError: the text that came out is not a thought, or a picture is missing.
        """
        request = ThinkRequest(request_id=0, observation=observation, context=context, forced=forced)
        (draft,) = self._thinking.write([request], [on_token])
        return self._thought(draft), len(draft.chances)

    def act(self, observation: Observation, context: Context, thought: Thought) -> tuple[np.ndarray, float]:
        """An action chunk under a thought: float32[horizon, 38] absolute joint targets, and the time between rows."""
        return self.act_many([ActRequest(request_id=0, observation=observation, context=context, thought=thought)])[0]

    def go_on(
        self, observation: Observation, context: Context, thought: Thought, tail: Tail
    ) -> tuple[np.ndarray, float]:
        """As `act`, going on from what is left of the chunk that plays.

        Raises:
            ProtocolError: the tail is none.
        """
        request = ActRequest(request_id=0, observation=observation, context=context, thought=thought, tail=tail)
        return self.act_many([request])[0]

    def think_many(
        self, requests: Sequence[ThinkRequest], on_tokens: Sequence[OnToken]
    ) -> list[tuple[Thought, int] | Exception]:
        """Thoughts of several robots in one pass: the same as one by one. What one robot's thought raised, its
        `on_token` included, stands in its place."""
        answers: list[tuple[Thought, int] | Exception] = [ProtocolError("not thought yet")] * len(requests)
        usable = []
        for row, request in enumerate(requests):
            try:
                self._prompter.pictures(request.observation)
                usable.append(row)
            except ProtocolError as error:
                answers[row] = error
        if usable:
            asked, ears = [requests[row] for row in usable], [_Ear(on_tokens[row]) for row in usable]
            for row, draft, ear in zip(usable, self._thinking.write(asked, ears), ears, strict=True):
                answers[row] = self._answer(draft, ear)
        return answers

    @torch.no_grad()
    def act_many(self, requests: Sequence[ActRequest]) -> list[tuple[np.ndarray, float]]:
        """Action chunks of several robots in one pass: float32[horizon, 38] each, and the time between its rows.

        Raises:
            ProtocolError: a picture is missing, or a tail is none.
        """
        model, normalizer = self._model, self._prompter.normalizer
        observations, thoughts = [r.observation for r in requests], [r.thought for r in requests]
        seen = self._seeing.see(observations, [self._thinking.acted_under(r) for r in requests])
        kv = self._read_thoughts([s.reading for s in seen], thoughts)
        states = np.stack([observation.state for observation in observations])
        shape = (len(states), model.config.chunk_size, normalizer.width)
        noise = np.zeros((*shape[:2], WIDTH), np.float32)
        stuck = np.array([request.context.going.lasting >= _STUCK for request in requests])
        scale = np.where(stuck, max(1.0, self._temperature), self._temperature).astype(np.float32)
        noise[..., : normalizer.width] = self._noise.standard_normal(shape) * scale[:, None, None]
        place = torch.tensor([thought_place(thought) for thought in thoughts], device=model.device)
        tails = [request.tail for request in requests]
        going_on = Continuation(tails, states, normalizer, self._dt_s)
        guide = going_on.guide(model.device) if going_on.any else None
        scaled, drawn = (torch.from_numpy(x).to(model.device) for x in (normalizer.state(states), noise))
        actions = self._engine.denoise(kv, scaled, drawn, model.config.num_inference_steps, place, guide)
        chunks = normalizer.targets(actions.float().cpu().numpy(), states)
        if self._open_hands is not None:
            for chunk, request in zip(chunks, requests, strict=True):
                self._open_hands.keep(chunk, request)
        going_on.freeze(chunks, tails)
        return [(chunk, self._dt_s) for chunk in chunks]

    def _read_thoughts(self, readings: Sequence[Reading], thoughts: Sequence[Thought]) -> KeyValues:
        """A cache of what was seen and thought; words that a thought shares with what was said are not read again."""
        tokenizer, engine = self._prompter.tokenizer, self._engine
        tokens = [[*tokenizer.encode(str(thought)), tokenizer.eos] for thought in thoughts]
        shared = [reading.rewind(said) for reading, said in zip(readings, tokens, strict=True)]
        kv = engine.beside(readings)
        unread = [said[n:] for said, n in zip(tokens, shared, strict=True)]
        if any(unread):
            engine.extend(kv, unread, last=True)
            engine.keep(kv, [len(said) for said in unread], max(map(len, unread)))
        if kv is readings[0].kv:
            readings[0].said = tokens[0]
        return kv

    def _thought(self, draft: Draft) -> Thought:
        confidence = confidence_of(draft.chances)
        certainty = None
        if self.calibration is not None:
            chance = chance_of_words(draft.written, draft.chances, self._behind_words)
            certainty = None if chance is None else self.calibration.certainty(chance)
        text = self._prompter.tokenizer.decode(draft.tokens)
        return Thought.parse(text, confidence=confidence, certainty=certainty)

    def _answer(self, draft: Draft, ear: _Ear) -> tuple[Thought, int] | Exception:
        if ear.error is not None:
            return ear.error
        try:
            return self._thought(draft), len(draft.chances)
        except ProtocolError as error:
            return error


class _Ear:
    """Passes tokens on until that fails; what it failed with is kept, and the other robots' thoughts go on."""

    def __init__(self, on_token: OnToken) -> None:
        self._on_token = on_token
        self.error: Exception | None = None

    def __call__(self, index: int, text: str) -> None:
        if self.error is not None:
            return
        try:
            self._on_token(index, text)
        except Exception as error:
            self.error = error
