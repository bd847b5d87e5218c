"""The model behind the two calls `think` and `act`, for one robot or several at once."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec
import numpy as np
import torch
from torch import Tensor

from policy.interface import OnToken
from policy.model.calibration import Calibration, chance_of_words
from policy.model.engine import Engine, Reading
from policy.model.grammar import ThoughtGrammar
from policy.model.memo import Memo, Seen, key_of
from policy.model.naming import NamePrior, Naming
from policy.model.pointer import place_prior
from policy.model.prompting import Prompter, thought_place
from policy.model.realtime import Continuation
from policy.model.scene import Sight
from policy.model.second_look import SecondLook
from policy.model.stack import KeyValues
from policy.model.thoughtful_pi0 import Looked, ThoughtfulPI0
from policy.model.writing import MAX_THOUGHT_TOKENS, Draft, Writer
from robot_bridge.protocol.errors import ProtocolError
from robot_bridge.protocol.messages import WIDTH, ActRequest, Context, Observation, Tail, ThinkRequest
from robot_bridge.protocol.thought import ASK, DONE, Thought

__all__ = ["MAX_THOUGHT_TOKENS", "PI0Policy"]
_PICKING = "pick up"
_SURE = (
    0.985  # confidence of a thought that all is done which is not looked at twice: a third of the right ones have less
)
_SUBTASK = re.compile(r"^subtask: *(?P<subtask>\S.*)$", re.MULTILINE)
_GOES = re.compile(r"^reason: (?:.*, )?(?P<thing>the .+?) is .+? and goes (?P<place>(?:in|on) the .+)$", re.MULTILINE)


class PI0Policy:
    """Greedy thoughts and flow-matched actions of one checkpoint; not thread-safe, one caller at a time.

    Args:
        dt_s: time between rows of an action chunk.
        temperature: scale of the noise that actions are drawn from.
        sight: says when the thing that was asked for is not there, or there twice.
        calibration: how sure thoughts may be taken to be; None leaves that open.
        seed: seed of the noise that actions are drawn from.
    """

    def __init__(self, model: ThoughtfulPI0, prompter: Prompter, dt_s: float, checkpoint: str, seed: int = 0,
                 temperature: float = 1.0, sight: Sight | None = None,
                 calibration: Calibration | None = None) -> None:  # fmt: skip
        self._model, self._prompter, self._dt_s = model.eval(), prompter, dt_s
        self.checkpoint = checkpoint
        self.device = str(model.device)
        self.parameters = sum(p.numel() for p in model.parameters())
        self._grammar = ThoughtGrammar(prompter.tokenizer, prompter.cameras)
        self._engine = Engine(model)
        self._writer = Writer(self._engine, self._grammar, prompter.tokenizer)
        self._noise, self._temperature = np.random.default_rng(seed), temperature
        self._sight = sight
        self._naming = Naming(prompter.tokenizer, sight.names) if sight is not None else None
        self._second_look = SecondLook(sight) if sight is not None else None
        self._memo = Memo()
        self.calibration = calibration
        tokenizer = prompter.tokenizer
        self._behind_words = frozenset((tokenizer.key("hand"), tokenizer.key("where"), tokenizer.eos))

    def reseed(self, seed: int) -> None:
        """Draw the noise of coming actions anew, so that an episode is a function of its seed."""
        self._noise = np.random.default_rng(seed)
        self._memo.clear()

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
        (draft,) = self._write([request], [on_token])
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
            for row, draft, ear in zip(usable, self._write(asked, ears), ears, strict=True):
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
        seen = self._see(observations, [self._acted_under(r) for r in requests])
        kv = self._read_thoughts([s.reading for s in seen], thoughts)
        states = np.stack([observation.state for observation in observations])
        shape = (len(states), model.config.chunk_size, normalizer.width)
        noise = np.zeros((*shape[:2], WIDTH), np.float32)
        noise[..., : normalizer.width] = self._noise.standard_normal(shape) * np.float32(self._temperature)
        place = torch.tensor([thought_place(thought) for thought in thoughts], device=model.device)
        tails = [request.tail for request in requests]
        going_on = Continuation(tails, states, normalizer, self._dt_s)
        guide = going_on.guide(model.device) if going_on.any else None
        scaled, drawn = (torch.from_numpy(x).to(model.device) for x in (normalizer.state(states), noise))
        actions = self._engine.denoise(kv, scaled, drawn, model.config.num_inference_steps, place, guide)
        chunks = normalizer.targets(actions.float().cpu().numpy(), states)
        going_on.freeze(chunks, tails)
        return [(chunk, self._dt_s) for chunk in chunks]

    def _write(self, requests: Sequence[ThinkRequest], on_tokens: Sequence[OnToken | None]) -> list[Draft]:
        """Thoughts of several robots. Where the instruction names no thing, the errand under way is thought about
        first, and tokens are told once the thought stands."""
        chores = [row for row, r in enumerate(requests) if not r.forced and self._is_chore(r.context)]
        telling = [None if row in chores else on_token for row, on_token in enumerate(on_tokens)]
        under = [_on_errand(r) if row in chores else r for row, r in enumerate(requests)]
        drafts = self._drafts(under, telling)
        ended = [row for row in chores if under[row] is not requests[row] and self._ends(drafts[row])]
        for row, draft in zip(ended, self._drafts([requests[row] for row in ended], [None] * len(ended)), strict=True):
            drafts[row] = draft
        for row in chores:
            self._tell(drafts[row], on_tokens[row])
        return drafts

    def _drafts(self, requests: Sequence[ThinkRequest], on_tokens: Sequence[OnToken | None]) -> list[Draft]:
        """One thought each under the words as they are; where those name no thing, with a second look at the name."""
        if not requests:
            return []
        seen = self._see([r.observation for r in requests], [r.context for r in requests])
        drafts = [self._begin(*one) for one in zip(seen, requests, on_tokens, strict=True)]
        self._writer.write([s.reading for s in seen], drafts)
        return [self._look_again(s, r, draft) if not r.forced and self._is_chore(r.context) else draft
                for s, r, draft in zip(seen, requests, drafts, strict=True)]  # fmt: skip

    def _is_chore(self, context: Context) -> bool:
        """Whether the instruction leaves to the thought which thing it is about."""
        return self._second_look is not None and self._second_look.needed(context.instruction)

    def _ends(self, draft: Draft) -> bool:
        """Whether an errand is over: it is done, or a person must help."""
        subtask = _SUBTASK.search(self._prompter.tokenizer.decode(draft.tokens))
        return subtask is None or subtask["subtask"].split(" ")[0] in (DONE, ASK)

    def _first_camera(self, seen: Seen) -> Tensor:
        """What the scene head reads, Tensor[patches, width]."""
        return seen.looked.scene[: self._model.sizes.grid**2]

    def _acted_under(self, request: ActRequest) -> Context:
        """The words under which the thought was written."""
        context = request.context
        errand = context.going.errand
        on_errand = errand and request.thought.errand == errand and self._is_chore(context)
        return _errand_of(context) if on_errand else context

    def _tell(self, draft: Draft, on_token: OnToken | None) -> None:
        if on_token is not None:
            for index, token in enumerate(draft.tokens):
                on_token(index, self._prompter.tokenizer.piece(token))

    def _look_again(self, seen: Seen, request: ThinkRequest, draft: Draft) -> Draft:
        """The thought, written anew behind its thing's right name where it has another one, first in its reason, then
        in its subtask."""
        tokenizer, tokens, context = self._prompter.tokenizer, self._first_camera(seen), request.context
        assert self._second_look is not None
        sure = _confidence(draft.chances) >= _SURE
        pointed = None if sure else self._pointed(seen, request.observation, context, "")
        draft = self._another(seen, request, draft)
        for _ in range(2):
            opening = self._second_look.opening(tokenizer.decode(draft.tokens), context.doing, tokens, pointed)
            if not opening:
                break
            draft = self._anew(seen, request, draft, opening)
        return draft

    def _anew(self, seen: Seen, request: ThinkRequest, draft: Draft, opening: str) -> Draft:
        """The thought, written again behind this opening."""
        told, chances = self._prompter.tokenizer.encode(opening), draft.chances
        draft = self._begin(seen, msgspec.structs.replace(request, forced=opening), None)
        draft.written, draft.chances = [*told], [*chances, *[0.0] * len(told)][: len(told)]
        self._writer.write([seen.reading], [draft])
        return draft

    def _another(self, seen: Seen, request: ThinkRequest, draft: Draft) -> Draft:
        """The thought, or one about another thing where this one's was left for later; the first that stands on the
        counter, of those that are seen."""
        tokenizer, aside = self._prompter.tokenizer, request.context.going.aside
        assert self._second_look is not None
        if not aside or self._second_look.thing_of(tokenizer.decode(draft.tokens)) not in aside:
            return draft
        for name in self._second_look.others(aside, self._first_camera(seen)):
            other = self._anew(seen, request, draft, f"reason: the {name}")
            if self._second_look.waits(tokenizer.decode(other.tokens)):
                return other
        return draft

    def _see(self, observations: Sequence[Observation], contexts: Sequence[Context]) -> list[Seen]:
        """What each observation says under its context, from memory where it was read before."""
        keys = [key_of(observation, self._prompter) for observation in observations]
        prompts = [self._prompter.prompt(c, o.state) for o, c in zip(observations, contexts, strict=True)]
        found = [self._memo.find(key, prompt) for key, prompt in zip(keys, prompts, strict=True)]
        new = [row for row, seen in enumerate(found) if seen is None]
        if new:
            known = [self._memo.looked(keys[row]) for row in new]
            looked = self._looked([observations[row] for row in new], known)
            readings = self._engine.read([each.tokens for each in looked], [prompts[row] for row in new])
            for row, each, reading in zip(new, looked, readings, strict=True):
                found[row] = self._memo.add(keys[row], Seen(each, prompts[row], reading))
        return [seen for seen in found if seen is not None]

    def _looked(self, observations: Sequence[Observation], known: Sequence[Looked | None]) -> list[Looked]:
        """Picture tokens, Tensor[tokens, width] each; pictures that were looked at are not looked at again."""
        new = [self._prompter.pictures(o) for o, k in zip(observations, known, strict=True) if k is None]
        seen = self._engine.see(torch.cat(new).to(self._model.device)) if new else ((), ())
        fresh = map(Looked, *seen)
        return [next(fresh) if each is None else each for each in known]

    def _begin(self, seen: Seen, request: ThinkRequest, on_token: OnToken | None) -> Draft:
        observation, context = request.observation, request.context
        forced = request.forced or self._objection(seen, observation, context)
        fractions = self._pointed(seen, observation, context, forced)
        bins = self._prompter.tokenizer.locations
        places = [place_prior(f, bins).to(self._model.device) for f in fractions or ()]
        names = None if forced or fractions is None else self._named(seen, fractions, context)
        forced_tokens = self._prompter.tokenizer.encode(forced)
        return self._writer.begin(forced_tokens, places, seen.prompt, on_token, names=names)

    def _named(self, seen: Seen, place: tuple[float, float], context: Context) -> NamePrior | None:
        """What the thing is called that is pointed at, unless the words or the last thought say so already."""
        said = context.doing.startswith(_PICKING) or self._sight is None or self._sight.names_thing(context.instruction)
        if said or self._sight is None or self._naming is None:
            return None
        return self._naming.prior(self._sight.around(self._first_camera(seen), *place))

    def _objection(self, seen: Seen, observation: Observation, context: Context) -> str:
        """What is seen at rest goes before what would be guessed: it is fed in the thought's place."""
        if self._sight is None:
            return ""
        return self._sight.objection(self._first_camera(seen), observation.state, context.instruction)

    def _pointed(
        self, seen: Seen, observation: Observation, context: Context, forced: str
    ) -> tuple[float, float] | None:
        """What the pointer says of row and column: of the instruction, or of what a person dictated instead."""
        model, middle = self._model, seen.reading.middle
        if model.pointer is None or middle is None:
            return None
        dictated = _dictated(forced, context.instruction)
        if dictated:
            prompt = self._prompter.prompt(Context(instruction=dictated), observation.state)
            middle = self._engine.middle(seen.looked.tokens, prompt)
        return model.pointer.place(middle[: model.sizes.grid**2])

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
        confidence = _confidence(draft.chances)
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


def _on_errand(request: ThinkRequest) -> ThinkRequest:
    if not request.context.going.errand:
        return request
    return msgspec.structs.replace(request, context=_errand_of(request.context))


def _errand_of(context: Context) -> Context:
    """The errand under way in the place of the chore: which thing, and where it goes, was settled when it began."""
    return Context(instruction=context.going.errand, doing=context.doing)


def _confidence(chances: Sequence[float]) -> float:
    """Geometric mean of the probabilities of tokens, from their logarithms."""
    return float(np.exp(sum(chances) / max(len(chances), 1)))


def _dictated(forced: str, instruction: str) -> str:
    """The subtask that a person named, or the errand behind their reason where the instruction names another place."""
    subtask, goes = _SUBTASK.search(forced), _GOES.search(forced)
    if subtask:
        return subtask["subtask"]
    if goes is None or goes["place"].partition(" the ")[2] in instruction:
        return ""
    return f"put {goes['thing']} {goes['place']}"
