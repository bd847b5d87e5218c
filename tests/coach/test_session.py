"""The session against a bridge on real sockets and a real store."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bridge_stand_in import SINK_THOUGHT, StandIn
from waiting import until

from coach.config import Config
from coach.interpreter import interpret
from coach.session.answers import chat
from coach.session.session import Session
from coach.session.stop_line import StopLine
from memory.store import Store
from prompts import say
from robot_bridge.client import BridgeClient
from robot_bridge.protocol.errors import StoreError, UsageError
from robot_bridge.protocol.messages import Observation
from robot_bridge.protocol.thought import Thought

TWO_CUPS = Thought(reason="there is a red cup and a blue cup in sight", subtask="ask which cup")


@dataclass
class Bench:
    bridge: StandIn
    store: Store
    session: Session
    config: Config
    frames: list[Observation]  # what the robot saw of late
    clients: list[BridgeClient] = field(default_factory=list)

    def reopened(self) -> Session:
        """A session of a process that has just started."""
        client = BridgeClient(self.config.bridge_address)
        self.clients.append(client)
        return Session(self.config, self.store, client, interpret, self.session._stop_line)


def observed(sequence: int) -> Observation:
    picture = np.full((8, 8, 3), sequence, np.uint8)
    return Observation(
        sequence=sequence, time_s=sequence / 10, state=np.zeros(38, np.float32), images={"base": picture}
    )


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bridge = StandIn()
    config = Config(home=tmp_path, bridge_address=bridge.address, events_address=bridge.events_address, person="Ada")
    client = BridgeClient(bridge.address)
    stop_line = StopLine(lambda: BridgeClient(bridge.address))
    with Store.open(config.memory_path) as store:
        frames = [observed(i) for i in range(1, 21)]
        session = Session(config, store, client, interpret, stop_line, lambda: tuple(frames))
        opened = Bench(bridge, store, session, config, frames)
        yield opened
        for other in opened.clients:  # a socket left open would keep the garbage collector waiting
            other.close()
    stop_line.close()
    client.close()
    bridge.close()


def test_a_task_reaches_the_bridge_with_its_episode_when_told_in_full(bench: Bench) -> None:
    reply = bench.session.hear("Please put the red cup in the sink")
    (sent,) = bench.bridge.interventions
    assert (sent.kind, sent.instruction, sent.by) == ("task", "put the red cup in the sink", "Ada")
    assert reply.task_id == sent.id
    assert "put the red cup in the sink" in reply.said
    (episode,) = bench.store.episodes()
    assert (episode.task_id, episode.instruction) == (sent.id, "put the red cup in the sink")
    assert [(u.role, u.by) for u in bench.store.conversation()] == [("person", "Ada"), ("robot", "robot")]
    assert reply.understood["items"][0]["kind"] == "task"


def test_a_correction_does_not_wait_for_the_disk_and_is_there_before_anything_is_said(bench: Bench) -> None:
    bench.bridge.work_on()
    add = bench.store.add_correction

    def slowly(*lesson: Any) -> Any:
        until(lambda: bool(bench.bridge.interventions))
        return add(*lesson)

    bench.store.add_correction = slowly  # type: ignore[method-assign]
    reply = bench.session.hear("no, put it in the drying rack")
    assert bench.store.count_corrections() == 1
    (sent,) = bench.bridge.interventions
    assert (sent.kind, sent.instruction) == ("correction", "put the red cup in the drying rack")
    assert sent.forced == "reason: the red cup is on the counter and goes in the drying rack\n"
    lesson = bench.store.correction(reply.correction_id)
    assert lesson.id == sent.id
    assert lesson.thought_was == str(SINK_THOUGHT)
    assert lesson.thought_should == sent.forced == reply.forced
    assert (lesson.instruction_was, lesson.instruction_now) == ("put the red cup in the sink", sent.instruction)
    assert lesson.observation_sequence == 20
    assert len(bench.store.correction_frames(lesson.id)) == 20
    assert "drying rack" in reply.said and "lesson" in reply.said


@pytest.mark.parametrize(
    ("words", "instruction", "forced"),
    [
        ("no, the blue one", "put the blue cup in the sink",
         "reason: the blue cup is on the counter and goes in the sink\n"),
        ("no, pick up the green towel", "put the green towel in the sink",
         "reason: the green towel is on the counter and goes in the sink\nsubtask: pick up the green towel\n"),
        ("not in the sink, in the bin", "put the red cup in the bin",
         "reason: the red cup is on the counter and goes in the bin\n"),
        ("put it on the counter", "put the red cup on the counter",
         "reason: the red cup is on the counter and goes on the counter\n"),
    ],
)  # fmt: skip
def test_a_correction_changes_only_what_was_said_when_it_names_a_part(
    bench: Bench, words: str, instruction: str, forced: str
) -> None:
    bench.bridge.work_on()
    bench.session.hear(words)
    (sent,) = bench.bridge.interventions
    assert (sent.kind, sent.instruction, sent.forced) == ("correction", instruction, forced)


def test_the_thing_stays_where_it_was_seen_when_it_is_in_the_hand(bench: Bench) -> None:
    held = Thought(reason="the red cup is in the left hand and goes in the sink", subtask="put the red cup in the sink")
    bench.bridge.work_on(thought=held)
    reply = bench.session.hear("no, in the drying rack")
    assert reply.forced == "reason: the red cup is in the left hand and goes in the drying rack\n"


def test_a_correction_is_not_stored_again_when_the_robot_thinks_it_already(bench: Bench) -> None:
    bench.bridge.work_on()
    reply = bench.session.hear("no, put it in the sink")
    assert bench.bridge.interventions == [] and bench.store.count_corrections() == 0
    assert reply.said == say("correction_agreed")


def test_a_correction_is_refused_in_one_sentence_when_nothing_runs(bench: Bench) -> None:
    reply = bench.session.hear("no, the blue one")
    assert bench.bridge.interventions == [] and bench.store.count_corrections() == 0
    assert not reply.ok and reply.said


def test_a_stop_arrives_before_anything_else_when_the_session_is_busy(bench: Bench) -> None:
    bench.bridge.work_on()
    bench.session.hear("hello")  # the sockets are up
    with bench.session._lock:  # another utterance is being dealt with
        began = time.perf_counter()
        pulled = bench.session._stop_line.pull("stop", "Ada")
        pulled[1].result(timeout=2)
    assert bench.bridge.arrived[-1] - began < 0.1
    reply = bench.session.hear("stop", pulled=pulled)
    assert bench.bridge.kinds() == ["stop"]
    assert "stopped" in reply.said
    assert bench.store.interventions  # kept with the others


def test_the_stop_comes_first_and_the_rest_counts_when_one_sentence_says_both(bench: Bench) -> None:
    bench.bridge.work_on()
    reply = bench.session.hear("stop! put it in the bin")
    assert bench.bridge.kinds() == ["stop", "correction"]
    assert bench.bridge.state["state"] == "stopped"
    assert bench.store.count_corrections() == 1
    assert "resume" in reply.said


def test_the_person_is_told_to_press_the_button_when_a_stop_cannot_be_delivered(tmp_path: Path) -> None:
    config = Config(home=tmp_path, bridge_address="tcp://127.0.0.1:1")
    client, stop_line = BridgeClient(config.bridge_address), StopLine(lambda: BridgeClient(config.bridge_address))
    with Store.open(config.memory_path) as store:
        reply = Session(config, store, client, interpret, stop_line).hear("stop")
    stop_line.close()
    client.close()
    assert reply.unreachable and "stop button" in reply.said


def test_one_sentence_names_the_address_when_the_bridge_is_gone(tmp_path: Path) -> None:
    config = Config(home=tmp_path, bridge_address="tcp://127.0.0.1:1")
    client, stop_line = BridgeClient(config.bridge_address), StopLine(lambda: BridgeClient(config.bridge_address))
    with Store.open(config.memory_path) as store:
        session = Session(config, store, client, interpret, stop_line)
        reply = session.hear("put the red cup in the sink")
        assert session.hear("no, the blue one").unreachable
        assert store.conversation()[0].text == "put the red cup in the sink"
    stop_line.close()
    client.close()
    assert reply.unreachable and "tcp://127.0.0.1:1" in reply.said


@pytest.mark.parametrize(
    ("words", "name"),
    [("Hi there", "greeting"), ("goodbye", "goodbye"), ("they told me something nice about the weather", "chatter")],
)
def test_a_greeting_is_greeted_when_it_is_one(words: str, name: str) -> None:
    assert chat(words) == say(name)


@pytest.mark.parametrize(
    ("words", "part"),
    [("", "heard nothing"), ("   ", "heard nothing"), ("word " * 2000, "characters"), ("flurb the gnoz", "understand"),
     ("put the purple unicorn in the oven", "unicorn"), ("yes", "not asked"),
     ("put the piano in the sink", "piano"), ("put the red cup in the volcano", "volcano"), ("wash the plate", "yet")],
)  # fmt: skip
def test_bad_input_gets_one_clear_answer_when_it_cannot_be_done(bench: Bench, words: str, part: str) -> None:
    reply = bench.session.hear(words)
    assert part in reply.said and not reply.ok
    assert bench.bridge.interventions == []


def test_the_robot_asks_and_the_answer_completes_the_task_when_the_place_is_missing(bench: Bench) -> None:
    asked = bench.session.hear("put the red cup away")
    assert asked.said.endswith("?") or "Where" in asked.said
    assert bench.bridge.interventions == []
    reply = bench.reopened().hear("in the drying rack")  # the question survives a crash
    (sent,) = bench.bridge.interventions
    assert (sent.kind, sent.instruction) == ("task", "put the red cup in the drying rack")
    assert reply.ok


def test_the_next_words_choose_when_the_robot_sees_two_that_match(bench: Bench) -> None:
    bench.bridge.work_on("put the cup in the sink", TWO_CUPS, state="holding")
    said = bench.session.robot_asks(TWO_CUPS, "put the cup in the sink")
    assert "the red cup or the blue cup" in said
    bench.session.hear("the blue one")
    (sent,) = bench.bridge.interventions
    assert (sent.kind, sent.instruction) == ("task", "put the blue cup in the sink")
    assert bench.store.count_corrections() == 0


def test_a_new_task_wins_when_a_question_is_open(bench: Bench) -> None:
    bench.session.hear("put the red cup away")
    bench.session.hear("put the green sponge in the bin")
    assert [i.instruction for i in bench.bridge.interventions] == ["put the green sponge in the bin"]


def test_the_question_is_asked_again_when_the_answer_is_not_understood(bench: Bench) -> None:
    bench.bridge.work_on("put the cup in the sink", TWO_CUPS, state="holding")
    said = bench.session.robot_asks(TWO_CUPS, "put the cup in the sink")
    assert bench.session.hear("flurb").said == said
    assert bench.session.hear("neither").said != said
    assert bench.bridge.interventions == []


def test_what_and_why_is_answered_from_the_thought_when_asked(bench: Bench) -> None:
    bench.bridge.work_on()
    said = bench.session.hear("what are you doing, and why?").said
    assert SINK_THOUGHT.subtask in said and SINK_THOUGHT.reason in said
    assert bench.bridge.interventions == []


@pytest.mark.parametrize(("words", "kind"), [("pause", "pause"), ("go on", "resume"), ("good job", "praise"),
                                             ("start over", "restart"), ("take over", "takeover")])  # fmt: skip
def test_a_word_steers_when_a_task_is_held(bench: Bench, words: str, kind: str) -> None:
    bench.bridge.work_on(state="holding")
    assert bench.session.hear(words).ok
    assert bench.bridge.kinds() == [kind]


def test_a_nudge_is_metres_when_said_in_words(bench: Bench) -> None:
    bench.bridge.work_on()
    bench.session.hear("a little to the left")
    assert bench.bridge.interventions[0].offset == (-0.015, 0.0, 0.0)


def test_undo_marks_the_lesson_when_it_follows_a_correction(bench: Bench) -> None:
    bench.bridge.work_on()
    lesson_id = bench.session.hear("no, put it in the drying rack").correction_id
    bench.session.hear("undo")
    assert bench.store.correction(lesson_id).outcome == "undone"


def test_the_bridges_own_sentence_is_passed_on_when_it_refuses(bench: Bench) -> None:
    bench.bridge.work_on(state="takeover")
    bench.bridge.refuse["correction"] = UsageError("cannot correction now: a person is moving the arms")
    reply = bench.session.hear("no, put it in the drying rack")
    assert "a person is moving the arms" in reply.said and not reply.ok
    assert bench.store.corrections()[0].outcome == "failed"


def test_the_correction_still_counts_when_the_disk_refuses_it(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(bench.store, "add_correction", full)
    bench.bridge.work_on()
    reply = bench.session.hear("no, put it in the drying rack")
    assert bench.bridge.kinds() == ["correction"]
    assert "disk is full" in reply.said and "lesson" in reply.said and not reply.correction_id


def test_a_stop_is_confirmed_when_the_disk_refuses_everything(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise StoreError("the disk is full")

    for name in ("add_utterance", "add_intervention", "set_state", "get_state"):
        monkeypatch.setattr(bench.store, name, full)
    bench.bridge.work_on()
    assert "stopped" in bench.session.stopped(bench.session._stop_line.pull()).said
    said = bench.session.hear("stop").said
    assert "stopped" in said and "disk is full" in said
    assert bench.bridge.kinds() == ["stop", "stop"]


def test_further_tasks_wait_for_their_turn_when_one_sentence_holds_several(bench: Bench) -> None:
    reply = bench.session.hear("put the red cup in the sink and then put the blue plate in the dishwasher")
    assert [i.instruction for i in bench.bridge.interventions] == ["put the red cup in the sink"]
    assert bench.session.queue.tasks == ("put the blue plate in the dishwasher",)
    assert "blue plate" in reply.said
    bench.session.start_queued()
    assert [i.instruction for i in bench.bridge.interventions][1:] == ["put the blue plate in the dishwasher"]
    assert bench.session.queue.tasks == ()


@pytest.mark.parametrize("words", ["no, put it in the drying rack", "put it in the drying rack", "no, the drying rack"])
def test_what_was_done_last_is_meant_when_it_is_told_otherwise_afterwards(bench: Bench, words: str) -> None:
    bench.session.hear("put the red cup in the sink")
    bench.bridge.finish()
    reply = bench.session.hear(words)
    assert reply.ok and "put the red cup in the drying rack" in reply.said
    last = bench.bridge.interventions[-1]
    assert (last.kind, last.instruction) == ("task", "put the red cup in the drying rack")
    assert not reply.correction_id  # it did as it was told


def test_nothing_is_meant_when_the_last_task_is_long_ago(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.session.hear("put the red cup in the sink")
    bench.bridge.finish()
    now_s = time.time()
    monkeypatch.setattr(time, "time", lambda: now_s + 3600)
    assert "nothing to correct" in bench.session.hear("no, put it in the drying rack").said
    assert bench.bridge.kinds() == ["task"]


def test_taking_over_is_refused_in_plain_words_when_the_arms_are_stopped(bench: Bench) -> None:
    bench.bridge.state = {"state": "stopped", "task_id": "", "instruction": "", "thought": None}
    reply = bench.session.act("takeover")
    assert not reply.ok and 'Say "go on" first' in reply.said and not bench.bridge.interventions


def test_what_the_state_forbids_is_told_with_what_to_do_instead(bench: Bench) -> None:
    bench.bridge.refuse["takeover"] = UsageError("the arms are holding a pan", "pause, stop", "say over to you")
    assert bench.session.act("takeover").said == (
        "That cannot be done now: the arms are holding a pan. Please say over to you."
    )


def test_what_is_in_sight_is_told_when_the_thought_begins_with_an_empty_hand(bench: Bench) -> None:
    reason = "nothing is in the left hand, the red cup is on the counter and goes in the sink"
    bench.bridge.work_on(thought=Thought(reason=reason, subtask="pick up the red cup"))
    assert bench.session.hear("what do you see?").said == "I see the red cup on the counter."
