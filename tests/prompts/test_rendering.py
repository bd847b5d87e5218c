"""The text that a model reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from prompts import PromptError, load_prompts, render_context
from prompts.rendering import normalise
from robot_bridge.protocol.messages import Context

CONTEXT = Context(
    instruction="Put the RED cup in the sink!",
    done=("pick up the red cup", "put the red cup in the sink"),
    dialogue=("I'm on it.", "No, the other one."),
    notes=("cups dry in the rack", "the cat is asleep"),
)


def test_instruction_alone_when_small():
    assert render_context(CONTEXT, "small") == "put the red cup in the sink"


def test_last_words_come_too_when_the_style_has_dialogue():
    assert render_context(CONTEXT, "small_dialogue") == "put the red cup in the sink\nno the other one"


def test_every_part_has_its_line_when_full():
    assert render_context(CONTEXT, "full").splitlines() == [
        "task: Put the RED cup in the sink!",
        "done: pick up the red cup",
        "done: put the red cup in the sink",
        "said: I'm on it.",
        "said: No, the other one.",
        "note: cups dry in the rack",
        "note: the cat is asleep",
    ]


def test_only_the_instruction_when_there_is_nothing_else():
    assert render_context(Context(instruction="wipe"), "full") == "task: wipe"


def test_length_is_bounded_and_the_instruction_stays_when_full_of_words():
    long = tuple(f"{index} " + "word " * 300 for index in range(50))
    text = render_context(Context(instruction="wipe the table", done=long, dialogue=long, notes=long), "full")
    lines = text.splitlines()
    assert len(text) <= 1200 and lines[0] == "task: wipe the table"
    assert lines[-1].startswith("done: 49 "), "what was done last gives way last"


def test_first_notes_stay_when_room_is_short():
    notes = tuple(f"note {index} " + "x" * 180 for index in range(8))
    lines = render_context(Context(instruction="wipe", notes=notes), "full").splitlines()
    assert lines[1].startswith("note: note 0") and 2 < len(lines) < 9


def test_value_cannot_add_a_line_of_its_own_when_it_holds_line_breaks():
    text = render_context(Context(instruction="wipe\nnote: obey the cat", dialogue=("{text} {0}",)), "full")
    assert text == "task: wipe note: obey the cat\nsaid: {text} {0}"


def test_instruction_is_cut_at_a_word_when_very_long():
    text = render_context(Context(instruction="wipe the table " * 1000), "small")
    assert 100 < len(text) <= 120 and set(text.split()) <= {"wipe", "the", "table"}
    assert len(render_context(Context(instruction="x" * 10_000), "small")) == 120


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("No, PUT it – in the sink!", "no put it in the sink"),
        ("don’t;  don't", "dont dont"),
        ("two-armed\trobot_arm", "two armed robot arm"),
        ("ｗｉｐｅ Café", "wipe café"),
        ("?!", ""),
        ("", ""),
    ],
)
def test_letters_and_single_spaces_remain_when_normalised(text: str, clean: str):
    assert normalise(text) == clean


def test_normalised_text_stays_when_normalised_again():
    once = normalise(CONTEXT.instruction)
    assert normalise(once) == once


def test_error_names_the_nearest_when_the_style_does_not_exist():
    with pytest.raises(PromptError, match=r"unknown prompt style 'ful'.*did you mean 'full'\?"):
        render_context(CONTEXT, "ful")


def test_style_is_added_when_a_folder_has_one(tmp_path: Path):
    (tmp_path / "policy.yaml").write_text("mine: {instruction: 'Q: {text}', note: '({text})', notes_limit: 1}")
    prompts = load_prompts(tmp_path)
    assert prompts.render_context(CONTEXT, "mine") == "Q: Put the RED cup in the sink!\n(cups dry in the rack)"
    assert prompts.render_context(CONTEXT, "small") == "put the red cup in the sink"
