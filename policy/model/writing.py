"""Writes thoughts under the grammar, always with the likeliest token, for one robot or several at once.

A pass of the model reads what is forced and a guess of what follows (`drafts.py`); the tokens are the same as without
guesses. Where the grammar leaves no choice the model is not asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Protocol

import torch
from torch import Tensor

from policy.model.drafts import Drafts
from policy.model.engine import Engine, Reading
from policy.model.grammar import State, ThoughtGrammar
from policy.model.tokenizer import ThoughtTokenizer

MAX_THOUGHT_TOKENS = 64

OnToken = Callable[[int, str], None]


class Prior(Protocol):
    """What is known better than the words know it."""

    def add(self, logits: Tensor, said: Sequence[int]) -> None:
        """Weigh the next token's scores, float32[vocabulary], changed in place, behind the tokens of a thought."""


@dataclass
class Draft:
    """A thought on its way.

    Args:
        tokens: forced and written so far; `unread`: how many of them, at the end, the model has not read.
        places: log weights that the pointer gives the first and the second location token of what is to be picked up,
            float32[bins] each; where something is to be put, the words know better.
        priors: of other words.
        written: tokens that were written here, the end included; chances: their log probabilities.
        guess: tokens that are read ahead, and may be wrong.
    """

    tokens: list[int]
    state: State
    places: Sequence[Tensor] = ()
    priors: Sequence[Prior] = ()
    prompt: Sequence[int] = ()
    on_token: OnToken | None = None
    longest: int = MAX_THOUGHT_TOKENS
    unread: int = 0
    written: list[int] = field(default_factory=list)
    chances: list[float] = field(default_factory=list)
    guess: list[int] = field(default_factory=list)
    done: bool = False

    @property
    def ahead(self) -> list[int]:
        """What the next pass reads."""
        if self.done:
            return []
        return [*self.tokens[len(self.tokens) - self.unread :], *self.guess]


class Writer:
    """For one engine and tokenizer.

    Args:
        guesses: whether to read ahead; the thoughts are the same without.
    """

    def __init__(
        self, engine: Engine, grammar: ThoughtGrammar, tokenizer: ThoughtTokenizer, guesses: bool = True
    ) -> None:
        self._engine, self._grammar, self._tokenizer = engine, grammar, tokenizer
        masks = grammar.masks_for(engine.vocabulary)
        self._penalties = torch.zeros(masks.shape).masked_fill(masks, -torch.inf).to(engine.vlm.like.device)
        self._drafts = Drafts() if guesses else None
        self._putting = (tokenizer.key("subtask"), tokenizer.encode("put")[0])

    def begin(self, forced: list[int], places: Sequence[Tensor], prompt: Sequence[int] = (),
              on_token: OnToken | None = None, longest: int = MAX_THOUGHT_TOKENS, priors: Sequence[Prior] = ()
              ) -> Draft:  # fmt: skip
        """A thought that opens with the forced tokens and is cut at `longest`."""
        draft = Draft([], self._grammar.start, places, priors, prompt, on_token, longest)
        for token in forced:
            self._add(draft, token)
        draft.done = len(draft.tokens) >= longest
        return draft

    @torch.no_grad()
    def write(self, readings: Sequence[Reading], drafts: Sequence[Draft]) -> None:
        """Go on with each draft behind its reading until it ends. A reading then holds what was read of its thought.

        Whatever `on_token` raises goes through, and leaves the readings whole.
        """
        for reading in readings:
            reading.rewind()
        kv = self._engine.beside(readings)
        outputs = [reading.hidden for reading in readings]
        while not all(draft.done for draft in drafts):
            for draft in drafts:
                self._look_ahead(draft)
            ahead = [draft.ahead for draft in drafts]
            if any(ahead):
                read = self._engine.extend(kv, ahead)
                outputs = [torch.cat([old[-1:], new[: len(row)]])
                           for old, new, row in zip(outputs, read, ahead, strict=True)]  # fmt: skip
            kept = self._judge(outputs, drafts)
            self._engine.keep(kv, kept, max(map(len, ahead)))
            if kv is readings[0].kv:
                readings[0].said += ahead[0][: kept[0]]
        if self._drafts is not None:
            for draft in drafts:
                self._drafts.learn(draft.tokens)

    def _look_ahead(self, draft: Draft) -> None:
        """Take what the grammar leaves no choice about, then guess."""
        draft.guess = []
        while not draft.done and draft.state.only is not None:
            self._take(draft, draft.state.only, 0.0)
        if draft.done or self._drafts is None:
            return
        state = draft.state
        for token in self._drafts.guess(draft.tokens, draft.prompt)[: draft.longest - len(draft.tokens) - 1]:
            if token not in state.allowed or token == self._tokenizer.eos:
                break
            draft.guess.append(token)
            state = state.after(token)

    def _judge(self, outputs: list[Tensor], drafts: Sequence[Draft]) -> list[int]:
        """Take the model's own next tokens as long as the guesses agree; how many of the tokens just read stay.

        Args:
            outputs: Tensor[n, width] for each draft, its last rows those of the last token taken and of the guess.
        """
        busy = [(draft, rows) for draft, rows in zip(drafts, outputs, strict=True) if not draft.done]
        if not busy:
            return [0] * len(drafts)
        hidden = torch.cat([rows[len(rows) - 1 - len(draft.guess) :] for draft, rows in busy])
        choices = iter(self._choices(hidden, [draft for draft, _ in busy]))
        return [0 if draft.done else self._agree(draft, [next(choices) for _ in range(len(draft.guess) + 1)])
                for draft in drafts]  # fmt: skip

    def _agree(self, draft: Draft, choices: list[tuple[int, float]]) -> int:
        """Take the chosen tokens up to the first that the guess had otherwise; how many tokens that were read stay."""
        guess, kept = draft.guess, draft.unread
        draft.guess, draft.unread = [], 0
        for number, (token, chance) in enumerate(choices):
            self._take(draft, token, chance)
            if draft.done or number == len(guess) or token != guess[number]:
                break
            draft.unread, kept = 0, kept + 1
        return kept

    def _choices(self, hidden: Tensor, drafts: Sequence[Draft]) -> list[tuple[int, float]]:
        """The likeliest token behind each output and its log probability."""
        states: list[State] = []
        logits = self._engine.logits(hidden)
        first = self._tokenizer.first_location
        for draft in drafts:
            state, said = draft.state, list(draft.tokens)
            for token in [*draft.guess, None]:
                for prior in draft.priors:
                    prior.add(logits[len(states)], said)
                if state.places is not None and state.places < len(draft.places) and not self._puts(said):
                    place = draft.places[state.places]
                    logits[len(states), first : first + len(place)] += place
                states.append(state)
                state = state.after(token) if token is not None else state
                said += [token] if token is not None else []
        logits += self._penalties[[state.row for state in states]]
        best, tokens = logits.max(-1)
        chances = best - logits.logsumexp(-1)
        return list(zip(tokens.tolist(), chances.tolist(), strict=True))

    def _puts(self, said: Sequence[int]) -> bool:
        return self._putting in pairwise(said)

    def _take(self, draft: Draft, token: int, chance: float) -> None:
        draft.written.append(token)
        draft.chances.append(chance)
        if token == self._tokenizer.eos:
            draft.done = True
            return
        self._add(draft, token)
        draft.done = len(draft.tokens) >= draft.longest

    def _add(self, draft: Draft, token: int) -> None:
        draft.tokens.append(token)
        draft.unread += 1
        draft.state = draft.state.after(token)
        if draft.on_token is not None:
            draft.on_token(len(draft.tokens) - 1, self._tokenizer.piece(token))
