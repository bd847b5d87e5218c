"""Guesses how a thought goes on, from thoughts written before, so that the model can check many words at once.

What the model itself would write stays the measure: a guess is read in one pass, and counts as far as it agrees. A
robot at work writes nearly the same thought twice a second.

Source: prompt lookup decoding (the longest repeated ending), as in `transformers`' `prompt_lookup_num_tokens`; checking
a guess in one pass: arXiv 2211.17192, here with the likeliest token in place of sampling.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence


class Drafts:
    """Remembers the last thoughts.

    Args:
        remembered: how many thoughts.
        longest: tokens of a guess.
    """

    def __init__(self, remembered: int = 6, longest: int = 40) -> None:
        self._thoughts: deque[list[int]] = deque(maxlen=remembered)
        self._longest = longest

    def learn(self, thought: Sequence[int]) -> None:
        """Remember a thought, the newest last, each once."""
        tokens = list(thought)
        if tokens in self._thoughts:
            self._thoughts.remove(tokens)
        self._thoughts.append(tokens)

    def guess(self, tokens: Sequence[int], prompt: Sequence[int] = ()) -> list[int]:
        """Tokens that may follow: what followed the longest ending of `tokens` that was seen before, the newest where
        there are several; from the thoughts, else from the prompt's words."""
        best: list[int] = []
        length = 0
        for thought in reversed(self._thoughts):
            if thought[: len(tokens)] == tokens and len(thought) > len(tokens):
                return thought[len(tokens) :][: self._longest]
            at, shared = _ending(thought, tokens)
            if shared > length:
                best, length = thought[at:], shared
        if length < 1:
            at, shared = _ending(prompt, tokens)
            best = list(prompt[at:][:4]) if shared > 1 else []
        return best[: self._longest]


def _ending(text: Sequence[int], tokens: Sequence[int]) -> tuple[int, int]:
    """Where in a text the longest ending of `tokens` ends, with something behind it, and its length."""
    best, length = 0, 0
    for end in range(len(text) - 1, 0, -1):
        shared = 0
        while shared < min(end, len(tokens)) and text[end - 1 - shared] == tokens[-1 - shared]:
            shared += 1
        if shared > length:
            best, length = end, shared
    return best, length
