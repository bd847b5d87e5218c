"""Recorder, heartbeat, stop line and the two ways without a screen, over real sockets and a real store."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from bridge_stand_in import SINK_THOUGHT, StandIn
from waiting import DEADLINE_S, until

from coach.__main__ import main
from coach.config import Config
from coach.processes.notices import Restart, write_restart
from coach.session.headless import NOTICES_S, run_headless
from coach.session.pending import load_pending
from coach.session.recorder import Recorder
from coach.session.replies import Reply
from coach.session.system import System
from memory.store import Store
from prompts import say
from robot_bridge.protocol.messages import (
    ChunkEvent,
    Event,
    Message,
    Observation,
    Status,
    ThoughtEvent,
    ThoughtToken,
)
from robot_bridge.protocol.thought import Thought

RACK_THOUGHT = Thought(
    reason="the red cup is on the counter and goes in the drying rack", subtask="pick up the red cup"
)


@dataclass
class Bench:
    bridge: StandIn
    config: Config
    delivered: list[Message] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)

    def open(self) -> System:
        system = System.open(self.config, self.delivered.append, self.replies.append)
        until(lambda: bool(self.delivered))  # a subscription takes a moment
        return system

    def wait_for_reply(self, count: int = 1) -> Reply:
        until(lambda: len(self.replies) >= count)
        return self.replies[count - 1]


def observed(sequence: int) -> Observation:
    picture = np.full((8, 8, 3), sequence, np.uint8)
    return Observation(
        sequence=sequence, time_s=sequence / 10, state=np.zeros(38, np.float32), images={"base": picture}
    )


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bridge = StandIn()
    yield Bench(bridge, Config(home=tmp_path, bridge_address=bridge.address, events_address=bridge.events_address))
    bridge.close()


def test_a_lesson_is_completed_and_judged_when_the_task_ends(bench: Bench) -> None:
    system = bench.open()
    system.submit("put the red cup in the sink")
    task_id = bench.wait_for_reply().task_id
    bench.bridge.state["thought"] = SINK_THOUGHT
    for sequence in range(1, 6):
        bench.bridge.publish(observed(sequence))
    until(lambda: sum(isinstance(m, Observation) for m in bench.delivered) == 5)
    system.submit("no, put it in the drying rack")
    lesson_id = bench.wait_for_reply(2).correction_id
    bench.bridge.publish(ThoughtEvent(time_s=1.0, task_id=task_id, observation_sequence=5, thought=RACK_THOUGHT,
                                      cause=lesson_id))  # fmt: skip
    bench.bridge.publish(ChunkEvent(time_s=1.1, task_id=task_id, observation_sequence=5, dt_s=0.1, cause=lesson_id,
                                    actions=np.zeros((4, 38), np.float32)))  # fmt: skip
    bench.bridge.finish(red_cup="drying rack")
    until(lambda: system.corrections()[0].outcome == "followed")
    lesson = system.corrections()[0]
    until(lambda: any(u.text.startswith("Done") for u in system.conversation(10)))
    system.close()
    assert lesson.thought_final == str(RACK_THOUGHT)
    with Store.open(bench.config.memory_path) as store:
        (episode,) = store.episodes()
        assert (episode.task_id, episode.outcome) == (task_id, "done")
        assert [frame.sequence for frame in store.frames(episode.id)] == [1, 2, 3, 4, 5]
        assert [thought.cause for thought in store.thoughts(episode.id)] == [lesson_id]
        assert store.actions(episode.id)[0].horizon == 4
        assert {i.kind for i in store.interventions(episode.id)} == {"task", "correction"}


def test_nothing_but_lessons_is_kept_when_recording_is_off(bench: Bench) -> None:
    bench.config = Config(**(vars(bench.config) | {"record": False}))
    system = bench.open()
    bench.bridge.work_on()
    bench.bridge.publish(observed(1))
    until(lambda: any(isinstance(m, Observation) for m in bench.delivered))
    system.submit("no, put it in the drying rack")
    assert bench.wait_for_reply().correction_id
    system.close()
    with Store.open(bench.config.memory_path) as store:
        assert store.episodes() == [] and store.count_corrections() == 1


def test_an_episode_begins_when_another_process_gave_the_task(bench: Bench) -> None:
    system = bench.open()
    bench.bridge.work_on("pick up the towel")
    until(lambda: [e.instruction for e in system._store.episodes()] == ["pick up the towel"])
    system.close()


@pytest.mark.parametrize("before", ["", "pick up the towel"])
def test_episode_goes_on_when_a_status_from_before_its_task_is_read_late(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, before: str
) -> None:
    readable, keep = threading.Event(), Recorder._keep

    def late(recorder: Recorder, message: Message) -> None:
        readable.wait(DEADLINE_S)
        keep(recorder, message)

    monkeypatch.setattr(Recorder, "_keep", late)
    if before:
        bench.bridge.work_on(before)
        readable.set()
    system = bench.open()
    if before:
        until(lambda: len(system._store.episodes()) == 1)
        readable.clear()
        bench.delivered.clear()
        bench.bridge.finish()
        until(lambda: any(isinstance(m, Status) and not m.task_id for m in bench.delivered))
    system.submit("put the red cup in the sink")
    task_id = bench.wait_for_reply().task_id
    readable.set()
    until(lambda: system._recorder._task_id == task_id)
    assert system._store.episodes()[0].task_id == task_id, "the newest"
    assert [(episode.outcome, episode.instruction) for episode in system._store.episodes()[1:]] == (
        [("left", before)] if before else []
    )
    assert system._store.episodes()[0].outcome == "" and system._recorder._episodes.task_id == task_id
    system.close()


def test_a_task_has_one_episode_when_who_gave_it_and_who_watches_begin_it(bench: Bench) -> None:
    system = bench.open()
    with ThreadPoolExecutor(8) as people:
        begun = list(
            people.map(lambda by: system._recorder._episodes.begin("t1", "pick up the towel", str(by), None), range(8))
        )
    assert set(begun) == {episode.id for episode in system._store.episodes()} and len(set(begun)) == 1
    watcher = system._recorder._episodes
    watched = watcher.begin("t2", "pick up the towel", "", None)
    assert watcher.begin("t2", "pick up the towel", "Ada", None) == watched, "who gave it is known, whoever began it"
    assert next((e.by, e.outcome) for e in system._store.episodes()) == ("Ada", "")
    watcher.end("done", "t1")
    assert watcher.task_id == "t2", "another task's end is not this one's"
    system.close()


def test_the_episode_goes_on_when_the_terminal_comes_back(bench: Bench) -> None:
    system = bench.open()
    bench.bridge.work_on()
    until(lambda: len(system._store.episodes()) == 1)
    system.close()
    bench.delivered.clear()
    system = bench.open()
    bench.bridge.publish(observed(7))
    until(lambda: any(isinstance(m, Observation) for m in bench.delivered))
    bench.bridge.finish()
    until(lambda: system._store.episodes()[0].outcome == "done")
    assert len(system._store.episodes()) == 1
    system.close()


def test_a_stop_overtakes_everything_when_the_session_is_at_work(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    system = bench.open()
    bench.bridge.work_on()
    slow = system.session._situation
    free = threading.Event()
    monkeypatch.setattr(system.session, "_situation", lambda: (free.wait(20), slow())[1])
    for _ in range(3):
        system.submit("what are you doing?")
    system.stop()
    system.submit("stop")
    until(lambda: bench.bridge.kinds()[:2] == ["stop", "stop"])
    assert all("stopped" in reply.said for reply in bench.replies), "the session is still at its first question"
    free.set()
    system.close()


def test_the_heart_beats_twice_a_second_when_nothing_else_happens(bench: Bench) -> None:
    system = bench.open()
    until(lambda: len(bench.bridge.heartbeats) >= 4, 3.0)
    system.close()


def test_the_next_task_begins_when_the_first_is_done(bench: Bench) -> None:
    system = bench.open()
    system.submit("put the red cup in the sink and then put the blue plate in the bin")
    bench.wait_for_reply()
    assert system.queued == ("put the blue plate in the bin",)
    bench.bridge.finish()
    until(lambda: len(bench.bridge.interventions) == 2)
    assert bench.bridge.interventions[1].instruction == "put the blue plate in the bin"
    until(lambda: system.conversation(1)[0].text.startswith("All right"))
    system.close()


def test_the_robots_question_is_said_and_answered_when_it_sees_two_that_match(bench: Bench) -> None:
    system = bench.open()
    doubt = Thought(reason="there is a red cup and a blue cup in sight", subtask="ask which cup")
    bench.bridge.work_on("put the cup in the sink", doubt, state="holding")
    bench.bridge.publish(Event(time_s=1.0, level="info", code="asks", text="asks", task_id="t1"))
    until(lambda: any("the red cup or the blue cup" in u.text for u in system.conversation(5)))
    system.submit("the red one")
    bench.wait_for_reply(2)
    assert bench.bridge.interventions[-1].instruction == "put the red cup in the sink"
    system.close()


def test_the_robot_says_it_again_when_the_person_has_sent_it_on(bench: Bench) -> None:
    system = bench.open()
    absent = Thought(reason="there is no red cup in sight", subtask="ask for help")
    bench.bridge.work_on("put the red cup in the sink", absent, state="holding")
    asks = Event(time_s=1.0, level="info", code="asks", text="asks", task_id="t1")

    def told() -> int:
        return sum("There is no red cup in sight" in u.text for u in system.conversation(20))

    bench.bridge.publish(asks)
    until(lambda: told() == 1)
    bench.bridge.publish(asks)
    bench.bridge.publish(Event(time_s=1.0, level="warning", code="hot", text="the left wrist is warm", task_id="t1"))
    until(lambda: any("wrist" in u.text for u in system.conversation(20)))
    assert told() == 1
    system.submit("go on")
    bench.wait_for_reply(3)
    bench.bridge.publish(asks)
    until(lambda: told() == 2)
    system.close()


def test_lines_in_are_answered_by_lines_out_when_headless(bench: Bench) -> None:
    out = io.StringIO()

    def lines() -> Iterator[str]:
        yield "put the red cup in the sink\n"
        until(lambda: "robot: " in out.getvalue())  # said once all about it is on the disk
        bench.bridge.publish(ThoughtToken(request_id=1, index=0, text="reason"))
        bench.bridge.publish(ThoughtEvent(time_s=1.0, task_id="t", observation_sequence=1, thought=SINK_THOUGHT))
        until(lambda: "thought: " in out.getvalue())
        yield "stop"

    assert run_headless(bench.config, lines(), out) == 0
    said = out.getvalue().splitlines()
    assert said[0] == "robot: All right, I will put the red cup in the sink."
    assert f"thought: {SINK_THOUGHT.subtask} · {SINK_THOUGHT.reason}" in said
    assert said[-1].startswith("robot: I have stopped")


def test_a_process_that_died_is_told_of_once_unless_somebody_has(
    bench: Bench, capfd: pytest.CaptureFixture[str]
) -> None:
    run = bench.config.home / "run"
    said = []

    def lines() -> Iterator[str]:
        run.mkdir(exist_ok=True)
        write_restart(bench.config.home, Restart(1.0, "ui", "killed", 1, text="known already", told=True))
        write_restart(bench.config.home, Restart(2.0, "bridge", "killed", 1, text="the bridge process died"))
        until(lambda: said.append(capfd.readouterr().err) or "the bridge process died" in "".join(said))
        time.sleep(2 * NOTICES_S)
        yield "stop"

    run_headless(bench.config, lines(), io.StringIO())
    said.append(capfd.readouterr().err)
    assert "".join(said).count("the bridge process died") == 1 and "known already" not in "".join(said)


def test_the_exit_status_says_so_when_the_work_came_to_no_end(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    def lines() -> Iterator[str]:
        yield "put the red cup in the sink\n"
        until(lambda: bench.bridge.kinds() == ["task"])
        bench.bridge.work_on(state="holding", detail="it asks for help")

    assert run_headless(bench.config, lines(), io.StringIO()) == 1
    assert "not finished: put the red cup in the sink (it asks for help)" in capsys.readouterr().err
    with Store.open(bench.config.memory_path) as store:
        assert [episode.outcome for episode in store.episodes() if episode.task_id == "t1"] == ["interrupted"]
    assert run_headless(bench.config, [], io.StringIO()) == 0  # nothing was asked for


def test_a_robot_that_waits_for_its_policy_is_at_work(bench: Bench) -> None:
    system = bench.open()
    try:
        bench.bridge.work_on(state="holding")
        assert not system.at_work
        bench.bridge.policy_ok = False
        assert system.at_work
    finally:
        system.close()


def test_one_utterance_prints_one_json_object_when_said_beside_an_open_screen(
    bench: Bench, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(f"bridge_address: {bench.bridge.address}\nevents_address: {bench.bridge.events_address}\n")
    system = bench.open()
    flags = ["--config", str(file), "--home", str(tmp_path)]
    assert main(["say", "put the red cup", "in the sink", "--json", *flags]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert set(answer) == {"reply", "understood", "task_id"}
    assert answer["task_id"] == bench.bridge.interventions[0].id
    assert answer["understood"]["items"][0]["kind"] == "task"
    assert system.conversation(9)[0].text == "put the red cup in the sink"
    bench.bridge.state["thought"] = SINK_THOUGHT
    assert main(["say", "no, put it in the bin", *flags]) == 0
    assert len(system.corrections()) == 1 and len(system._store.episodes()) == 1
    system.close()


def test_say_fails_in_one_sentence_when_nothing_runs(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("bridge_address: tcp://127.0.0.1:1\n")
    assert main(["say", "put the red cup in the sink", "--config", str(file), "--home", str(tmp_path)]) == 1
    captured = capsys.readouterr()
    assert captured.out == "" and "tcp://127.0.0.1:1" in captured.err and captured.err.count("\n") == 1


def restarted(bench: Bench, **changes: object) -> None:
    """Another run of the bridge answers, and has no task."""
    bench.bridge.state = {"state": "idle", "task_id": "", "instruction": "", "thought": None} | changes
    bench.bridge.run += 1


def test_person_is_told_and_questions_are_forgotten_when_the_bridge_has_lost_the_task(bench: Bench) -> None:
    bench.bridge.run = 1
    system = bench.open()
    system.submit("put the red cup in the sink")
    task_id = bench.wait_for_reply().task_id
    until(lambda: any(isinstance(m, Status) and m.task_id == task_id for m in bench.delivered))
    system.submit("no, not that one")
    assert "?" in bench.wait_for_reply(2).said
    restarted(bench)
    told = bench.wait_for_reply(3).said
    assert told == say("interrupted", task="put the red cup in the sink")
    assert load_pending(system._store) is None
    assert [episode.outcome for episode in system._store.episodes()] == ["interrupted"]
    system.close()


def test_nobody_is_told_of_an_interruption_when_the_task_is_set_aside(bench: Bench) -> None:
    bench.bridge.run = 1
    system = bench.open()
    system.submit("put the red cup in the sink")
    task_id = bench.wait_for_reply().task_id
    until(lambda: any(isinstance(m, Status) and m.task_id == task_id for m in bench.delivered))
    restarted(bench)
    bench.bridge.run -= 1  # the same run: a reset
    until(lambda: [episode.outcome for episode in system._store.episodes()] == ["left"])
    system.close()
    assert len(bench.replies) == 1


@pytest.mark.parametrize(("left", "coach", "outcome"), [
    (True, "", "interrupted"), (False, "", "running"), (True, "another terminal", "running"),
])  # fmt: skip
def test_episode_ends_when_the_program_is_left(bench: Bench, left: bool, coach: str, outcome: str) -> None:
    system = bench.open()
    system.submit("put the red cup in the sink")
    task_id = bench.wait_for_reply().task_id
    bench.bridge.state["coach"] = coach
    until(lambda: any(isinstance(m, Status) and (m.task_id, m.coach) == (task_id, coach) for m in bench.delivered))
    system.close(left)
    with Store.open(bench.config.memory_path) as store:
        assert [episode.outcome or "running" for episode in store.episodes()] == [outcome]
