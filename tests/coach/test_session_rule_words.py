"""Rules told while the robot works: they name their thing or leave it to the one in hand, and they count at once."""

from __future__ import annotations

import pytest
from bridge_stand_in import SINK_THOUGHT
from test_session_system import Bench, bench  # noqa: F401 - a fixture

from coach.session.system import System

RACK = "cups always go in the drying rack"


def told(bench: Bench, *words: str) -> tuple[System, list[str]]:  # noqa: F811
    """Say it all while a red cup is on its way to the sink; the answers."""
    system = bench.open()
    system.submit("put the red cup in the sink")
    bench.wait_for_reply()
    bench.bridge.state["thought"] = SINK_THOUGHT
    for number, one in enumerate(words, 2):
        system.submit(one)
        bench.wait_for_reply(number)
    return system, [reply.said for reply in bench.replies[1:]]


def rules(system: System) -> list[tuple[str, str]]:
    return [(rule.text, rule.subject) for rule in system._store.rules.holding()]


@pytest.mark.parametrize("words", [
    "no, always put it in the drying rack", "No, put it in the drying rack from now on",
    "no, from now on put it in the drying rack", "always put it in the drying rack",
])  # fmt: skip
def test_rule_about_it_is_about_the_kind_in_hand_and_moves_it_now(bench: Bench, words: str) -> None:  # noqa: F811
    system, (answer,) = told(bench, words)
    assert rules(system) == [(RACK, "place of cup")]
    assert answer.startswith(f"I will keep to that: {RACK}.") and "put the red cup in the drying rack" in answer
    last = bench.bridge.interventions[-1]
    assert (last.kind, last.instruction) == ("correction", "put the red cup in the drying rack")
    system.close()


@pytest.mark.parametrize(
    "words", ["from now on, no", "From now on, never!", "from now on no, no", "from now on always"]
)
def test_rule_that_says_nothing_is_asked_about_and_not_kept(bench: Bench, words: str) -> None:  # noqa: F811
    system, (answer,) = told(bench, words)
    assert rules(system) == [] and answer.startswith("Which things do you mean?")
    assert [one.kind for one in bench.bridge.interventions] == ["task"]
    system.close()


def test_two_rules_of_one_sentence_are_both_kept(bench: Bench) -> None:  # noqa: F811
    system, _ = told(bench, "put the plate in the drying rack and the bowl in the bin from now on")
    assert sorted(rules(system)) == [("from now on put the bowl in the bin", "place of bowl"),
                                     ("from now on put the plate in the drying rack", "place of plate")]  # fmt: skip
    system.close()


def test_rule_begins_without_the_objection_before_it(bench: Bench) -> None:  # noqa: F811
    system, _ = told(bench, f"no, {RACK}")
    assert rules(system) == [(RACK, "place of cup")]
    assert bench.bridge.interventions[-1].instruction == "put the red cup in the drying rack", "about what is in hand"
    system.close()


def test_rule_that_takes_anothers_place_counts_at_once_when_agreed_to(bench: Bench) -> None:  # noqa: F811
    system, answers = told(bench, f"no, {RACK}", "no, put it in the bin from now on", "yes")
    assert f'"{RACK}"' in answers[1] and answers[1].endswith('Say "yes" or "no".')
    assert rules(system) == [("cups always go in the bin", "place of cup")]
    assert bench.bridge.interventions[-1].instruction == "put the red cup in the bin"
    system.close()


def test_old_rule_and_task_stay_when_the_new_one_is_refused(bench: Bench) -> None:  # noqa: F811
    system, _ = told(bench, f"no, {RACK}", "no, put it in the bin from now on", "no")
    assert rules(system) == [(RACK, "place of cup")]
    assert bench.bridge.interventions[-1].instruction == "put the red cup in the drying rack"
    system.close()


def test_rule_about_what_never_goes_there_names_its_kind(bench: Bench) -> None:  # noqa: F811
    system, _ = told(bench, "never put it in the bin")
    assert rules(system) == [("cups never go in the bin", "no cup in bin")]
    system.close()


def test_person_is_asked_which_things_when_nothing_is_in_hand(bench: Bench) -> None:  # noqa: F811
    system = bench.open()
    system.submit("always put it in the bin")
    assert bench.wait_for_reply().said.startswith("Which things do you mean?") and rules(system) == []
    system.close()


@pytest.mark.parametrize("words", ["no, never put it in the sink", "no, cups never go in the sink"])
def test_robot_holds_and_asks_when_what_it_does_is_never_to_be_done(bench: Bench, words: str) -> None:  # noqa: F811
    system, (answer,) = told(bench, words)
    assert rules(system)[0][0] == "cups never go in the sink" and answer.endswith("What shall I do instead?")
    assert bench.bridge.interventions[-1].kind == "pause"
    system.close()


def test_one_correction_is_sent_when_the_objection_and_the_rule_are_said_together(bench: Bench) -> None:  # noqa: F811
    system, _ = told(bench, "no, not in the sink, always put it in the bin")
    assert bench.bridge.kinds() == ["task", "correction"]
    assert bench.bridge.interventions[-1].instruction == "put the red cup in the bin"
    system.close()


def test_it_is_what_was_named_just_before(bench: Bench) -> None:  # noqa: F811
    system, _ = told(bench, "pick up the blue towel and always put it in the bin")
    assert rules(system) == [("towels always go in the bin", "place of towel")]
    assert bench.bridge.interventions[-1].instruction == "pick up the blue towel", "the cup is left where it is"
    system.close()


@pytest.mark.parametrize("words", ["always put it there", "towels are special. always put it in the bin"])
def test_person_is_asked_which_things_when_the_words_do_not_say(bench: Bench, words: str) -> None:  # noqa: F811
    system, (answer,) = told(bench, words)
    assert answer.startswith("Which things do you mean?") and not rules(system)
    assert bench.bridge.kinds() == ["task"]
    system.close()


def test_lesson_has_the_words_of_the_rule_when_a_yes_made_it_count(bench: Bench) -> None:  # noqa: F811
    system, _ = told(bench, f"no, {RACK}", "no, put it in the bin from now on", "yes")
    assert system._store.corrections(1)[0].words == "no, put it in the bin from now on"
    system.close()
