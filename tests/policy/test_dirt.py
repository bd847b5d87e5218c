"""Where a dish goes when words leave it open."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from tiny import write_tokenizer

from policy.model.dirt import Dirt
from policy.model.scene import SceneHead, Sight

NAMES = ("red cup", "blue cup")
SAID = "reason: the {} is on the counter and goes in the"


@pytest.mark.parametrize(("thing", "words", "added"), [
    pytest.param("red cup", 0.0, 3.0, id="dirty"),
    pytest.param("blue cup", 0.0, -5.0, id="clean, and no more than so much"),
    pytest.param("red cup", -4.0, 3.0, id="words doubt"),
    pytest.param("red cup", -9.0, 0.0, id="words know"),
    pytest.param("green cup", 0.0, 0.0, id="no such thing"),
])  # fmt: skip
def test_dirt_speaks_for_the_sink_when_words_leave_it_open(
    tmp_path: Path, thing: str, words: float, added: float
) -> None:
    tokenizer, head = write_tokenizer(tmp_path), SceneHead(8, len(NAMES))
    head.dirt = lambda tokens: torch.tensor([2.0, -9.0])  # type: ignore[method-assign]
    prior = Dirt(tokenizer, Sight(head, NAMES, np.zeros(14))).prior(torch.zeros(16, 8))
    sink, drying = (tokenizer.encode(word)[0] for word in ("sink", "drying"))
    logits = torch.zeros(len(tokenizer))
    logits[sink] = words
    prior.add(logits, tokenizer.encode(SAID.format(thing)))
    assert logits[sink] == words + added and logits[drying] == 0


def test_dirt_says_nothing_when_no_place_is_to_be_named(tmp_path: Path) -> None:
    tokenizer, head = write_tokenizer(tmp_path), SceneHead(8, len(NAMES))
    prior = Dirt(tokenizer, Sight(head, NAMES, np.zeros(14))).prior(torch.zeros(16, 8))
    logits = torch.zeros(len(tokenizer))
    prior.add(logits, tokenizer.encode("reason: the red cup is on the"))
    assert not logits.any()


def test_dirt_is_read_where_a_thing_is_likeliest(monkeypatch: pytest.MonkeyPatch) -> None:
    head = SceneHead(8, len(NAMES))
    out = torch.zeros(4, len(NAMES) * 4)
    out[2, 0], out[2, 3], out[1, 4], out[1, 7] = 5.0, 1.5, 5.0, -2.5
    monkeypatch.setattr(SceneHead, "_all", lambda self, tokens: out.reshape(4, len(NAMES), 4))
    assert head.dirt(torch.zeros(4, 8)).tolist() == [1.5, -2.5]


@pytest.mark.parametrize(("instruction", "decides"), [
    ("wash up", True), ("Do the dishes, please", True), ("clear the counter", False), ("put everything away", False),
])  # fmt: skip
def test_dirt_decides_when_dishes_are_washed_up(tmp_path: Path, instruction: str, decides: bool) -> None:
    sight = Sight(SceneHead(8, len(NAMES)), NAMES, np.zeros(14))
    assert Dirt(write_tokenizer(tmp_path), sight).decides(instruction) == decides
