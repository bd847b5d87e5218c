"""Whatever is written under the grammar is a thought."""

import numpy as np
from tiny import THOUGHT, write_tokenizer

from policy.model.grammar import ThoughtGrammar
from robot_bridge.protocol.thought import Thought


def allowed_after(grammar: ThoughtGrammar, tokens: list[int]) -> list[int]:
    """Read off the masks, as the model is told."""
    return np.flatnonzero(~grammar.masks[grammar.walk(tokens).row].numpy()).tolist()


def test_random_writing_is_a_thought_when_it_comes_to_an_end(tmp_path):
    tokenizer = write_tokenizer(tmp_path)
    grammar = ThoughtGrammar(tokenizer, ("base", "left_wrist"))
    rng, ended = np.random.default_rng(0), 0
    for _ in range(60):
        tokens: list[int] = []
        while len(tokens) < 300:
            allowed = allowed_after(grammar, tokens)
            keys = [t for t in allowed if t < 10]  # keys and the end, or it would babble for long
            token = int(rng.choice(keys if keys and rng.random() < 0.3 else allowed))
            if token == tokenizer.eos:
                Thought.parse(tokenizer.decode(tokens))
                ended += 1
                break
            tokens.append(token)
    assert ended > 50


def test_every_token_of_a_right_thought_is_allowed(tmp_path):
    tokenizer = write_tokenizer(tmp_path)
    grammar = ThoughtGrammar(tokenizer, ("base",))
    tokens = [*tokenizer.encode(THOUGHT), tokenizer.eos]
    assert all(token in allowed_after(grammar, tokens[:i]) for i, token in enumerate(tokens))
    assert [grammar.walk(tokens[:end]).places for end in (5, -3, -2, -1)] == [None, 0, 1, 2]


def test_place_is_one_camera_and_two_locations(tmp_path):
    tokenizer = write_tokenizer(tmp_path)
    grammar = ThoughtGrammar(tokenizer, ("base",))
    whole = tokenizer.encode(THOUGHT)
    assert allowed_after(grammar, whole) == [tokenizer.eos]
    assert allowed_after(grammar, whole[:-3]) == tokenizer.encode("base")
