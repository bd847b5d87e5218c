"""Standing wishes in a talk: agreed to, due, refused, put off, done early; rules, check-ins; on real sockets."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from routine_bench import CUP, Bench, open_bench

from coach.interpreter import interpret
from coach.session import due_runs
from coach.session.session import Session
from robot_bridge.client import BridgeClient

PARAGRAPH = (
    "from now on you do the chores: dinner ready at 6, laundry on Tuesdays, clean the house on Thursdays, "
    "I leave for work at 7, and check in with me every Monday about the shopping"
)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with open_bench(tmp_path) as opened:
        yield opened


def test_nothing_is_armed_before_the_person_agrees_when_a_long_wish_is_told(bench: Bench) -> None:
    told = bench.say(PARAGRAPH)
    assert bench.store.routines.active() == []
    for part in ("day at 18:00: dinner.", "Tuesday at 9:00", "Thursday at 9:00", "Monday at 18:00", '"yes" or "no"'):
        assert part in told
    assert "Agreed" in bench.say("yes please")
    assert [r.title for r in bench.store.routines.active()] == [
        "dinner", "do the laundry", "clean the house", "check in about the shopping"
    ]  # fmt: skip
    (fact,) = bench.store.rules.holding()
    assert (fact.kind, fact.by) == ("fact", "Ada") and "leave for work at 7" in fact.text
    assert bench.bridge.interventions == []


def test_nothing_is_kept_when_the_person_says_no(bench: Bench) -> None:
    assert "nothing is kept" in bench.say(CUP, "no")
    assert bench.store.routines.active() == []
    assert "Agreed" not in bench.say("yes")


def test_agreement_waits_when_the_program_starts_again(bench: Bench) -> None:
    bench.say(CUP)
    with contextlib.closing(BridgeClient(bench.bridge.address)) as client:
        again = Session(bench.config, bench.store, client, interpret, bench.stop_line)
        assert "Agreed" in again.hear("yes").said


@pytest.mark.parametrize(("answer", "rrule"), [("every Friday", "FREQ=WEEKLY;BYDAY=FR"), ("only this one", "")])
def test_one_day_or_every_such_day_is_asked_when_it_is_open(bench: Bench, answer: str, rrule: str) -> None:
    assert "every Friday, or only this one?" in bench.say("take out the trash on Friday at 7pm")
    assert 'Say "yes" or "no"' in bench.say(answer)
    bench.say("yes")
    (routine,) = bench.store.routines.active()
    assert routine.rrule == rrule


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ("dinner at 25 o'clock", "no 25 o'clock"),
        ("clean the oven every February 30th", "never comes"),
        ("set the table on 2020-01-01 at 5", "is past"),
        ("frobnicate the wug every Tuesday", "do not know the chore"),
        ("wipe the counter every minute", "more often"),
    ],
)
def test_one_sentence_says_why_when_a_wish_cannot_be(bench: Bench, words: str, part: str) -> None:
    told = bench.say(words)
    assert part in told and "Nothing is kept of it" in told
    bench.say("yes")
    assert bench.store.routines.active() == []


def test_the_good_ones_are_offered_when_one_of_several_cannot_be(bench: Bench) -> None:
    told = bench.say(f"clean the oven every February 30th and {CUP}")
    assert "never comes" in told and "Every day at 7:00" in told
    bench.say("yes")
    assert [r.instruction for r in bench.store.routines.active()] == ["put the red cup in the sink"]


def test_due_run_is_announced_and_then_begun_when_nobody_objects(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.say("cups go in the dishwasher", CUP, "yes")
    bench.until_due()
    assert "It is time: put the red cup in the sink" in bench.look()
    assert bench.look() == "" and bench.bridge.interventions == []
    bench.ahead_s += due_runs.GRACE_S + 1
    assert "I will put the red cup in the sink" in bench.look()
    (sent,) = bench.bridge.interventions
    assert (sent.instruction, sent.notes) == ("put the red cup in the sink", ("cups go in the dishwasher",))
    bench.session.due_runs.finished(sent.id)
    assert bench.states == ["done"] and bench.look() == ""


@pytest.mark.parametrize("state", ["running", "takeover", "stopped"])
def test_due_run_waits_when_the_arms_are_not_free(bench: Bench, state: str) -> None:
    bench.say(CUP, "yes")
    bench.until_due()
    bench.bridge.state = {"state": state, "task_id": "t1", "instruction": "pick up the towel", "thought": None}
    assert bench.look() == "" and bench.states == ["waiting"]
    bench.bridge.state = {"state": "idle", "task_id": "", "instruction": "", "thought": None}
    assert "It is time" in bench.look()


@pytest.mark.parametrize(
    ("words", "state", "told"),
    [("not today", "refused", "leave out"), ("later", "waiting", "put off"), ("in 20 minutes", "waiting", "put off"),
     ("do it now", "started", "I will put the red cup in the sink")],
)  # fmt: skip
def test_word_decides_when_a_run_was_announced(bench: Bench, words: str, state: str, told: str) -> None:
    bench.say(CUP, "yes")
    bench.until_due()
    bench.look()
    assert told in bench.say(words)
    assert bench.states == [state] and bench.look() == ""
    if words == "later":
        bench.ahead_s += 3601
        assert "It is time" in bench.look()


def test_run_does_not_come_again_when_it_was_done_early(bench: Bench) -> None:
    bench.say("laundry every day at 23:59", "yes")
    assert "counts as done" in bench.say("the laundry is done already")
    assert bench.states == ["done"]
    due = bench.store.routines.runs()[0].due_utc
    bench.ahead_s = due + 5 - time.time()
    assert bench.look() == "" and bench.states == ["done"]


def test_person_is_asked_when_a_run_was_missed_while_off(bench: Bench) -> None:
    from dataclasses import replace

    bench.say(CUP, "yes")
    bench.store.routines.add(replace(bench.store.routines.active()[0], missed="ask"))
    bench.store.routines.remove(1, 1.0)
    bench.until_due()
    bench.ahead_s += 3600
    assert "was due" in bench.look() and bench.look() == ""
    assert "I will put the red cup in the sink" in bench.say("yes")
    assert bench.states == ["started"]


def test_check_in_reports_asks_and_keeps_the_answer_when_it_is_due(bench: Bench) -> None:
    bench.say("check in with me every day at 18:00 about the shopping", "yes", "laundry every day at 17:00", "yes",
              "the laundry is done")  # fmt: skip
    bench.until_due()
    asked = ""
    for _ in range(4):
        asked = asked or (said if "shopping" in (said := bench.look()) else "")
    assert "do the laundry" in asked and "what should I know?" in asked
    assert "I will remember: we need milk and bread" in bench.say("we need milk and bread")
    assert "we need milk and bread" in [rule.text for rule in bench.store.rules.holding()]


def test_contradiction_is_asked_about_when_a_later_rule_says_otherwise(bench: Bench) -> None:
    bench.say("mugs go on the top shelf")
    assert 'Before, I was told "mugs go on the top shelf"' in bench.say("mugs go in the cupboard")
    assert [rule.text for rule in bench.store.rules.holding()] == ["mugs go on the top shelf"]
    bench.say("yes")
    assert [rule.text for rule in bench.store.rules.holding()] == ["mugs go in the cupboard"]
    assert "mugs go in the cupboard" in bench.say("what are the rules?")
    assert "forgotten" in bench.say("forget the rule about mugs")
    assert bench.store.rules.holding() == []


@pytest.mark.parametrize("words", [
    "stop reminding me about the pills", "Don't remind me about the pills any more.", "cancel the pills reminder",
    "please delete my reminder about the pills", "no more reminders about the pills", "no more pills reminders",
    "forget the routine about the pills",
    "don't remind me about the pills every day any more",
])  # fmt: skip
def test_reminder_ends_when_it_is_called_off_in_words(bench: Bench, words: str) -> None:
    bench.say("remind me about the pills every day at 8", "yes")
    bench.say("laundry on Tuesdays at 10", "yes")
    assert "I have forgotten" in bench.say(words)
    assert [routine.title for routine in bench.store.routines.active()] == ["do the laundry"]
    assert bench.bridge.kinds() == []


def test_all_of_a_reminder_ends_when_it_has_several_hours(bench: Bench) -> None:
    bench.say("remind me to take my pills every day at 8 and 20", "yes")
    assert len(bench.store.routines.active()) == 2
    assert "I have forgotten" in bench.say("stop reminding me about the pills")
    assert not bench.store.routines.active()


def test_arms_stop_and_reminder_ends_when_words_say_stop_to_it(bench: Bench) -> None:
    bench.say("remind me about the pills every day at 8", "yes")
    said = bench.say("stop the pills reminder")
    assert "I have stopped" in said and "I have forgotten" in said
    assert bench.bridge.kinds() == ["stop"] and not bench.store.routines.active()


def test_nothing_ends_when_no_reminder_is_meant(bench: Bench) -> None:
    bench.say("laundry on Tuesdays at 10", "yes")
    assert "no single routine" in bench.say("stop reminding me about the pills")
    assert "no single routine" in bench.say("cancel the pills reminder")
    bench.say("don't put the cup there again")
    assert [routine.title for routine in bench.store.routines.active()] == ["do the laundry"]


def test_week_is_left_out_when_a_routine_is_skipped_by_word(bench: Bench) -> None:
    bench.say("laundry on Tuesdays at 10", "yes")
    assert "I leave out" in bench.say("skip the laundry next week")
    assert len(bench.store.routines.active()[0].except_days) == 7
    assert "do the laundry every Tuesday" in bench.say("which routines do you have?")


def test_stop_still_stops_when_an_agreement_is_open(bench: Bench) -> None:
    bench.say(CUP)
    assert "I have stopped" in bench.say("stop")
    assert bench.bridge.kinds() == ["stop"]


@pytest.mark.parametrize("words", ["mugs go on the top shelf", "we need milk and bread", "laundry on Tuesdays at 10"])
def test_answer_to_a_check_in_goes_the_normal_way_when_it_means_something_by_itself(bench: Bench, words: str) -> None:
    _check_in(bench)
    said = bench.say(words)
    assert "noted" not in said
    if "laundry" in words:
        assert "Agreed" in bench.say("yes")
    else:
        assert [rule.text for rule in bench.store.rules.holding()] == [words]


@pytest.mark.parametrize("words", ["nothing", "no", "no thanks", "nothing new", "not really"])
def test_nothing_is_kept_when_there_is_nothing_to_tell(bench: Bench, words: str) -> None:
    _check_in(bench)
    assert "Tell me whenever" in bench.say(words)
    assert bench.store.rules.holding() == []


def test_answer_is_kept_with_its_topic_when_it_means_nothing_by_itself(bench: Bench) -> None:
    _check_in(bench)
    bench.say("what are you doing?")
    assert "noted that about the shopping" in bench.say("milk, bread")
    assert [rule.text for rule in bench.store.rules.holding()] == ["about the shopping: milk, bread"]


def test_check_in_tells_of_tasks_rules_and_the_last_lesson_when_it_is_due(bench: Bench) -> None:
    for number, (what, outcome) in enumerate([("the red cup", "done"), ("the red cup", "done"), ("the towel", "failed"),
                                              ("the bowl", "left")]):  # fmt: skip
        task = f"pick up {what}"
        bench.store.end_episode(bench.store.begin_episode(f"t{number}", task, "h", "c", "kitchen", "Ada"), outcome)
    bench.say("mugs go on the top shelf")
    bench.bridge.work_on()
    bench.say("no, put it in the drying rack")
    bench.bridge.state = {"state": "idle", "task_id": "", "instruction": "", "thought": None}
    told = _check_in(bench)
    for part in ("So far I was through with 2 tasks: pick up the red cup (2 times).",
                 "I missed or failed 1 task: pick up the towel.",
                 'I was told 1 rule or fact: "mugs go on the top shelf" (Ada).',
                 'I learnt 1 lesson from Ada, the last of them "no, put it in the drying rack" (Ada).'):  # fmt: skip
        assert part in told


def _check_in(bench: Bench) -> str:
    bench.say("check in with me every day at 18:00 about the shopping", "yes")
    bench.until_due()
    told = bench.look()
    assert "what should I know?" in told
    return told
