"""What is said is heard as what it says: as the answer to a question, as a rule, as something that cannot be."""

from __future__ import annotations

import pytest
from bridge_stand_in import SINK_THOUGHT
from test_live import PLACING, POINT, shows
from test_session import Bench, bench  # noqa: F401 - a fixture

from coach.session.errand import Errand, forced_thought
from prompts import say
from robot_bridge.protocol.thought import Thought

RACK = Thought(reason="the red cup is on the counter and goes in the drying rack", subtask="pick up the red cup")


# The answer to the robot's own question


@pytest.mark.parametrize("words", ["it's a cup", "that's a cup", "a cup", "It is the cup one.", "it's a mug",
                                   "it is a blue cup"])  # fmt: skip
def test_thing_is_named_in_answer_when_the_robot_has_asked_what_it_is(bench: Bench, words: str) -> None:  # noqa: F811
    shows(bench, "blue")
    assert "What is the blue thing" in bench.session.hear("pick up this", where=POINT).said
    reply = bench.session.hear(words)
    assert reply.ok and "will pick up the blue cup" in reply.said
    assert bench.store.rules.holding() == []


def test_question_is_asked_again_when_the_thing_in_the_answer_is_none_that_is_known(bench: Bench) -> None:  # noqa: F811
    shows(bench, "blue")
    asked = bench.session.hear("pick up this", where=POINT).said
    assert bench.session.hear("it's a toaster").said == asked
    assert bench.store.rules.holding() == [] and bench.session.hear("it's a bowl").ok


def test_fact_is_kept_when_nothing_was_asked(bench: Bench) -> None:  # noqa: F811
    bench.session.hear("put the red cup in the sink")
    assert "remember" in bench.session.hear("it's a cup").said


# Colours that cannot be


def test_correction_is_refused_and_nothing_is_kept_when_its_colour_is_not_known(bench: Bench) -> None:  # noqa: F811
    bench.bridge.work_on()
    reply = bench.session.hear("no, the purple one")
    assert not reply.ok and "purple" in reply.said and "red, blue, green, yellow and white" in reply.said
    assert bench.store.count_corrections() == 0 and bench.bridge.interventions == []


@pytest.mark.parametrize("words", ["put the purple cup in the sink", "pick up the black sponge"])
def test_task_is_refused_when_its_colour_is_not_known(bench: Bench, words: str) -> None:  # noqa: F811
    reply = bench.session.hear(words)
    assert not reply.ok and "The colours that I know" in reply.said and bench.bridge.interventions == []


@pytest.mark.parametrize("words", ["the purple cup", "the fork"])
def test_later_task_is_refused_at_once_when_its_thing_is_not_known(bench: Bench, words: str) -> None:  # noqa: F811
    reply = bench.session.hear(f"put the red cup in the sink and then put {words} in the bin")
    assert not reply.ok and "know" in reply.said and bench.session.queue.tasks == ()


# A question about a rule


@pytest.mark.parametrize(("answer", "kinds", "instruction"), [
    ("for now, cups go in the bin", ["pause", "correction"], "put the red cup in the bin"),
    ("cups go in the trash for now", ["pause", "correction"], ""),
    ("put it in the bin now", ["pause", "pause"], ""),
    ("no, it always goes in the drying rack", ["pause", "resume"], ""),
])  # fmt: skip
def test_words_that_name_another_place_are_no_answer_about_the_rule(
    bench: Bench,  # noqa: F811
    answer: str,
    kinds: list,
    instruction: str,
) -> None:
    bench.session.hear("cups always go in the drying rack")
    bench.bridge.work_on("put the red cup in the drying rack", RACK)
    bench.session.hear("no, put it in the dishwasher")
    bench.session.hear(answer)
    assert bench.bridge.kinds() == kinds
    assert not instruction or bench.bridge.interventions[-1].instruction == instruction
    assert [rule.text for rule in bench.store.rules.holding()] == ["cups always go in the drying rack"]


