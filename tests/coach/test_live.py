"""Nudges, pointing and rules while the robot works: what the bridge is told, what is kept, and what is asked."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import numpy as np
import pytest
from test_app import opened
from test_session import TWO_CUPS, Bench, bench, observed  # noqa: F401 - a fixture

from coach.app.cameras import Cameras
from coach.app.say_line import SayLine
from coach.session.likely import PlaceMemory
from coach.session.nudges import FASTEST, SLOWEST
from coach.session.pointing import colour_at
from memory.replay import stream_of
from robot_bridge.arms.kitchen.objects import COLOURS
from robot_bridge.protocol.errors import StoreError, UnreachableError
from robot_bridge.protocol.messages import Observation
from robot_bridge.protocol.thought import Thought, Where

POINT = Where("base", 0.25, 0.5)
PLACING = Thought(reason="the red cup is in the left hand and goes in the sink", subtask="put the red cup in the sink",
                  hand="left")  # fmt: skip


def shows(bench: Bench, colour: str) -> None:  # noqa: F811
    """What is seen around POINT from now on."""
    picture = np.full((96, 96, 3), 128, np.uint8)
    picture[44:52, 20:29] = np.array(COLOURS[colour]) * 255
    seen = Observation(sequence=21, time_s=2.1, state=np.zeros(38, np.float32), images={"base": picture})
    bench.frames[:] = [*(observed(i) for i in range(1, 21)), seen]


# Nudges


@pytest.mark.parametrize(("words", "field", "value"), [
    ("a bit to the left", "offset", (-0.015, 0.0, 0.0)), ("higher", "offset", (0.0, 0.0, 0.03)),
    ("5 cm forward", "offset", (0.0, 0.05, 0.0)), ("a lot to the right", "offset", (0.08, 0.0, 0.0)),
    ("open", "grip", "open"), ("grip it tighter", "grip", "close"), ("slower", "pace", 0.7),
    ("rotate left", "turn_rad", 0.35),
])  # fmt: skip
def test_nudge_says_what_the_hand_should_do_when_said_in_words(
    bench: Bench,  # noqa: F811
    words: str,
    field: str,
    value: object,
) -> None:
    bench.bridge.work_on()
    assert bench.session.hear(words).ok
    [nudge] = bench.bridge.interventions
    assert nudge.kind == "nudge" and getattr(nudge, field) == pytest.approx(value)


def test_nudge_is_kept_as_a_lesson_from_which_no_thought_is_learnt(bench: Bench) -> None:  # noqa: F811
    bench.bridge.work_on()
    task = bench.session.hear("put the red cup in the sink")
    bench.bridge.work_on(task_id=task.task_id)
    reply = bench.session.hear("a bit to the left")
    lesson = bench.store.correction(reply.correction_id)
    assert (lesson.kind, lesson.words, lesson.thought_should) == ("nudge", "a bit to the left", "")
    assert lesson.id == bench.bridge.interventions[-1].id and lesson.episode_id is not None
    assert len(bench.store.correction_frames(lesson.id)) == 20
    assert not list(stream_of(bench.store, lesson.episode_id))


def test_pace_stays_within_its_limits_when_it_is_told_again_and_again(bench: Bench) -> None:  # noqa: F811
    for words, limit in (("slower", SLOWEST), ("faster", FASTEST)):
        for _ in range(9):
            bench.bridge.work_on(pace=bench.bridge.interventions[-1].pace if bench.bridge.interventions else 1.0)
            bench.session.hear(words)
        assert bench.bridge.interventions[-1].pace == limit


def test_nudge_is_told_to_be_lost_when_the_disk_refuses_it(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    def full(*_: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(bench.store, "add_correction", full)
    bench.bridge.work_on()
    reply = bench.session.hear("higher")
    assert bench.bridge.kinds() == ["nudge"] and "disk is full" in reply.said and not reply.correction_id


# Pointing


@pytest.mark.parametrize("colour", list(COLOURS))
@pytest.mark.parametrize("light", [1.0, 0.6])
def test_colour_is_named_when_it_is_pointed_at(colour: str, light: float) -> None:
    if (colour, light) == ("white", 0.6):
        light = 0.85  # a white thing in deep shade is grey
    picture = np.full((96, 96, 3), 128, np.uint8)
    picture[46:51, 22:27] = np.array(COLOURS[colour]) * 255 * light
    assert colour_at(picture, POINT) == colour
    assert colour_at(picture, Where("base", 0.8, 0.8)) == ""


@pytest.mark.parametrize("words", ["pick up this cup", "pick up this one"])
def test_thing_is_the_one_pointed_at_when_a_task_names_no_colour(bench: Bench, words: str) -> None:  # noqa: F811
    shows(bench, "blue")
    reply = bench.session.hear(words, where=POINT)
    if not reply.ok:  # there is nothing that says what kind of thing it is
        assert "What is the blue thing: a plate, cup," in reply.said
        reply = bench.session.hear("a cup")
    assert reply.ok
    [task] = bench.bridge.interventions
    assert (task.kind, task.instruction, task.where) == ("task", "pick up the blue cup", POINT)
    assert task.forced.startswith("reason: the blue cup is on the counter")


@pytest.mark.parametrize("words", ["no, this one", "this one", "not that, this one"])
def test_thing_is_exchanged_for_the_one_pointed_at_when_corrected(bench: Bench, words: str) -> None:  # noqa: F811
    bench.bridge.work_on()
    shows(bench, "green")
    reply = bench.session.hear(words, where=POINT)
    [sent] = bench.bridge.interventions
    assert (sent.kind, sent.instruction, sent.where) == ("correction", "put the green cup in the sink", POINT)
    assert bench.store.correction(reply.correction_id).where == POINT


def test_the_same_thing_elsewhere_is_a_lesson_about_the_place_in_the_picture(bench: Bench) -> None:  # noqa: F811
    bench.bridge.work_on()
    shows(bench, "red")
    reply = bench.session.hear("this one", where=POINT)
    assert bench.store.correction(reply.correction_id).kind == "where"
    assert bench.bridge.interventions[0].where == POINT


def test_question_which_one_is_answered_by_pointing(bench: Bench) -> None:  # noqa: F811
    bench.bridge.work_on("put the cup in the sink", TWO_CUPS, state="holding")
    bench.session.robot_asks(TWO_CUPS, "put the cup in the sink")
    shows(bench, "blue")
    assert bench.session.hear("this one", where=POINT).ok
    assert bench.bridge.interventions[-1].instruction == "put the blue cup in the sink"


def test_place_is_the_one_pointed_at_when_the_thing_is_in_the_hand(bench: Bench) -> None:  # noqa: F811
    bench.bridge.work_on(thought=PLACING)
    reply = bench.session.hear("put it here", where=POINT)
    assert reply.ok and bench.bridge.interventions[0].where == POINT
    assert bench.store.correction(reply.correction_id).kind == "where"


def test_place_is_asked_for_later_when_nothing_is_in_the_hand(bench: Bench) -> None:  # noqa: F811
    bench.bridge.work_on()
    reply = bench.session.hear("put it here", where=POINT)
    assert not reply.ok and "not picked up" in reply.said and not bench.bridge.interventions


async def test_click_on_a_picture_goes_with_the_next_words(tmp_path: Path) -> None:
    from app_support import observation

    async with opened(tmp_path) as app:
        app.system.deliver(observation())
        base = app.find(Cameras).base
        await app.until(lambda: base.has_picture)
        width, height = base.content_size
        await app.pilot.click(base, offset=(1 + width // 4, 1 + height // 2))
        line = app.find(SayLine)
        await app.until(lambda: "point at the base" in str(line.border_title) and line.has_focus)
        await app.pilot.press(*"this one", "enter")
        [where] = app.system.pointed
        assert where.camera == "base" and abs(where.x - 0.25) < 0.05 and abs(where.y - 0.5) < 0.05
        assert line.border_title == "say"
        await app.pilot.press(*"go on", "enter")
        assert app.system.pointed[-1] is None


async def test_point_is_taken_back_when_it_is_clicked_again(tmp_path: Path) -> None:
    from app_support import observation

    async with opened(tmp_path) as app:
        app.system.deliver(observation())
        base = app.find(Cameras).base
        await app.until(lambda: base.has_picture)
        for _ in range(2):
            await app.pilot.click(base, offset=(5, 5))
            await app.pilot.pause()
        assert app.find(SayLine).border_title == "say"


# Rules


def test_rule_for_now_is_in_the_context_until_the_task_ends(bench: Bench) -> None:  # noqa: F811
    first = bench.session.hear("put the red cup in the sink").task_id
    bench.bridge.work_on(task_id=first)
    reply = bench.session.hear("for now plates go in the bin")
    assert reply.ok and bench.store.rules.holding() == []
    if "rule" in {item["kind"] for item in reply.understood["items"]}:
        assert bench.bridge.interventions[-1].notes == ("for now plates go in the bin",)
        lesson = bench.store.correction(bench.session.hear("no, put it in the drying rack").correction_id)
        assert lesson.rules == ("for now plates go in the bin",)
    bench.bridge.finish()
    bench.session.hear("put the blue cup in the sink")
    assert bench.bridge.interventions[-1].kind == "task" and bench.bridge.interventions[-1].notes == ()


def test_rule_for_now_holds_through_the_next_task_when_nothing_is_done(bench: Bench) -> None:  # noqa: F811
    assert "next task" in bench.session.hear("plates go in the sink for now").said
    bench.session.hear("put the red cup in the sink")
    assert bench.bridge.interventions[-1].notes == ("plates go in the sink for now",)


def test_thing_goes_where_the_rules_say_when_no_place_is_named(bench: Bench) -> None:  # noqa: F811
    bench.session.hear("plates always go in the drying rack")
    bench.session.hear("put the blue plate away")
    assert bench.bridge.interventions[-1].instruction == "put the blue plate in the drying rack"
    assert bench.bridge.interventions[-1].notes == ("plates always go in the drying rack",)


def test_rule_about_the_thing_in_hand_moves_it_at_once(bench: Bench) -> None:  # noqa: F811
    bench.bridge.work_on()
    reply = bench.session.hear("cups always go in the drying rack")
    assert bench.bridge.interventions[-1].instruction == "put the red cup in the drying rack"
    assert bench.store.correction(reply.correction_id).rules == ("cups always go in the drying rack",)


@pytest.mark.parametrize(("answer", "rule", "kinds"), [
    ("only this once", "cups always go in the drying rack", ["pause", "correction"]),
    ("always from now on", "cups go in the sink", ["pause", "correction"]),
    ("no, keep to that", "cups always go in the drying rack", ["pause", "resume"]),
])  # fmt: skip
def test_correction_is_asked_about_when_it_contradicts_a_rule(
    bench: Bench,  # noqa: F811
    answer: str,
    rule: str,
    kinds: list,
) -> None:
    bench.session.hear("cups always go in the drying rack")
    rack = Thought(reason="the red cup is on the counter and goes in the drying rack", subtask="pick up the red cup")
    bench.bridge.work_on("put the red cup in the drying rack", rack)
    asked = bench.session.hear("no, put it in the sink")
    assert not asked.ok and "only this once, or always" in asked.said and bench.bridge.state["state"] == "holding"
    assert bench.session.hear(answer).ok
    assert bench.bridge.kinds() == kinds
    assert [held.text for held in bench.store.rules.holding()] == [rule]
    if "correction" in kinds:
        assert bench.bridge.interventions[-1].instruction == "put the red cup in the sink"


# When a lesson begins


@pytest.mark.parametrize(("ago_s", "start_s"), [(3.0, 5.0), (60.0, 10.0), (-1.0, 2.0)])
def test_lesson_begins_two_seconds_before_the_words_did(bench: Bench, ago_s: float, start_s: float) -> None:  # noqa: F811
    bench.bridge.work_on()
    reply = bench.session.hear("no, put it in the drying rack", began_s=time.monotonic() - ago_s)
    assert bench.store.correction(reply.correction_id).label_start_s == pytest.approx(start_s, abs=0.2)


# Bad input


@pytest.mark.parametrize("words", ["no, the blue one", "no, in the drying rack", "not that one"])
def test_correction_is_answered_in_a_sentence_when_nothing_runs(bench: Bench, words: str) -> None:  # noqa: F811
    reply = bench.session.hear(words)
    assert not reply.ok and "nothing to correct" in reply.said and not bench.bridge.interventions


def test_two_corrections_at_once_are_both_kept_and_the_last_one_holds(bench: Bench) -> None:  # noqa: F811
    import threading

    bench.bridge.work_on()
    said = ("no, put it in the drying rack", "no, the blue one")
    replies = {}
    threads = [threading.Thread(target=lambda w=w: replies.update({w: bench.session.hear(w)})) for w in said]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    kept = {bench.store.correction(reply.correction_id).words for reply in replies.values()}
    assert kept == set(said) and len(bench.bridge.interventions) == 2
    last = bench.bridge.interventions[-1].instruction
    assert last == "put the blue cup in the drying rack"  # the later one is about what the earlier one left


def test_correction_is_kept_and_marked_when_the_bridge_is_away(bench: Bench) -> None:  # noqa: F811
    bench.bridge.work_on()
    bench.bridge.refuse["correction"] = UnreachableError("nobody is there")
    reply = bench.session.hear("no, put it in the drying rack")
    assert not reply.ok and bench.store.corrections()[0].outcome == "failed"


def test_points_outlive_the_process_when_a_question_is_open(bench: Bench) -> None:  # noqa: F811
    shows(bench, "blue")
    bench.session.hear("pick up this", where=POINT)
    again = bench.reopened()
    assert again.hear("the cup").ok
    assert bench.bridge.interventions[-1].where == msgspec.structs.replace(POINT)


# The thought that a correction will most likely come to

PICKING = Thought(reason="the red cup is on the counter and goes in the sink", subtask="pick up the red cup",
                  hand="left", where=Where("base", 0.62, 0.41))  # fmt: skip
RACKED = Thought(reason="the blue cup is in the left hand and goes in the drying rack",
                 subtask="put the blue cup in the drying rack", hand="left", where=POINT)  # fmt: skip


def test_thought_is_known_beforehand_when_the_hand_has_gone_there_before(bench: Bench) -> None:  # noqa: F811
    memory = PlaceMemory(bench.store)
    bench.bridge.work_on(thought=PICKING)
    bench.session.hear("no, put it in the drying rack")
    assert bench.bridge.interventions[-1].likely == ""  # never been there
    memory.note(RACKED)
    bench.bridge.work_on(thought=PICKING)
    bench.session.hear("no, put it in the drying rack")
    likely = Thought.parse(bench.bridge.interventions[-1].likely)
    assert (likely.subtask, likely.hand, likely.where) == (PICKING.subtask, "left", Where.parse(str(PICKING.where)))
    assert likely.reason == "the red cup is on the counter and goes in the drying rack"
    bench.bridge.work_on(thought=PLACING)
    bench.session.hear("no, put it in the drying rack")
    likely = Thought.parse(bench.bridge.interventions[-1].likely)
    assert likely.subtask == "put the red cup in the drying rack" and likely.where == Where.parse(str(POINT))
    assert likely.reason == "the red cup is in the left hand and goes in the drying rack"


@pytest.mark.parametrize("words", ["no, the blue cup", "no, put it in the bin", "pick up the towel instead"])
def test_thought_is_waited_for_when_the_hand_may_be_another(bench: Bench, words: str) -> None:  # noqa: F811
    memory = PlaceMemory(bench.store)
    memory.note(
        msgspec.structs.replace(RACKED, reason="the cup is in the right hand and goes in the bin", hand="right")
    )
    bench.bridge.work_on(thought=PICKING)
    bench.session.hear(words)
    assert bench.bridge.interventions[-1].likely == ""
