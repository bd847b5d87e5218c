"""A rule about dirty dishes is followed by what sees the dirt."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from tiny import write_tokenizer

from policy.model.dirt_notes import DirtNotes, for_words, place_for_dirt
from policy.model.scene import DISHES, SceneHead, Sight
from robot_bridge.arms.kitchen.tasks import Chores
from robot_bridge.arms.kitchen.wordings import NOTE_WORDINGS
from robot_bridge.protocol.messages import Context

NAMES = ("red cup", "blue cup", "red plate")
SAID = "reason: the {} is on the counter and goes in the"
DISHES_GO = "dirty dishes always go in the sink"


@pytest.mark.parametrize(("note", "meant"), [
    (DISHES_GO, (DISHES, "sink")), ("the drying rack is for dirty cups", ({"cup"}, "drying rack")),
    ("Put dirty plates and bowls in the bin", ({"plate", "bowl"}, "bin")),
    ("cups go in the sink", None), ("dirty dishes never go in the sink", None),
    ("dirty dishes in the sink and clean ones in the drying rack", None), ("dirty dishes wait on the counter", None),
    ("dirty towels go in the bin", None), ("the drying rack is used for cups", None), ("used dishes go in the sink",
     (DISHES, "sink")), ("dirty plates and towels go in the bin", None), ("dirty water goes in the sink", None),
    ("plates that are dirty go in the dishwasher", ({"plate"}, "dishwasher")),
])  # fmt: skip
def test_note_is_about_dirt_when_it_says_nothing_else(note: str, meant: tuple[frozenset[str], str] | None) -> None:
    assert place_for_dirt(note) == meant


@pytest.mark.parametrize("wording", NOTE_WORDINGS)
def test_every_wording_of_a_note_is_understood(wording: str) -> None:
    rules = Chores("clear", (("cup", "sink"),), dirty="bin").notes(wording)
    assert [place_for_dirt(note) for note in rules] == [None, (DISHES, "bin")]


def priors(tmp_path: Path, *notes: str) -> tuple[torch.Tensor, dict[str, int]]:
    """What the notes add behind each name, and the first tokens of places."""
    tokenizer, head = write_tokenizer(tmp_path), SceneHead(8, len(NAMES))
    head.dirt = lambda tokens: torch.tensor([2.0, -9.0, 7.0])  # type: ignore[method-assign]
    made = DirtNotes(tokenizer, Sight(head, NAMES, np.zeros(14)))
    rows = []
    for name in NAMES:
        logits = torch.zeros(len(tokenizer))
        logits[tokenizer.encode(" drying")[0]] = 3.0
        for prior in made.priors(Context(instruction="clear the counter", notes=notes), torch.zeros(16, 8)):
            prior.add(logits, tokenizer.encode(SAID.format(name)))
        rows.append(logits)
    return torch.stack(rows), {word: tokenizer.encode(f" {word}")[0] for word in ("sink", "bin")}


def test_dirty_dishes_go_where_the_note_says_and_clean_ones_where_the_words_say(tmp_path: Path) -> None:
    scores, first = priors(tmp_path, "cups go in the bin", DISHES_GO)
    assert scores[:, first["sink"]].tolist() == [5.0, 0.0, 8.0], "above what the words say, by 5 at most"


def test_note_holds_for_its_kinds_alone_and_the_narrower_one_before_it_does_not_fade(tmp_path: Path) -> None:
    scores, first = priors(tmp_path, "dirty cups go in the bin")
    assert scores[:, first["bin"]].tolist() == [5.0, 0.0, 0.0]
    scores, first = priors(tmp_path, "dirty cups go in the bin", DISHES_GO)
    assert scores[0].argmax() == first["bin"], "told first"
    assert scores[2].argmax() == first["sink"]


def test_nothing_is_added_when_there_is_no_such_note(tmp_path: Path) -> None:
    assert priors(tmp_path, "cups go in the bin")[0].count_nonzero() == len(NAMES)


def test_words_do_not_read_of_dirt() -> None:
    context = Context(instruction="clear the counter", notes=("cups go in the bin", DISHES_GO))
    assert for_words(context).notes == ("cups go in the bin",)
    plain = Context(instruction="clear the counter", notes=("cups go in the bin",))
    assert for_words(plain) is plain