def test_question_is_answered_as_one_when_another_about_a_rule_is_open(bench: Bench) -> None:  # noqa: F811
    bench.session.hear("cups always go in the drying rack")
    bench.bridge.work_on("put the red cup in the drying rack", RACK)
    bench.session.hear("no, put it in the dishwasher")
    bench.session.hear("what are you doing now?")
    assert bench.bridge.kinds() == ["pause"] and bench.store.count_corrections() == 0


# Thoughts that say no location


@pytest.mark.parametrize(("subtask", "hand", "at"), [
    ("put the red cup in the sink", "right", " in the right hand and goes in the dishwasher\n"),
    ("pick up the red cup", "left", " on the counter and goes in the dishwasher\n"), ("done", "", ""),
])  # fmt: skip
def test_lesson_copies_no_location_out_of_a_broken_thought(subtask: str, hand: str, at: str) -> None:
    broken = Thought(reason="the red cup is in the right hand, the drying rack and goes in the sink", subtask=subtask,
                     hand=hand)  # fmt: skip
    assert forced_thought(Errand("red cup", "in the dishwasher"), broken) == f"reason: the red cup is{at}"


@pytest.mark.parametrize("at", ["in the left hand", "on the counter", "in the drying rack", "in the sink"])
def test_lesson_says_where_the_thing_is_when_the_thought_does(at: str) -> None:
    thought = Thought(reason=f"the red cup is {at} and goes in the sink", subtask="put the red cup in the sink")
    assert (
        forced_thought(Errand("red cup", "in the bin"), thought) == f"reason: the red cup is {at} and goes in the bin\n"
    )


# What is thought already


def test_lesson_is_called_told_already_only_when_it_was(bench: Bench) -> None:  # noqa: F811
    task = bench.session.hear("put the red cup in the sink")
    bench.bridge.work_on(task_id=task.task_id)
    assert bench.session.hear("no, put it in the sink").said == say("correction_agreed")
    assert bench.session.hear("no, put it in the drying rack").correction_id
    bench.bridge.work_on("put the red cup in the drying rack", RACK, task_id=task.task_id)
    assert bench.session.hear("no, put it in the drying rack").said == say("correction_repeated")


@pytest.mark.parametrize("state", ["takeover", "holding", "stopped"])
def test_robot_does_not_claim_to_be_on_it_when_it_does_not_move(bench: Bench, state: str) -> None:  # noqa: F811
    bench.bridge.work_on(state=state)
    assert bench.session.hear("no, put it in the sink").said == say("correction_meant")


# Words that need a point


@pytest.mark.parametrize("words", ["pick up this one", "pick up this"])
def test_person_is_asked_to_click_when_words_show_and_nothing_was_shown(bench: Bench, words: str) -> None:  # noqa: F811
    bench.bridge.work_on(thought=PLACING)
    reply = bench.session.hear(words)
    assert reply.said == say("asks_to_point") and not reply.ok and bench.bridge.interventions == []


# Taking a rule back


def test_rule_is_taken_back_when_it_was_told_last(bench: Bench) -> None:  # noqa: F811
    bench.session.hear("cups always go in the drying rack")
    reply = bench.session.hear("undo that")
    assert reply.ok and reply.said == say("rule_forgotten", rule="cups always go in the drying rack")
    assert bench.store.rules.holding() == []


def test_rule_stays_when_something_else_was_said_since(bench: Bench) -> None:  # noqa: F811
    bench.session.hear("cups always go in the drying rack")
    bench.session.hear("hello")
    assert bench.session.hear("undo that").said == say("nothing_to_undo")
    assert len(bench.store.rules.holding()) == 1


def test_step_goes_back_with_the_rule_when_that_has_moved_the_thing_in_hand(bench: Bench) -> None:  # noqa: F811
    task = bench.session.hear("put the red cup in the sink")
    bench.bridge.work_on(task_id=task.task_id, thought=SINK_THOUGHT)
    taught = bench.session.hear("cups always go in the drying rack")
    assert bench.session.hear("undo that").ok
    assert bench.store.rules.holding() == [] and bench.bridge.kinds()[-1] == "undo"
    assert bench.store.correction(taught.correction_id).outcome == "undone"
