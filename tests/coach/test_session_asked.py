"""What the robot asks by itself is answered by a lesson."""

import pytest
from bridge_stand_in import SINK_THOUGHT
from test_session import Bench, bench  # noqa: F401

from robot_bridge.protocol.messages import Event

TASK = "put the red cup in the sink"


def asks(bench: Bench, why: str) -> str:  # noqa: F811
    """The bridge holds and asks; what the robot says."""
    bench.bridge.work_on(TASK, SINK_THOUGHT, state="holding")
    text = "I tried 3 times and nothing is in the left hand: please help"
    data = {"why": why, "reason": SINK_THOUGHT.reason, "subtask": SINK_THOUGHT.subtask}
    return bench.session.robot_doubts(Event(time_s=0.0, level="info", code="asks", text=text, task_id="t1", data=data))


def test_a_yes_is_kept_as_a_lesson_and_the_thought_goes_on_when_the_robot_was_unsure(bench: Bench) -> None:  # noqa: F811
    assert asks(bench, "unsure") == f"I am not sure. Shall I {SINK_THOUGHT.subtask}?"
    reply = bench.session.hear("yes please")
    (sent,) = bench.bridge.interventions
    assert sent.kind == "correction" and sent.instruction == TASK
    assert sent.forced == f"reason: {SINK_THOUGHT.reason}\nsubtask: {SINK_THOUGHT.subtask}\n"
    (lesson,) = bench.store.corrections()
    assert lesson.words == "yes please" and lesson.thought_should == sent.forced and lesson.id == reply.correction_id
    assert SINK_THOUGHT.subtask in reply.said


@pytest.mark.parametrize(("why", "words", "instruction"), [
    ("unsure", "no, put it in the bin", "put the red cup in the bin"),
    ("unsure", "put the blue plate in the bin", "put the blue plate in the bin"),
    ("tries", "put the green sponge in the sink", "put the green sponge in the sink"),
])  # fmt: skip
def test_something_else_said_in_answer_corrects_the_task_in_hand(
    bench: Bench, why: str, words: str, instruction: str  # noqa: F811
) -> None:  # fmt: skip
    asks(bench, why)
    assert bench.session.hear(words).correction_id
    (sent,) = bench.bridge.interventions
    assert (sent.kind, sent.instruction) == ("correction", instruction)
    assert bench.store.count_corrections() == 1
    bench.session.hear("put the white towel in the drying rack")  # what is said later is a task again
    assert bench.bridge.interventions[-1].kind == "task"


def test_go_on_settles_the_question_without_a_lesson(bench: Bench) -> None:  # noqa: F811
    assert "I tried 3 times" in asks(bench, "tries")
    bench.session.hear("go on")
    bench.session.hear("put the white towel in the drying rack")
    assert bench.bridge.kinds() == ["resume", "task"] and bench.store.count_corrections() == 0


def test_a_yes_means_nothing_special_when_nothing_was_asked_in_this_task(bench: Bench) -> None:  # noqa: F811
    asks(bench, "unsure")
    bench.bridge.work_on(TASK, SINK_THOUGHT, task_id="t2")
    bench.session.hear("yes")
    assert "correction" not in bench.bridge.kinds()
