"""One thought as the model writes it under given words: what is seen goes before what would be guessed."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec
import numpy as np
from torch import Tensor

from policy.interface import OnToken
from policy.model.dirt import Dirt
from policy.model.dirt_notes import DirtNotes
from policy.model.engine import Engine
from policy.model.memo import Seen
from policy.model.naming import Naming
from policy.model.pointer import place_prior
from policy.model.prompting import Prompter
from policy.model.scene import Sight
from policy.model.seeing import Seeing
from policy.model.thoughtful_pi0 import ThoughtfulPI0
from policy.model.writing import Draft, Prior, Writer
from robot_bridge.protocol.messages import Context, Observation, ThinkRequest

_PICKING = "pick up"
SUBTASK = re.compile(r"^subtask: *(?P<subtask>\S.*)$", re.MULTILINE)
_GOES = re.compile(r"^reason: (?:.*, )?(?P<thing>the .+?) is .+? and goes (?P<place>(?:in|on) the .+)$", re.MULTILINE)


class Drafting:
    """Args:
    sight: says when the thing that was asked for is not there, or there twice, and what things are called.
    """

    def __init__(self, model: ThoughtfulPI0, prompter: Prompter, engine: Engine, writer: Writer, seeing: Seeing,
                 sight: Sight | None) -> None:  # fmt: skip
        self._model, self._prompter, self._engine, self._writer = model, prompter, engine, writer
        self._seeing, self._sight = seeing, sight
        self._naming = Naming(prompter.tokenizer, sight.names) if sight is not None else None
        self._dirt = Dirt(prompter.tokenizer, sight) if sight is not None else None
        self._dirt_notes = DirtNotes(prompter.tokenizer, sight) if sight is not None else None

    def text(self, draft: Draft) -> str:
        """The words of a thought so far."""
        return self._prompter.tokenizer.decode(draft.tokens)

    def see(self, observation: Observation, context: Context) -> Seen:
        """An observation under these words."""
        return self._seeing.see([observation], [context])[0]

    def write(self, requests: Sequence[ThinkRequest], on_tokens: Sequence[OnToken | None]
              ) -> list[tuple[Seen, Draft]]:  # fmt: skip
        """One thought each, all in one pass, with what was seen."""
        seen = self._seeing.see([r.observation for r in requests], [r.context for r in requests])
        drafts = [self.begin(*one) for one in zip(seen, requests, on_tokens, strict=True)]
        self._writer.write([s.reading for s in seen], drafts)
        return list(zip(seen, drafts, strict=True))

    def first_camera(self, seen: Seen) -> Tensor:
        """What the scene head reads, Tensor[patches, width]."""
        return seen.looked.scene[: self._model.sizes.grid**2]

    def tell(self, draft: Draft, on_token: OnToken | None) -> None:
        """Tell a whole thought, token by token."""
        if on_token is not None:
            for index, token in enumerate(draft.tokens):
                on_token(index, self._prompter.tokenizer.piece(token))

    def anew(self, seen: Seen, request: ThinkRequest, draft: Draft, opening: str) -> Draft:
        """The thought, written again behind this opening."""
        told, chances = self._prompter.tokenizer.encode(opening), draft.chances
        draft = self.begin(seen, msgspec.structs.replace(request, forced=opening), None)
        draft.written, draft.chances = [*told], [*chances, *[0.0] * len(told)][: len(told)]
        self._writer.write([seen.reading], [draft])
        return draft

    def begin(self, seen: Seen, request: ThinkRequest, on_token: OnToken | None) -> Draft:
        observation, context = request.observation, request.context
        forced = request.forced or self._objection(seen, observation, context)
        fractions = self.pointed(seen, observation, context, forced)
        bins = self._prompter.tokenizer.locations
        places = [place_prior(f, bins).to(self._model.device) for f in fractions or ()]
        priors = () if forced or fractions is None else self._named(seen, fractions, context)
        priors = (*priors, *self._dirty(seen, context))
        forced_tokens = self._prompter.tokenizer.encode(forced)
        return self._writer.begin(forced_tokens, places, seen.prompt, on_token, priors=priors)

    def _dirty(self, seen: Seen, context: Context) -> tuple[Prior, ...]:
        """Where dirt says that the dishes of a chore go."""
        if self._sight is None or self._dirt is None or self._dirt_notes is None:
            return ()
        if self._sight.names_thing(context.instruction):
            return ()
        tokens = self.first_camera(seen)
        washing = (self._dirt.prior(tokens),) if self._dirt.decides(context.instruction) else ()
        return (*washing, *self._dirt_notes.priors(context, tokens))

    def _named(self, seen: Seen, place: tuple[float, float], context: Context) -> tuple[Prior, ...]:
        """What the thing is called that is pointed at, unless the words or the last thought say so already."""
        said = context.doing.startswith(_PICKING) or self._sight is None or self._sight.names_thing(context.instruction)
        if said or self._sight is None or self._naming is None:
            return ()
        prior = self._naming.prior(self._sight.around(self.first_camera(seen), *place))
        return () if prior is None else (prior,)

    def _objection(self, seen: Seen, observation: Observation, context: Context) -> str:
        """What is seen at rest goes before what would be guessed: it is fed in the thought's place."""
        if self._sight is None:
            return ""
        return self._sight.objection(self.first_camera(seen), observation.state, context.instruction)

    def pointed(
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
    subtask, goes = SUBTASK.search(forced), _GOES.search(forced)
    if subtask:
        return subtask["subtask"]
    if goes is None or goes["place"].partition(" the ")[2] in instruction:
        return ""
    return f"put {goes['thing']} {goes['place']}"
