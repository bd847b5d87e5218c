"""What came of a lesson is seen by itself: from where things ended, from questions, from tasks that were left."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from bridge_stand_in import SINK_THOUGHT
from test_session_system import Bench, bench, observed  # noqa: F401 - a fixture
from waiting import until

from coach.review.recording import Recording
from coach.review.suggestions import suggest
from coach.session.judgement import judge_end
from coach.session.system import System
from memory.lessons import thought_of
from memory.records import Correction, CorrectionDraft
from memory.store import Store
from robot_bridge.protocol.messages import Event, Observation, ThoughtEvent
from robot_bridge.protocol.thought import Thought, Where

BIN_THOUGHT = Thought(reason="the red cup is on the counter and goes in the bin", subtask="pick up the red cup",
                      hand="left", where=Where("base", 0.5, 0.5))  # fmt: skip


def taught(bench: Bench, system: System, words: str = "no, put it in the bin") -> str:  # noqa: F811
    """A task that was corrected; the id of the lesson."""
    system.submit("put the red cup in the sink")
    bench.wait_for_reply()
    bench.bridge.state["thought"] = SINK_THOUGHT
    system.submit(words)
    lesson_id = bench.wait_for_reply(2).correction_id
    think(bench, 1.0, lesson_id)
    until(lambda: bool(system._store.correction(lesson_id).thought_final))
    return lesson_id


def think(bench: Bench, at_s: float, cause: str = "") -> None:  # noqa: F811
    bench.bridge.publish(ThoughtEvent(time_s=at_s, task_id=bench.bridge.state["task_id"], observation_sequence=0,
                                      thought=BIN_THOUGHT, cause=cause))  # fmt: skip


def outcome(system: System, lesson_id: str) -> str:
    return system._store.correction(lesson_id).outcome


def reasons(system: System, lesson_id: str) -> list[str]:
    return [change.reason for change in system._store.correction_changes(lesson_id) if change.field == "outcome"]


def test_lesson_is_completed_when_its_thought_comes_before_the_disk_has_it(bench: Bench) -> None:  # noqa: F811
    system = bench.open()
    system.submit("put the red cup in the sink")
    bench.wait_for_reply()
    bench.bridge.state["thought"] = SINK_THOUGHT
    add, store = system._store.add_correction, system._store

    def slowly(draft: CorrectionDraft, *frames: Sequence[Observation]) -> Correction:
        think(bench, 1.0, draft.id)
        until(lambda: draft.id in system._recorder._completed)
        return add(draft, *frames)

    store.add_correction = slowly  # type: ignore[method-assign]
    system.submit("no, put it in the bin")
    lesson_id = bench.wait_for_reply(2).correction_id
    assert not store.correction(lesson_id).thought_final
    think(bench, 1.2)
    until(lambda: store.correction(lesson_id).thought_final == str(BIN_THOUGHT))
    system.close()


@pytest.mark.parametrize(("place", "judged", "episode"), [
    ("bin", "followed", "done"), ("sink", "failed", "failed"), ("floor", "failed", "failed"),
    ("", "left", "done"),  # arms that cannot tell: that the robot takes it for done is no evidence
])  # fmt: skip
def test_lesson_is_judged_by_where_the_thing_ended_when_the_robot_takes_its_task_for_done(
    bench: Bench, place: str, judged: str, episode: str  # noqa: F811
) -> None:  # fmt: skip
    system = bench.open()
    lesson_id = taught(bench, system)
    bench.bridge.finish(**({"red_cup": place} if place else {}), **({"blue_plate": "counter"} if place else {}))
    until(lambda: outcome(system, lesson_id) != "open")
    until(lambda: system._store.episodes()[0].outcome != "")
    assert (outcome(system, lesson_id), system._store.episodes()[0].outcome) == (judged, episode)
    assert bool([why for why in reasons(system, lesson_id) if place and place in why]) == (judged == "failed")
    system.close()


def test_each_lesson_of_a_chore_is_judged_by_its_own_thing(bench: Bench) -> None:  # noqa: F811
    system = bench.open()
    system.submit("clear the counter")
    bench.wait_for_reply()
    lessons = []
    for number, (thing, place) in enumerate((("red cup", "bin"), ("blue plate", "sink"), ("blue plate", "bin"))):
        bench.bridge.state["thought"] = Thought(reason=f"the {thing} is on the counter and goes in the dishwasher",
                                                subtask=f"pick up the {thing}")  # fmt: skip
        system.submit(f"no, put the {thing} in the {place}")
        lessons.append(bench.wait_for_reply(2 + number).correction_id)
    bench.bridge.finish(red_cup="dishwasher", blue_plate="bin")
    until(lambda: outcome(system, lessons[0]) != "open")
    until(lambda: system._store.episodes()[0].outcome == "failed")
    assert [outcome(system, lesson) for lesson in lessons] == ["failed", "followed", "followed"]
    system.close()


def test_lesson_has_failed_and_the_end_of_the_episode_is_suggested_when_help_is_asked_in_vain(bench: Bench) -> None:  # noqa: F811
    system = bench.open()
    lesson_id = taught(bench, system)
    for tenth in range(20, 130):
        bench.bridge.publish(observed(tenth))
        if tenth % 10 == 0:
            think(bench, tenth / 10)
    until(lambda: sum(isinstance(m, Observation) for m in bench.delivered) == 110)
    bench.bridge.ask("time", "I have worked on it for 60 seconds without finishing")
    until(lambda: outcome(system, lesson_id) == "failed")
    assert reasons(system, lesson_id) == ["I have worked on it for 60 seconds without finishing"]
    lesson = system._store.correction(lesson_id)
    assert lesson.thought_final == str(BIN_THOUGHT) and thought_of(lesson) == lesson.thought_should, "not what it wrote"
    system.submit("put the blue plate in the sink")  # the person gives up on it
    until(lambda: system._store.episodes(2)[-1].outcome == "failed")
    found = suggest(Recording(system._store, system._store.episodes(2)[-1].id))
    assert [s.thought for s in found if s.id.startswith("stuck-")] == ["subtask: ask for help"]
    system.close()


def test_lesson_was_followed_when_the_robot_was_helped_and_came_to_its_end(bench: Bench) -> None:  # noqa: F811
    system = bench.open()
    lesson_id = taught(bench, system)
    bench.bridge.ask("tries", "I tried 3 times and nothing is in the left hand: please help")
    until(lambda: outcome(system, lesson_id) == "failed")
    system.submit("resume")
    until(lambda: bench.bridge.state["state"] == "running")
    bench.bridge.finish(red_cup="bin")
    until(lambda: outcome(system, lesson_id) == "followed")
    until(lambda: system._store.episodes()[0].outcome == "done")
    system.close()


def test_lesson_stays_failed_when_the_robot_was_helped_and_nobody_saw_the_end(bench: Bench) -> None:  # noqa: F811
    system = bench.open()
    lesson_id = taught(bench, system)
    bench.bridge.ask("tries", "I tried 3 times and nothing is in the left hand: please help")
    until(lambda: outcome(system, lesson_id) == "failed")
    bench.bridge.finish()
    until(lambda: system._store.episodes()[0].outcome == "done")
    assert outcome(system, lesson_id) == "failed"
    system.close()


@pytest.mark.parametrize(("should", "judged"), [
    ("reason: the red cup is on the counter and goes in the bin\n", "followed"),
    ("subtask: pick up the red cup\n", "left"), ("", "left"),  # nothing in it tells where a thing should have ended
])  # fmt: skip
def test_lesson_of_a_chore_is_followed_only_where_its_thing_was_seen(tmp_path: Path, should: str, judged: str) -> None:
    with Store.open(tmp_path / "memory.db") as store:
        episode = store.begin_episode("t", "clear the counter", "home", "", "kitchen", "ann")
        store.add_correction(CorrectionDraft(id="l", words="no", episode_id=episode, thought_should=should))
        data = {"instruction": "clear the counter", "things": {"red cup": {"place": "bin", "dirty": False}}}
        done = Event(time_s=9.0, level="info", code="task_done", text="done", task_id="t", data=data)
        assert judge_end(store, episode, done) == "done"
        assert store.correction("l").outcome == judged


def test_lesson_stays_failed_when_other_words_brought_the_end(bench: Bench) -> None:  # noqa: F811
    system = bench.open()
    first = taught(bench, system)
    bench.bridge.ask("tries", "I tried 3 times and nothing is in the left hand: please help")
    until(lambda: outcome(system, first) == "failed")
    bench.bridge.state["thought"] = BIN_THOUGHT
    replies = len(bench.replies)
    system.submit("no, put it in the drying rack")
    until(lambda: any(reply.correction_id for reply in bench.replies[replies:]))
    second = next(reply.correction_id for reply in bench.replies[replies:] if reply.correction_id)
    bench.bridge.finish(red_cup="drying rack")
    until(lambda: outcome(system, second) == "followed")
    assert outcome(system, first) == "failed"
    system.close()


@pytest.mark.parametrize("words", ["put the blue plate in the sink", "reset"])
def test_lesson_is_left_when_its_task_is_replaced_or_forgotten(bench: Bench, words: str) -> None:  # noqa: F811
    system = bench.open()
    lesson_id = taught(bench, system)
    if words == "reset":
        system.act("reset")
    else:
        system.submit(words)
    until(lambda: outcome(system, lesson_id) == "left")
    lesson = system._store.correction(lesson_id)
    assert thought_of(lesson) == str(BIN_THOUGHT), "it teaches: nothing speaks against it"
    system.close()


def test_lesson_is_left_when_the_task_was_gone_after_a_crash(bench: Bench) -> None:  # noqa: F811
    system = bench.open()
    lesson_id = taught(bench, system)
    system.close()
    bench.bridge.state = {"state": "idle", "task_id": "", "instruction": "", "thought": None}
    system = System.open(bench.config, bench.delivered.append, bench.replies.append)
    until(lambda: outcome(system, lesson_id) == "left")
    system.close()


def test_lesson_is_taken_back_and_never_learnt_when_its_thing_is_not_in_sight(bench: Bench) -> None:  # noqa: F811
    system = bench.open()
    lesson_id = taught(bench, system, "no, put the white bottle in the bin")
    reason = "there is no white bottle in sight"
    bench.bridge.state["thought"] = Thought(reason=reason, subtask="ask for help")
    bench.bridge.ask("thought", f"{reason}: please help", reason)
    until(lambda: outcome(system, lesson_id) == "retracted")
    assert reasons(system, lesson_id) == ["There was no white bottle in sight."]
    assert thought_of(system._store.correction(lesson_id)) == ""
    until(lambda: any(u.text.startswith("There is no white bottle in sight") for u in system.conversation(10)))
    system.close()


def test_lesson_about_a_thing_that_never_was_there_is_taken_back_when_the_task_ends(bench: Bench) -> None:  # noqa: F811
    system = bench.open()
    system.submit("clear the counter")
    bench.wait_for_reply()
    bench.bridge.state["thought"] = SINK_THOUGHT
    system.submit("no, put the white bottle in the bin")
    lesson_id = bench.wait_for_reply(2).correction_id
    bench.bridge.finish(red_cup="sink")
    until(lambda: outcome(system, lesson_id) == "retracted")
    system.close()
