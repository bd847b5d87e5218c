"""What a thing is called that the model points at, where the instruction does not say it.

"Clear the counter" names nothing: the thought has to find the words for what it has chosen. The scene head knows the
class of what stands under the pointed picture token better than the words do after little training, so that its
opinion is added where the first name of a thought is written. Where the model is sure of another name, it wins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from policy.model.tokenizer import ThoughtTokenizer

_AT = 2  # reason: the COLOUR KIND
_LEAST = -3.0  # log weight of a name that the scene head rules out
_SEEN = 0.3  # presence below which it says nothing


@dataclass(frozen=True)
class NamePrior:
    """Log weights of names.

    Args:
        classes: float32[colours, kinds], log presence, 0 for the likeliest.
        colours, kinds: their tokens.
    """

    classes: Tensor
    colours: Sequence[int]
    kinds: Sequence[int]

    def add(self, logits: Tensor, said: Sequence[int]) -> None:
        """Weigh the next token's scores, float32[vocabulary], changed in place, behind the tokens of a thought."""
        if len(said) == _AT:
            logits[list(self.colours)] += self.classes.amax(1).clamp(min=_LEAST)
        elif len(said) == _AT + 1 and said[_AT] in self.colours:
            row = self.classes[list(self.colours).index(said[_AT])]
            logits[list(self.kinds)] += (row - row.max()).clamp(min=_LEAST)


class Naming:
    """Makes priors for one checkpoint.

    Args:
        names: of the scene head's classes, in its order ("red cup").
    """

    def __init__(self, tokenizer: ThoughtTokenizer, names: Sequence[str]) -> None:
        self._names = tuple(names)
        colours, kinds = ([*dict.fromkeys(name.split()[i] for name in names)] for i in (0, 1))
        encoded = [[tokenizer.encode(word) for word in words] for words in (colours, kinds)]
        self._whole = all(len(tokens) == 1 for words in encoded for tokens in words)
        self._colours, self._kinds = ([tokens[0] for tokens in words] for words in encoded)
        self._row = {name: (colours.index(name.split()[0]), kinds.index(name.split()[1])) for name in names}

    def prior(self, presence: Tensor) -> NamePrior | None:
        """From float32[classes], how likely each class stands at the pointed place; None where nothing much does, or
        where the tokenizer takes names apart."""
        if not self._whole or float(presence.max()) < _SEEN:
            return None
        log = (presence.clamp(min=1e-6) / presence.max()).log()
        classes = torch.full((len(self._colours), len(self._kinds)), _LEAST, device=presence.device)
        for name, value in zip(self._names, log, strict=True):
            classes[self._row[name]] = value
        return NamePrior(classes, self._colours, self._kinds)
