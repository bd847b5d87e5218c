"""The table of what is a stop and what is none, row by row."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from coach.interpreter import interpret
from coach.interpreter.normalise import sentences
from coach.interpreter.stop_readings import READINGS, Reading
from coach.interpreter.stops import decisions

LISTS = yaml.safe_load((Path(__file__).parent / "stop_sentences.yaml").read_text("utf-8"))


@pytest.mark.parametrize("said", LISTS["stop"])
def test_stop_is_heard_when_a_household_says_it_in_its_own_words(said: str) -> None:
    assert "stop" in [item.kind for item in interpret(said).items]


@pytest.mark.parametrize("said", LISTS["none"])
def test_no_stop_is_heard_when_the_word_means_something_else(said: str) -> None:
    assert "stop" not in [item.kind for item in interpret(said).items]


@pytest.mark.parametrize("row", READINGS, ids=[f"{row.why}: {row.example}" for row in READINGS])
def test_example_is_decided_by_its_own_row_when_it_is_read(row: Reading) -> None:
    (sentence,) = sentences(row.example)
    *_, (_, decided) = decisions(sentence)
    assert decided is row
    assert ("stop" in [item.kind for item in interpret(row.example).items]) is row.stops


@pytest.mark.parametrize("said", ["stop", "please stop that", "the plate is cracked stop", "what are you doing stop"])
def test_no_row_decides_when_the_word_is_a_plain_stop(said: str) -> None:
    ((_, decided),) = decisions(said)
    assert decided is None
    assert [item.kind for item in interpret(said).items] == ["stop"]
