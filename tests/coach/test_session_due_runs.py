"""A run that was announced: refused, put off, held, interrupted, killed; on real sockets and a real store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from routine_bench import CUP, IDLE, Bench, open_bench

from coach.session import agreement, due_runs
from coach.session.run_talk import ASIDE_S, WAIT_S
from robot_bridge.protocol.errors import UnreachableError

GRACE = due_runs.GRACE_S + 1


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with open_bench(tmp_path) as opened:
        yield opened


@pytest.mark.parametrize("words", [
    "no", "no thank you", "nope", "not today", "please skip it today", "skip that", "I'd rather not", "never mind",
    "you don't have to", "another day", "we don't need it today", "no need", "skip the cup today",
    "don't put the red cup in the sink today", "I'll do it myself", "cancel it", "No, not today, thanks!",
])  # fmt: skip
def test_run_is_left_out_when_it_is_refused(bench: Bench, words: str) -> None:
    bench.announce()
    assert "leave out" in bench.say(words) or bench.bridge.kinds() == ["stop"]
    bench.bridge.state = dict(IDLE)
    bench.wait(GRACE)
    assert bench.states == ["refused"] and bench.look() == "" and bench.begun == []


@pytest.mark.parametrize(("words", "minutes"), [
    ("later", 60), ("do it later", 60), ("not right now", 60), ("not yet", 60), ("No, later please.", 60),
    ("ask me later", 60), ("in 20 minutes", 20), ("in half an hour", 30), ("postpone it for two hours", 120),
    ("this afternoon", 480), ("at 9 in the morning", 120), ("not before 8", 60), ("please wait until 8", 60),
])  # fmt: skip
def test_run_comes_again_when_it_is_put_off(bench: Bench, words: str, minutes: int) -> None:
    bench.announce()
    assert "put off" in bench.say(words)
    bench.wait(60 * minutes - 30)
    assert bench.look() == "" and bench.states == ["waiting"]
    bench.wait(60)
    assert "It is time" in bench.look() and bench.begun == []


@pytest.mark.parametrize(
    "words", ["tomorrow", "postpone it to tomorrow", "do it tomorrow morning", "not now, tomorrow"]
)
def test_next_run_takes_its_place_when_it_is_put_off_that_long(bench: Bench, words: str) -> None:
    bench.announce()
    assert "It comes again tomorrow at 7:00" in bench.say(words)
    assert bench.states == ["refused"]


def test_single_run_is_put_off_when_tomorrow_is_named(bench: Bench) -> None:
    bench.say(CUP, "yes")
    routine = bench.store.routines.active()[0]
    once = replace(routine, rrule="", start_local=f"{date.today() + timedelta(days=2)}T07:00:00")
    bench.store.routines.replace([routine.id], once, 1.0)
    bench.until_due()
    bench.look()
    assert "tomorrow at 7:00" in bench.say("tomorrow")
    bench.wait(86400)
    assert "It is time" in bench.look()


@pytest.mark.parametrize("words", ["yes", "go ahead", "do it now", "okay, go on", "sure"])
def test_run_begins_at_once_when_the_person_agrees(bench: Bench, words: str) -> None:
    bench.announce()
    assert "I will put the red cup in the sink" in bench.say(words)
    assert bench.states == ["started"] and bench.begun == ["put the red cup in the sink"]


@pytest.mark.parametrize("words", ["wait", "hold on", "wait a minute", "one moment please", "pause"])
def test_run_is_held_and_announced_again_when_the_person_says_wait(bench: Bench, words: str) -> None:
    bench.announce()
    assert "I wait with" in bench.say(words)
    bench.bridge.state = dict(IDLE)
    bench.wait(GRACE)
    assert bench.look() == "" and bench.begun == []
    bench.wait(WAIT_S)
    assert "It is time" in bench.look()


def test_run_is_held_when_the_pause_key_is_pressed(bench: Bench) -> None:
    bench.announce()
    assert "I wait with" in bench.session.act("pause").said
    assert bench.states == ["waiting"]


@pytest.mark.parametrize("words", ["stop", "stop!", "don't do it", "leave it"])
def test_stop_refuses_the_run_when_it_was_announced(bench: Bench, words: str) -> None:
    bench.announce()
    told = bench.say(words)
    assert "I have stopped" in told and "I leave out" in told
    bench.bridge.state = dict(IDLE)
    bench.wait(GRACE)
    assert bench.look() == "" and bench.states == ["refused"] and bench.begun == []


@pytest.mark.parametrize(("words", "state"), [("stop, do it later", "waiting"), ("stop, not today", "refused")])
def test_words_with_a_stop_decide_when_they_put_it_off(bench: Bench, words: str, state: str) -> None:
    bench.announce()
    assert "I have stopped" in bench.say(words)
    assert bench.states == [state] and bench.begun == []


def test_run_that_is_held_is_left_out_when_words_say_so_even_if_they_stop_the_arms(bench: Bench) -> None:
    bench.announce()
    bench.say("hold on", "never mind, skip it")
    assert bench.states == ["refused"] and bench.begun == []


def test_stop_key_refuses_the_run_when_it_was_announced(bench: Bench) -> None:
    bench.announce()
    assert "I leave out" in bench.session.stopped(bench.stop_line.pull()).said
    assert bench.states == ["refused"]


def test_run_is_refused_when_the_arms_were_stopped_elsewhere(bench: Bench) -> None:
    bench.announce()
    bench.bridge.state = IDLE | {"state": "stopped"}
    assert "I leave out" in bench.look() and bench.states == ["refused"]


def test_run_does_not_begin_when_a_stop_comes_while_it_is_about_to(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.announce()
    bench.wait(GRACE)
    change = bench.store.routines.change

    def stop_meanwhile(run_id: int, was: str, state: str, *more: object) -> bool:
        if state == "sending":
            bench.bridge.state = IDLE | {"state": "stopped"}
        return change(run_id, was, state, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(bench.session.due_runs._book, "change", stop_meanwhile)
    assert "I leave out" in bench.look() and bench.begun == [] and bench.states == ["refused"]


@pytest.mark.parametrize("words", ["blub the wug", "do it after lunch", "not the red one", "hmm maybe the other one"])
def test_run_does_not_begin_and_is_asked_about_once_when_words_are_not_understood(bench: Bench, words: str) -> None:
    bench.announce()
    assert "now, later, or not at all?" in bench.say(words)
    bench.wait(GRACE)
    assert bench.look() == "" and bench.states == ["asked"] and bench.begun == []
    assert "now, later, or not at all?" not in bench.say("blub the wug")
    assert "I leave out" in bench.say("not at all")
    assert bench.states == ["refused"]


def test_run_is_left_out_when_nobody_answers_the_question(bench: Bench) -> None:
    bench.announce()
    bench.say("blub the wug")
    bench.wait(due_runs.ANSWER_S + 1)
    assert "Nobody has said when" in bench.look() and bench.states == ["missed"]
    assert "I will" not in bench.say("yes") and bench.begun == []


@pytest.mark.parametrize("words", ["put it over there", "we have guests tonight"])
def test_run_waits_and_is_announced_again_when_words_lead_elsewhere_or_sound_like_a_no(
    bench: Bench, words: str
) -> None:
    bench.announce()
    bench.say(words)
    assert bench.states == ["waiting"]
    bench.wait(GRACE)
    assert bench.look() == "" and bench.begun == []
    bench.wait(ASIDE_S)
    assert "It is time" in bench.look()


def test_run_goes_its_way_when_the_talk_is_about_something_else(bench: Bench) -> None:
    bench.announce()
    bench.say("mugs go on the top shelf")
    bench.wait(GRACE)
    assert "I will put the red cup in the sink" in bench.look()


@pytest.mark.parametrize("state", ["running", "takeover", "holding"])
def test_run_is_announced_again_when_it_was_interrupted(bench: Bench, state: str) -> None:
    bench.announce()
    bench.bridge.state = {"state": state, "task_id": "t1", "instruction": "pick up the towel", "thought": None}
    assert bench.look() == "" and bench.states == ["waiting"]
    bench.wait(GRACE)
    bench.bridge.state = dict(IDLE)
    assert "It is time" in bench.look() and bench.begun == []
    bench.wait(GRACE)
    assert "I will" in bench.look()


def test_run_is_announced_again_when_the_program_was_off_meanwhile(bench: Bench) -> None:
    bench.announce()
    bench.wait(5)
    bench.restart()
    bench.wait(GRACE)
    assert "I begin in 20 seconds" in bench.look() and bench.begun == []
    bench.wait(due_runs.GRACE_S + due_runs.UNSEEN_S + 5)  # nobody looked meanwhile
    assert "I begin in 20 seconds" in bench.look() and bench.begun == []


@pytest.mark.parametrize("set_back_s", [0, 60])
def test_run_does_not_begin_unannounced_when_the_program_came_back_with_its_clock_set_back(
    bench: Bench, set_back_s: int
) -> None:
    bench.announce()
    bench.wait(-set_back_s)
    bench.restart()
    bench.wait(set_back_s + GRACE)
    said = bench.look()
    assert bench.begun == []
    bench.wait(due_runs.UNSEEN_S)
    assert "It is time" in said + bench.look() and bench.begun == []


def test_announced_run_answers_first_when_a_wish_is_open(bench: Bench) -> None:
    bench.say(CUP, "yes")
    bench.until_due()
    bench.look()
    bench.session.due_runs.talk.set_aside("", clear=False)  # as if the wish had come before the announcement
    bench.say("laundry on Tuesdays at 10")
    run = bench.store.routines.open_runs()[0]
    bench.store.routines.change(run.id, "waiting", "announced", bench.clock())
    assert 'leave out "put the red cup' in bench.say("no")
    assert "Agreed" in bench.say("yes")
    assert bench.begun == [] and [r.title for r in bench.store.routines.active()][-1] == "do the laundry"


def test_yes_is_for_the_wish_when_it_was_told_after_the_announcement(bench: Bench) -> None:
    bench.announce()
    bench.say("laundry on Tuesdays at 10")
    assert "Agreed" in bench.say("yes") and bench.begun == []
    bench.wait(ASIDE_S + 1)
    assert "It is time" in bench.look()


def test_wish_lapses_and_the_person_is_told_when_nobody_agrees(bench: Bench) -> None:
    bench.say("laundry on Tuesdays at 10")
    bench.wait(agreement.OPEN_S + 1)
    assert 'no "yes" to "laundry on Tuesdays at 10"' in bench.look() and bench.look() == ""
    bench.say("yes")
    assert bench.store.routines.active() == []


def test_late_yes_arms_nothing_when_no_terminal_was_there_to_tell(bench: Bench) -> None:
    bench.say("laundry on Tuesdays at 10")
    bench.wait(3 * 86400)
    assert 'no "yes" to' in bench.say("yes")
    assert bench.store.routines.active() == [] and 'no "yes"' not in bench.say("yes")


def test_run_is_sent_once_when_the_program_is_killed_before_it_is_sent(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.announce()
    bench.wait(GRACE)
    killed = BaseException("killed")
    with monkeypatch.context() as patch:
        patch.setattr(bench.client, "send", _raise(killed))
        with pytest.raises(BaseException, match="killed"):
            bench.look()
    assert bench.states == ["sending"] and bench.begun == []
    bench.restart()
    bench.wait(due_runs.SEND_S + 1)
    assert "I begin in 20 seconds" in [bench.look(), bench.look()][-1]
    bench.wait(GRACE)
    bench.look()
    (sent,) = bench.bridge.interventions
    bench.bridge.state = dict(IDLE)
    for _ in range(3):
        bench.wait(GRACE)
        assert bench.look() == ""
    assert bench.states == ["started"] and bench.store.routines.runs()[0].note == sent.id


def test_run_is_not_sent_again_when_the_program_is_killed_after_it_was_sent(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.announce()
    bench.wait(GRACE)
    with monkeypatch.context() as patch:
        patch.setattr(bench.store, "add_intervention", _raise(BaseException("killed")))
        with pytest.raises(BaseException, match="killed"):
            bench.look()
    bench.restart()
    bench.wait(due_runs.SEND_S + 1)
    bench.look()
    assert bench.states == ["started"] and len(bench.begun) == 1


def test_same_id_is_sent_again_when_the_bridge_did_not_answer(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.announce()
    bench.wait(GRACE)
    tried: list[str] = []

    def silent(intervention, *_args):
        tried.append(intervention.id)
        raise UnreachableError("nothing answers")

    with monkeypatch.context() as patch:
        patch.setattr(bench.client, "send", silent)
        bench.look()
    assert bench.states == ["waiting"]
    bench.wait(due_runs.RETRY_S + 1)
    assert "It is time" in bench.look()
    bench.wait(GRACE)
    bench.look()
    assert [sent.id for sent in bench.bridge.interventions] == tried


@pytest.mark.parametrize(("missed", "told", "state"), [
    ("late", "was due", "announced"), ("ask", "Shall I do it now?", "asked"), ("skip", "too late for it", "missed"),
])  # fmt: skip
@pytest.mark.parametrize("was", ["waiting", "announced"])
def test_open_run_follows_its_rule_when_the_machine_was_off_for_hours(
    bench: Bench, missed: str, told: str, state: str, was: str
) -> None:
    bench.say(CUP, "yes")
    bench.store.routines.set_missed(1, missed)  # type: ignore[arg-type]
    bench.until_due()
    if was == "announced":
        bench.look()
    else:
        bench.session.due_runs.has_work()
    assert bench.states == [was]
    bench.restart()
    bench.wait(8 * 3600)
    said = [bench.look(), bench.look()]
    assert any(told in words and "put the red cup in the sink" in words for words in said)
    assert bench.states == [state] and bench.begun == []


def test_old_announced_run_gives_way_when_the_next_one_is_due(bench: Bench) -> None:
    bench.announce()
    bench.restart()
    bench.wait(3 * 86400)
    while bench.look():
        pass
    assert bench.states == ["missed", "missed", "missed", "announced"] and bench.begun == []


def test_runs_are_announced_one_after_the_other_when_two_are_due_at_once(bench: Bench) -> None:
    bench.say(CUP, "yes", "put the blue plate in the sink every day at 7", "yes")
    bench.until_due()
    assert "the red cup" in bench.look()
    bench.wait(10)
    assert bench.look() == ""
    bench.wait(11)
    assert "I will put the red cup in the sink" in bench.look() and bench.look() == ""
    bench.bridge.state = dict(IDLE)
    assert "It is time: put the blue plate in the sink" in bench.look()
    assert "blue plate" in bench.say("not today")
    assert sorted(bench.states) == ["refused", "started"] and len(bench.begun) == 1


def test_run_begins_before_its_time_when_it_is_asked_for_by_name(bench: Bench) -> None:
    bench.say("put the red cup in the sink every day at 23:59", "yes")
    assert "I will put the red cup in the sink" in bench.say("do the red cup now")
    assert bench.states == ["started"] and len(bench.begun) == 1
    bench.bridge.state = dict(IDLE)
    bench.ahead_s += 86400 + bench.store.routines.runs()[0].due_utc - bench.clock() - 3600
    assert bench.look() == "" and len(bench.begun) == 1


def test_run_that_was_put_off_begins_when_it_is_asked_for_by_name(bench: Bench) -> None:
    bench.announce()
    bench.say("later")
    assert "I will" in bench.say("do the red cup now")
    assert bench.states == ["started"]


def test_reminder_is_told_when_the_arms_are_not_there(bench: Bench) -> None:
    bench.say("laundry every day at 10", "yes")
    routine = bench.store.routines.active()[0]
    bench.store.routines.replace([routine.id], replace(routine, instruction=""), 1.0)
    bench.until_due()
    bench.bridge.state = IDLE | {"state": "stopped"}
    assert "It is time: do the laundry" in bench.look() and bench.states == ["done"]


def _raise(error: BaseException):
    def fail(*_args: object, **_more: object) -> None:
        raise error

    return fail
