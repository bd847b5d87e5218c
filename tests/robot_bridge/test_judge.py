"""Thoughts that end the work are believed only on a second look."""

from fake_policy import ABSENT, EMPTY, FINISHED, PICKING, PLACING

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


def test_help_is_asked_when_a_subtask_has_to_be_done_a_fourth_time():
    tries = [PICKING, PICKING, PLACING, PLACING] * 3
    assert rulings(*tries) == ["go"] * 12
    judge = Judge(help_after=3)
    for text in tries:
        judge.rule(Thought.parse(text))
    ruling = judge.rule(Thought.parse(PICKING))
    assert (ruling.kind, ruling.why) == ("ask", "tries")
    assert ruling.question == "I tried 3 times and have not managed to pick up the red cup: please help"
    assert judge.rule(Thought.parse(PICKING)).kind == "go"  # the person's word begins the count anew


def test_slip_of_the_eye_is_no_new_try_when_the_next_thought_is_the_old_one():
    assert rulings(*[PICKING, PLACING] * 6) == ["go"] * 12


def unsure(text: str, certainty: float | None) -> Thought:
    return Thought.parse(text, certainty=certainty)


def test_person_is_asked_when_the_model_is_unsure_twice_in_a_row():
    judge = Judge(help_after=3, ask_below=0.5)
    assert judge.rule(unsure(PICKING, 0.9)).kind == "go"
    assert judge.rule(unsure(PICKING, 0.4)).kind == "confirm"
    ruling = judge.rule(unsure(PICKING, 0.3))
    assert (ruling.kind, ruling.why, ruling.question) == (
        "ask",
        "unsure",
        "I am not sure: shall I pick up the red cup?",
    )


def test_doubt_is_dropped_when_the_second_look_is_sure_or_sees_something_else():
    judge = Judge(help_after=3, ask_below=0.5)
    seen = [(PICKING, 0.4), (PICKING, 0.6), (PLACING, 0.1), (PICKING, 0.1), (PICKING, None)]
    kinds = [judge.rule(unsure(*one)).kind for one in seen]
    assert kinds == ["confirm", "go", "confirm", "confirm", "go"]


def test_nobody_is_asked_twice_about_the_same_subtask_or_when_asking_is_off():
    settled = Judge(help_after=3, ask_below=0.5, settled=frozenset({"pick up the red cup"}))
    silent = Judge(help_after=3)
    for judge in (settled, silent):
        assert [judge.rule(unsure(PICKING, 0.01)).kind for _ in range(3)] == ["go"] * 3
