"""What observations say under their words: looked at once, read once for each prompt, remembered for a while."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from policy.model.dirt_notes import for_words
from policy.model.engine import Engine
from policy.model.memo import Memo, Seen, key_of
from policy.model.prompting import Prompter
from policy.model.thoughtful_pi0 import Looked
from robot_bridge.protocol.messages import Context, Observation


class Seeing:
    """Args: device: of the model; sees_dirt: notes about dirt are followed by what sees it, and not read."""

    def __init__(self, engine: Engine, prompter: Prompter, device: torch.device, sees_dirt: bool = False) -> None:
        self._engine, self._prompter, self._device, self._sees_dirt = engine, prompter, device, sees_dirt
        self._memo = Memo()

    def forget(self) -> None:
        self._memo.clear()

    def see(self, observations: Sequence[Observation], contexts: Sequence[Context]) -> list[Seen]:
        """What each observation says under its context, from memory where it was read before."""
        contexts = [for_words(context) for context in contexts] if self._sees_dirt else contexts
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
        seen = self._engine.see(torch.cat(new).to(self._device)) if new else ((), ())
        fresh = map(Looked, *seen)
        return [next(fresh) if each is None else each for each in known]
