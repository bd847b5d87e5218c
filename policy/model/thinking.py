"""Writes thoughts: what is seen before what is guessed, chores errand by errand, and a second look at names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
from torch import Tensor

from policy.interface import OnToken
from policy.model.dirt import Dirt
from policy.model.dirt_notes import DirtNotes
from policy.model.engine import Engine
from policy.model.errand_end import holds_on, is_over
from policy.model.memo import Seen
from policy.model.naming import Naming
from policy.model.open_hands import OpenHands
from policy.model.pointer import place_prior
from policy.model.prompting import Prompter
from policy.model.scene import Sight, is_washing_up
from policy.model.second_look import SecondLook
from policy.model.seeing import Seeing
from policy.model.thoughtful_pi0 import ThoughtfulPI0
from policy.model.writing import Draft, Prior, Writer
from robot_bridge.protocol.messages import ActRequest, Context, Observation, ThinkRequest
from robot_bridge.protocol.thought import Thought, errand_of

_PICKING = "pick up"
_NOTHING = Thought(reason="nothing is in the right hand", subtask="done")
_SURE = 0.985  # confidence of a thought that all is done which stands at once; a third of the right ones have less
_PLAINLY = 2.0  # log odds of dirt; beside a hand that picks it up 11 % of clean plates look dirty, 1 % plainly so
_PLAIN = re.compile(r"(?:put the (?:\w+ )?\w+ (?:in|on) the (?:\w+ )?\w+|pick up the (?:\w+ )?\w+)(?:\n.*)*")
_SUBTASK = re.compile(r"^subtask: *(?P<subtask>\S.*)$", re.MULTILINE)
_WAITS = re.compile(r"(?P<opening>reason: (?:.*, )?the (?P<thing>\w+ \w+) is on the counter and goes) (?:in|on) the ")
_GOES = re.compile(r"^reason: (?:.*, )?(?P<thing>the .+?) is .+? and goes (?P<place>(?:in|on) the .+)$", re.MULTILINE)


class Thinking:
    """Args:
    sight: says when the thing that was asked for is not there, or there twice, and what things are called.
    hands: say when one of them holds nothing.
    """

    def __init__(self, model: ThoughtfulPI0, prompter: Prompter, engine: Engine, writer: Writer, seeing: Seeing,
                 sight: Sight | None, hands: OpenHands | None = None) -> None:  # fmt: skip
        self._model, self._prompter, self._engine, self._writer = model, prompter, engine, writer
        self._seeing, self._sight, self._hands = seeing, sight, hands
        self._naming = Naming(prompter.tokenizer, sight.names) if sight is not None else None
        self._second_look = SecondLook(sight) if sight is not None else None
        self._dirt = Dirt(prompter.tokenizer, sight) if sight is not None else None
        self._dirt_notes = DirtNotes(prompter.tokenizer, sight) if sight is not None else None

    def write(self, requests: Sequence[ThinkRequest], on_tokens: Sequence[OnToken | None]) -> list[Draft]:
        """Thoughts of several robots. The errand under way is thought about in plain words, however it was asked for.
        Where the instruction names no thing, tokens are told once the thought stands."""
        chores = [row for row, r in enumerate(requests) if not r.forced and self._is_chore(r.context)]
        telling = [None if row in chores else on_token for row, on_token in enumerate(on_tokens)]
        under = [r if r.forced else msgspec.structs.replace(r, context=self._settled(r.context)) for r in requests]
        drafts = self._drafts(under, telling)
        for row in chores:
            drafts[row] = self._soiled(requests[row], under[row].context, drafts[row])
        ended = [row for row in chores if self._errand_ends(requests[row], drafts[row])]
        anew = self._drafts([requests[row] for row in ended], [None] * len(ended))
        for row, draft in zip(ended, anew, strict=True):
            drafts[row] = self._turned(requests[row], drafts[row], draft)
        for row in chores:
            self._tell(drafts[row], on_tokens[row])
        return drafts

    def _errand_ends(self, request: ThinkRequest, draft: Draft) -> bool:
        """Whether the errand under way is over, by its own thought or although that goes on."""
        text = self._prompter.tokenizer.decode(draft.tokens)
        return bool(request.context.going.errand) and (self._ends(draft) or is_over(text, request, self._hands))

    def _turned(self, request: ThinkRequest, ended: Draft, draft: Draft) -> Draft:
        """The thought that follows an errand; about another thing, or none, where it holds on to the one that is put
        away."""
        assert self._second_look is not None
        before, text = (self._prompter.tokenizer.decode(one.tokens) for one in (ended, draft))
        name = self._second_look.thing_of(before)
        if not name or self._second_look.thing_of(text) != name or not holds_on(text, request, self._hands):
            return draft
        (seen,) = self._seeing.see([request.observation], [request.context])
        others = [other for other in self._standing(seen, request) if other != name]
        other = next((other for _, other in self._waiting(seen, request, draft, others)), None)
        return other or self._anew(seen, request, draft, str(_NOTHING))

    def acted_under(self, request: ActRequest) -> Context:
        """The words under which the thought was written."""
        context = request.context
        return self._settled(context) if request.thought.errand == context.going.errand else context

    def _settled(self, context: Context) -> Context:
        """The errand under way in the place of a chore, or of words that are less plain: which thing, and where it
        goes, was settled when it began."""
        errand = context.going.errand
        if not errand or self._sight is None:
            return context
        if not self._is_chore(context):
            words = context.instruction
            if _PLAIN.fullmatch(words) or not self._sight.fits(words, errand):
                return context
        return Context(instruction=errand, doing=context.doing)

    def _drafts(self, requests: Sequence[ThinkRequest], on_tokens: Sequence[OnToken | None]) -> list[Draft]:
        """One thought each under the words as they are; where those name no thing, with a second look at the name."""
        if not requests:
            return []
        seen = self._seeing.see([r.observation for r in requests], [r.context for r in requests])
        drafts = [self._begin(*one) for one in zip(seen, requests, on_tokens, strict=True)]
        self._writer.write([s.reading for s in seen], drafts)
        return [self._look_again(s, r, draft) if not r.forced and self._is_chore(r.context) else draft
                for s, r, draft in zip(seen, requests, drafts, strict=True)]  # fmt: skip

    def _soiled(self, request: ThinkRequest, settled: Context, draft: Draft) -> Draft:
        """The thought; about a dirty dish that waits, the one that the chore calls for: it may have been clean when it
        was settled where it goes, and has been dropped since.

        Args:
            settled: the words under which the thought was written.
        """
        context, waits = request.context, _WAITS.match(self._prompter.tokenizer.decode(draft.tokens))
        asked = settled == context or context.going.errand in context.told or is_washing_up(context.instruction)
        if asked or waits is None or self._sight is None:  # in washing up dirt has decided
            return draft
        (seen,) = self._seeing.see([request.observation], [settled])
        if not self._sight.looks_dirty(self._first_camera(seen), waits["thing"], _PLAINLY):
            return draft
        (seen,) = self._seeing.see([request.observation], [context])
        other = self._anew(seen, request, draft, waits["opening"])
        before, after = (errand_of(self._prompter.tokenizer.decode(one.tokens)) for one in (draft, other))
        return draft if after == before else other

    def _is_chore(self, context: Context) -> bool:
        """Whether the instruction leaves to the thought which thing it is about."""
        return self._second_look is not None and self._second_look.needed(context.instruction)

    def _ends(self, draft: Draft) -> bool:
        """Whether the work is over for now: it is done, or a person must help."""
        subtask = _SUBTASK.search(self._prompter.tokenizer.decode(draft.tokens))
        return subtask is None or Thought(subtask=subtask["subtask"]).rests

    def _first_camera(self, seen: Seen) -> Tensor:
        """What the scene head reads, Tensor[patches, width]."""
        return seen.looked.scene[: self._model.sizes.grid**2]

    def _tell(self, draft: Draft, on_token: OnToken | None) -> None:
        if on_token is not None:
            for index, token in enumerate(draft.tokens):
                on_token(index, self._prompter.tokenizer.piece(token))

    def _look_again(self, seen: Seen, request: ThinkRequest, draft: Draft) -> Draft:
        """The thought, written anew behind its thing's right name where it has another one, first in its reason, then
        in its subtask."""
        tokenizer, tokens, context = self._prompter.tokenizer, self._first_camera(seen), request.context
        assert self._second_look is not None
        doubtful = confidence_of(draft.chances) < _SURE and self._ends(draft)
        pointed = self._pointed(seen, request.observation, context, "") if doubtful else None
        draft = self._another(seen, request, draft)
        for _ in range(2):
            opening = self._second_look.opening(tokenizer.decode(draft.tokens), context.doing, tokens, pointed)
            if not opening:
                break
            draft = self._anew(seen, request, draft, opening)
        return self._left_standing(seen, request, draft)

    def _left_standing(self, seen: Seen, request: ThinkRequest, draft: Draft) -> Draft:
        """The thought; where it says that all is done, one about what still stands there: what was left for later,
        because it did not come off, comes last and is tried once more, and then a person must help."""
        tokenizer, going = self._prompter.tokenizer, request.context.going
        assert self._second_look is not None
        if not self._second_look.says_done(tokenizer.decode(draft.tokens)):
            return draft
        standing = sorted(self._standing(seen, request), key=lambda name: name in going.aside)
        name, other = next(self._waiting(seen, request, draft, standing), ("", draft))
        if name not in going.twice:
            return other
        help_me = Thought(reason=f"the {name} is on the counter", subtask="ask for help")
        return self._anew(seen, request, draft, str(help_me))

    def _standing(self, seen: Seen, request: ThinkRequest) -> list[str]:
        """Names of what is clearly seen on the counter, the clearest first."""
        assert self._second_look is not None
        return self._second_look.standing(self._first_camera(seen), request.context.instruction)

    def _waiting(
        self, seen: Seen, request: ThinkRequest, draft: Draft, names: Sequence[str]
    ) -> Iterator[tuple[str, Draft]]:
        """Those of these things that stand on the counter and are to go elsewhere, each with a thought about it."""
        assert self._second_look is not None
        for name in names:
            other = self._anew(seen, request, draft, f"reason: the {name}")
            if self._second_look.waits(self._prompter.tokenizer.decode(other.tokens)):
                yield name, other

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
        others = [name for name in self._standing(seen, request) if name not in aside]
        return next((other for _, other in self._waiting(seen, request, draft, others)), draft)

    def _begin(self, seen: Seen, request: ThinkRequest, on_token: OnToken | None) -> Draft:
        observation, context = request.observation, request.context
        forced = request.forced or self._objection(seen, observation, context)
        fractions = self._pointed(seen, observation, context, forced)
        bins = self._prompter.tokenizer.locations
        places = [place_prior(f, bins).to(self._model.device) for f in fractions or ()]
        priors = () if forced or fractions is None else self._named(seen, fractions, context)
        if self._dirt is not None and self._is_chore(context) and self._dirt.decides(context.instruction):
            priors = (*priors, self._dirt.prior(self._first_camera(seen)))
        if self._dirt_notes is not None and self._is_chore(context):
            priors = (*priors, *self._dirt_notes.priors(context, self._first_camera(seen)))
        forced_tokens = self._prompter.tokenizer.encode(forced)
        return self._writer.begin(forced_tokens, places, seen.prompt, on_token, priors=priors)

    def _named(self, seen: Seen, place: tuple[float, float], context: Context) -> tuple[Prior, ...]:
        """What the thing is called that is pointed at, unless the words or the last thought say so already."""
        said = context.doing.startswith(_PICKING) or self._sight is None or self._sight.names_thing(context.instruction)
        if said or self._sight is None or self._naming is None:
            return ()
        prior = self._naming.prior(self._sight.around(self._first_camera(seen), *place))
        return () if prior is None else (prior,)

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


def confidence_of(chances: Sequence[float]) -> float:
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
