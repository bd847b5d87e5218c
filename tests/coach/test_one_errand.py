"""An errand in any order and any polite words; and what only sounds like one."""

import pytest

from coach.interpreter import interpret, resolve_all
from coach.interpreter.one_errand import one_errand


@pytest.mark.parametrize("said", [
    "hey would you look for the red cup and get it into the sink when you can",
    "use the sink for the red cup please",
    "the red cup needs to go to the sink next",
    "could you carry the red cup across to the sink for me",
    "be so kind and take the red cup from the counter over to the sink",
    "could you have the red cup placed in the sink",
    "I need you to fetch the red cup and lay it in the sink",
    "find the red cup and get it into the sink",
])  # fmt: skip
def test_one_thing_goes_to_one_place_however_it_is_said(said):
    steps = resolve_all(interpret(said).items, None)
    assert [step.instruction for step in steps] == ["put the red cup in the sink"]


@pytest.mark.parametrize("said", [
    "is the red cup in the sink",
    "the red cup is in the sink",
    "do not put the red cup in the sink",
    "never put the red cup in the sink",
    "why did you put the red cup in the sink",
    "leave the red cup in the sink",
    "put the red cup in the sink every day at six",
    "put the red cup and the plate in the sink",
    "put the red cup in the sink or the bin",
    "take the red cup from the sink",
    "put the cups in my mother's sink",
    "look for the red cup in the sink",
])  # fmt: skip
def test_more_than_an_errand_is_left_to_the_other_rules(said):
    assert one_errand(said) == []


def test_care_is_a_word_of_its_own():
    assert [item.kind for item in one_errand("carry the red cup to the sink gently")] == ["task", "nudge"]
