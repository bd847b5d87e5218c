"""Thoughts that end the work are believed only on a second look."""

from fake_bodies import ABSENT, EMPTY, FINISHED, PICKING, PLACING

from robot_bridge.judge import Judge
from robot_bridge.protocol.thought import Thought


def rulings(*texts: str) -> list[str]:
    judge = Judge(help_after=3)
    return [judge.rule(Thought.parse(text)).kind for text in texts]


def test_done_is_believed_when_it_comes_twice_in_a_row():
    assert rulings(PICKING, FINISHED, FINISHED) == ["go", "confirm", "done"]


def test_done_is_doubted_again_when_another_thought_comes_between():
    assert rulings(FINISHED, PLACING, FINISHED, FINISHED) == ["confirm", "go", "confirm", "done"]


def test_person_is_asked_when_a_question_comes_twice():
    judge = Judge(help_after=3)
    assert judge.rule(Thought.parse(ABSENT)).kind == "confirm"
    ruling = judge.rule(Thought.parse(ABSENT))
    assert (ruling.kind, ruling.question) == ("ask", "there is no red cup in sight: please help")


def test_question_names_the_choice_when_two_match():
    which = "reason: there is a red cup and a blue cup in sight\nsubtask: ask which cup"
    judge = Judge(help_after=3)
    judge.rule(Thought.parse(which))
    assert judge.rule(Thought.parse(which)).question == "there is a red cup and a blue cup in sight: which cup?"


def test_help_is_asked_when_the_hand_was_empty_three_times():
    assert rulings(EMPTY, PICKING, EMPTY, PLACING, EMPTY) == ["go", "go", "go", "go", "ask"]


def test_one_empty_hand_counts_once_when_thought_repeatedly():
    assert rulings(EMPTY, EMPTY, EMPTY, EMPTY, EMPTY) == ["go"] * 5
