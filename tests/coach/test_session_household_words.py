"""What a household says beside plain tasks: rules for a while, spots beside places, what is let be, thanks."""

from __future__ import annotations

import pytest
from bridge_stand_in import SINK_THOUGHT
from test_session_rule_words import told
from test_session_system import Bench, bench  # noqa: F401 - a fixture

from coach.session.rules_in_force import place_of, rules_now
from coach.session.system import System


def idle(bench: Bench, *words: str) -> tuple[System, list[str]]:  # noqa: F811
    """Say it all to a fresh robot; the answers."""
    system = bench.open()
    for number, one in enumerate(words, 1):
        system.submit(one)
        bench.wait_for_reply(number)
    return system, [reply.said for reply in bench.replies]


def holding(system: System) -> list[str]:
    return [rule.text for rule in system._store.rules.holding()]


def test_rule_is_asked_about_when_always_stands_behind_it(bench: Bench) -> None:  # noqa: F811
    system, answers = idle(bench, "cups go in the drying rack", "cups go in the dishwasher, always")
    assert 'Before, I was told "cups go in the drying rack"' in answers[1]
    assert holding(system) == ["cups go in the drying rack"]
    system.close()


@pytest.mark.parametrize("words", ["today cups go in the bin", "cups go in the bin until tonight",
                                   "cups go in the bin this week", "cups go in the bin until Friday"])  # fmt: skip
def test_rule_for_a_while_holds_for_the_next_task_and_says_so(bench: Bench, words: str) -> None:  # noqa: F811
    system, (answer,) = idle(bench, words)
    assert answer == f"For the next task only: {words}." and not holding(system)
    [rule] = rules_now(system._store, "")
    assert (rule.subject, place_of(rule.text)) == ("place of cup", "bin")
    system.close()


@pytest.mark.parametrize("where", ["next to", "beside", "near", "behind", "in front of", "under"])
def test_place_is_asked_for_when_it_is_only_beside_one(bench: Bench, where: str) -> None:  # noqa: F811
    system, (answer,) = told(bench, f"no, put it {where} the bin")
    assert answer.startswith(f"I cannot reach a spot {where} the bin here; where should the red cup go")
    assert bench.bridge.kinds() == ["task"]
    system.close()


def test_rule_beside_a_place_puts_nothing_there(bench: Bench) -> None:  # noqa: F811
    system, answers = idle(bench, "never put towels in the sink", "towels go next to the sink", "put the towel away")
    assert answers[1] == "I will keep to that: towels go next to the sink."
    assert answers[2].startswith("Where shall I put the towel?") or "Where should the towel go" in answers[2]
    assert bench.bridge.kinds() == []
    system.close()


@pytest.mark.parametrize("words", ["leave that one where it is", "leave it where it is", "leave it there"])
def test_arms_hold_and_ask_when_the_thing_is_to_be_left(bench: Bench, words: str) -> None:  # noqa: F811
    system, answers = told(bench, words, "the sponge")
    assert answers[0] == "I have let go of that idea. What shall I do instead?" and not holding(system)
    assert bench.bridge.kinds() == ["task", "pause", "correction"]
    assert bench.bridge.interventions[-1].instruction == "put the sponge in the sink"
    system.close()


def test_thing_named_first_is_taken_next_in_a_chore(bench: Bench) -> None:  # noqa: F811
    system = bench.open()
    system.submit("clear the counter")
    bench.wait_for_reply()
    bench.bridge.state["thought"] = SINK_THOUGHT
    system.submit("do the sponge first")
    assert bench.wait_for_reply(2).forced.endswith("subtask: pick up the sponge\n")
    assert bench.bridge.kinds() == ["task", "correction"]
    system.close()


def test_rule_is_forgotten_when_it_is_the_only_one_meant(bench: Bench) -> None:  # noqa: F811
    system, answers = idle(bench, "cups go in the drying rack", "that rule no longer holds")
    assert answers[1] == "I have forgotten: cups go in the drying rack." and not holding(system)
    assert bench.bridge.kinds() == [], "no stop"
    system.close()


def test_person_is_asked_which_rule_when_several_may_be_meant(bench: Bench) -> None:  # noqa: F811
    system, answers = idle(bench, "cups go in the drying rack", "never put cups in the bin", "forget that rule",
                           "forget the rule about cups", "forget the rule about the bin")  # fmt: skip
    assert answers[2] == answers[3]
    assert 'Which rule do you mean: "never put cups in the bin" or "cups go in the drying rack"?' in answers[3]
    assert answers[4] == "I have forgotten: never put cups in the bin."
    assert holding(system) == ["cups go in the drying rack"]
    system.close()


def test_plural_after_no_is_a_rule_and_moves_what_is_in_hand(bench: Bench) -> None:  # noqa: F811
    system, (answer,) = told(bench, "No, cups go in the bin")
    assert holding(system) == ["cups go in the bin"] and answer.startswith("I will keep to that: cups go in the bin.")
    assert bench.bridge.interventions[-1].instruction == "put the red cup in the bin"
    system.close()


@pytest.mark.parametrize(("words", "kind"), [("no wait", "stop"), ("wait, stop", "stop"), ("no wait a moment", "pause"),
                                             ("no, wait a second", "pause")])  # fmt: skip
def test_arms_hold_when_no_leads_to_a_wait(bench: Bench, words: str, kind: str) -> None:  # noqa: F811
    system, _ = told(bench, words)
    assert bench.bridge.kinds() == ["task", kind]
    system.close()


def test_arms_are_not_stopped_when_no_wait_leads_to_a_correction(bench: Bench) -> None:  # noqa: F811
    system, _ = told(bench, "no wait, not the sink, I meant the rack")
    assert bench.bridge.kinds() == ["task", "correction"]
    assert bench.bridge.interventions[-1].instruction == "put the red cup in the drying rack"
    system.close()


def test_thanks_are_all_when_nothing_was_done_that_could_be_praised(bench: Bench) -> None:  # noqa: F811
    system, (answer,) = idle(bench, "good job")
    assert answer == "Thank you. Tell me when there is something to do."
    system.close()


def test_praise_is_remembered_when_there_is_a_task(bench: Bench) -> None:  # noqa: F811
    system, (answer,) = told(bench, "good job")
    assert answer == "Thank you, I will remember that this was right."
    system.close()


def test_pace_is_the_usual_one_again_when_asked_for(bench: Bench) -> None:  # noqa: F811
    system, answers = told(bench, "slower", "back to normal speed")
    assert answers[1] == "I work at my usual pace again."
    assert [one.pace for one in bench.bridge.interventions[1:]] == [pytest.approx(0.7), 1.0]
    system.close()


def test_it_is_the_thing_when_the_hand_was_spoken_of_before(bench: Bench) -> None:  # noqa: F811
    system, answers = told(bench, "the other hand", "no, put it in the drying rack")
    assert answers[0].startswith("I take the hand that reaches the place") and "hand" not in answers[1]
    assert bench.bridge.interventions[-1].instruction == "put the red cup in the drying rack"
    system.close()
