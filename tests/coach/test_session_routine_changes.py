"""Routines that are kept already: told again, moved, paused, with what becomes of a missed run; on real sockets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from routine_bench import IDLE, Bench, open_bench

LAUNDRY = "laundry on Tuesdays at 10"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with open_bench(tmp_path) as opened:
        yield opened


def kept(bench: Bench) -> list[tuple[str, str, str]]:
    return [(r.title, r.rrule.partition("BYDAY=")[2], r.start_local[11:16]) for r in bench.store.routines.active()]


@pytest.mark.parametrize(("words", "when"), [
    ("move the laundry to 11", ("TU", "11:00")),
    ("change the laundry to Wednesdays", ("WE", "10:00")),
    ("please reschedule the laundry from Tuesday to Wednesdays at half past nine", ("WE", "09:30")),
    ("shift the laundry routine to noon", ("TU", "12:00")),
    ("move the laundry to Wednesday", ("WE", "10:00")),
    ("laundry on Wednesdays at 10 instead", ("WE", "10:00")),
    ("laundry on Fridays at 9 instead of Tuesdays", ("FR", "09:00")),
])  # fmt: skip
def test_routine_moves_when_another_time_is_named(bench: Bench, words: str, when: tuple[str, str]) -> None:
    bench.say(LAUNDRY, "yes")
    told = bench.say(words)
    assert "instead of every Tuesday at 10:00" in told and kept(bench) == [("do the laundry", "TU", "10:00")]
    bench.say("yes")
    assert [(day, clock) for _, day, clock in kept(bench)] == [when]


def test_nothing_moves_when_the_person_says_no_or_names_one_day(bench: Bench) -> None:
    bench.say(LAUNDRY, "yes", "move the laundry to 11", "no")
    assert "that is one day" in bench.say("move the laundry to tomorrow")
    assert "I will move" not in bench.say("move the red cup to the sink")
    assert kept(bench) == [("do the laundry", "TU", "10:00")]


def test_day_tells_which_when_a_chore_has_two_routines(bench: Bench) -> None:
    bench.say(LAUNDRY, "yes", "laundry on Fridays at 10", "both", "yes")
    bench.say("move the Friday laundry to 11", "yes")
    assert kept(bench) == [("do the laundry", "TU", "10:00"), ("do the laundry", "FR", "11:00")]


@pytest.mark.parametrize(("answer", "days"), [("replace it", ["WE"]), ("both please", ["TU", "WE"])])
def test_person_is_asked_which_when_a_chore_is_wished_for_again(bench: Bench, answer: str, days: list[str]) -> None:
    bench.say(LAUNDRY, "yes")
    asked = bench.say("laundry on Wednesdays at 10")
    assert 'I have "do the laundry" already, every Tuesday at 10:00.' in asked and "or do you want both?" in asked
    assert bench.say("yes") == asked
    assert 'Say "yes"' in bench.say(answer)
    bench.say("yes")
    assert [day for _, day, _ in kept(bench)] == days


def test_wish_is_known_already_when_it_is_said_twice(bench: Bench) -> None:
    bench.say(LAUNDRY, "yes")
    assert "I know that already" in bench.say("do the laundry every Tuesday at 10")
    bench.say("yes")
    assert len(kept(bench)) == 1


def test_run_does_not_come_twice_a_day_when_it_moves_after_it_was_done(bench: Bench) -> None:
    bench.announce("put the red cup in the sink every day at 7")
    bench.say("now")
    bench.bridge.state = dict(IDLE)
    bench.say("move the red cup routine to 11", "yes")
    bench.wait(5 * 3600)
    assert bench.look() == "" and len(bench.begun) == 1
    bench.wait(86400)
    assert "put the red cup in the sink" in bench.look()


def test_routine_rests_until_it_goes_on_when_it_is_paused_by_word(bench: Bench) -> None:
    bench.say("put the red cup in the sink every day at 7", "yes")
    assert 'Say "resume the red cup in the sink routine"' in bench.say("pause the red cup routine")
    assert bench.bridge.kinds() == [] and bench.session.due_runs.coming_week()[0][1] == []
    assert "(paused)" in bench.say("which routines do you have?")
    bench.wait(3 * 86400)
    assert bench.look() == "" and bench.states == []
    assert "goes on" in bench.say("resume the red cup in the sink routine")
    assert bench.look() == "" and bench.states == []
    bench.until_due()
    assert "It is time" in bench.look()


@pytest.mark.parametrize("words", ["pause", "pause the laundry"])
def test_arms_pause_when_they_work_and_no_routine_is_named(bench: Bench, words: str) -> None:
    bench.say(LAUNDRY, "yes")
    bench.bridge.work_on()
    bench.say(words)
    assert bench.bridge.kinds() == ["pause"] and not bench.store.routines.active()[0].is_paused


def test_routine_rests_and_goes_on_by_its_name_alone_when_the_arms_are_free(bench: Bench) -> None:
    bench.say(LAUNDRY, "yes")
    assert "resume the laundry routine" in bench.say("pause the laundry")
    assert bench.store.routines.active()[0].is_paused and bench.bridge.kinds() == []
    assert "goes on" in bench.say("resume the laundry")
    assert not bench.store.routines.active()[0].is_paused and bench.bridge.kinds() == []


@pytest.mark.parametrize(("words", "missed", "told"), [
    ("wipe the counter every day at 8, if you miss it, skip it", "skip", "I leave it out"),
    ("wipe the counter every day at 8 and if you miss it ask me", "ask", "I ask you"),
    ("dinner every day at 6; do it later if you miss it", "late", "as soon as I can"),
])  # fmt: skip
def test_missed_runs_follow_the_words_when_the_wish_says_how(bench: Bench, words: str, missed: str, told: str) -> None:
    assert told in bench.say(words)
    bench.say("yes")
    assert [routine.missed for routine in bench.store.routines.active()] == [missed]
    assert bench.store.rules.holding() == []


def test_missed_runs_follow_the_words_when_they_come_with_the_yes_or_later(bench: Bench) -> None:
    bench.say(LAUNDRY)
    assert "Agreed" in bench.say("yes, and if you miss it, ask me")
    assert [routine.missed for routine in bench.store.routines.active()] == ["ask"]
    assert "I leave it out" in bench.say("if you miss the laundry, skip it")
    assert [routine.missed for routine in bench.store.routines.active()] == ["skip"]
    assert "I ask you" in bench.say("laundry on Tuesdays at 10, if you miss it, ask me")
    bench.say("yes")
    assert [routine.missed for routine in bench.store.routines.active()] == ["ask"]
