"""The task in hand follows what is said and what is thought."""

from dataclasses import replace

import msgspec
import pytest
from fake_policy import ABSENT, FINISHED, PICKING, PLACING

from robot_bridge.mission import Task, TaskBook, begin, check_forced, check_words
from robot_bridge.protocol.errors import UsageError
from robot_bridge.protocol.messages import Intervention
from robot_bridge.protocol.thought import Thought, Where

SINK = Intervention(id="t1", kind="task", instruction="put the red cup in the sink", notes=("cups go up",))
RACK = Intervention(id="c1", kind="correction", instruction="put the red cup in the drying rack", text="no, the rack",
                    forced="reason: the red cup is on the counter and goes in the drying rack\n")  # fmt: skip


def after(*texts: str) -> Task:
    task = Task("t1", "put the red cup in the sink")
    for text in texts:
        task = task.thinking(Thought.parse(text))
    return task


def test_subtask_is_done_when_the_next_one_begins():
    assert after(PICKING, PICKING, PLACING).done == ("pick up the red cup",)
    assert after(PICKING, PLACING, PLACING, FINISHED).done == ("pick up the red cup", "put the red cup in the sink")


def test_subtask_is_not_done_when_it_was_left_for_one_thought_only():
    assert after(PICKING, PLACING, PICKING).done == ()
    assert after(PICKING, PLACING, FINISHED, PLACING).done == ("pick up the red cup",)


def test_nothing_is_done_when_a_question_comes_between():
    task = after(PICKING, ABSENT, PICKING)
    assert task.done == () and task.subtask == "pick up the red cup"


def test_done_itself_is_no_subtask_when_work_goes_on():
    assert after(PICKING, FINISHED, FINISHED, PLACING).done == ("pick up the red cup",)


def test_wrong_subtask_does_not_count_as_done_when_corrected():
    book = TaskBook()
    book.begin(SINK, keep_undo=False)
    for text in (PICKING, PLACING, PLACING):
        book.think(Thought.parse(text), keep_forced=False)
    book.correct(RACK)
    assert book.task is not None
    assert book.task.context.done == ("pick up the red cup",) and book.task.dialogue == ("no, the rack",)
    assert (book.task.task_id, book.task.cause, book.task.forced) == ("t1", "c1", RACK.forced)
    book.think(Thought.parse("subtask: put the red cup in the drying rack"), keep_forced=False)
    assert book.task.done == ("pick up the red cup",) and book.task.forced == ""


def test_earlier_instruction_returns_when_undone():
    book = TaskBook()
    book.begin(SINK, keep_undo=False)
    book.correct(RACK)
    book.undo(Intervention(id="u", kind="undo"))
    assert book.task is not None and book.task.instruction == SINK.instruction and book.task.cause == "u"
    with pytest.raises(UsageError, match="no earlier instruction"):
        book.undo(Intervention(id="u2", kind="undo"))


def test_last_task_begins_again_when_restarted_after_it_was_done():
    book = TaskBook()
    book.begin(SINK, keep_undo=False)
    book.think(Thought.parse(PICKING), keep_forced=False)
    book.close()
    book.restart(Intervention(id="r", kind="restart"))
    assert book.task is not None
    assert (book.task.instruction, book.task.done, book.task.thought) == (SINK.instruction, (), None)
    assert book.task.notes == SINK.notes


@pytest.mark.parametrize(
    "words",
    [
        Intervention(id="", kind="pause"),
        Intervention(id="x" * 300, kind="pause"),
        Intervention(id="a", kind="task"),
        Intervention(id="a", kind="task", instruction="x" * 10_000),
        Intervention(id="a", kind="correction"),
        Intervention(id="a", kind="correction", forced="x" * 10_000),
        Intervention(id="a", kind="nudge"),
        Intervention(id="a", kind="nudge", offset=(float("nan"), 0, 0)),
        Intervention(id="a", kind="nudge", offset=(1.0, 0, 0)),
        Intervention(id="a", kind="task", instruction="x", notes=("n",) * 100),
    ],
)
def test_words_are_refused_in_a_sentence_when_unusable(words):
    with pytest.raises(UsageError) as refused:
        check_words(words)
    assert refused.value.what


def test_forced_words_are_refused_when_they_are_no_thought():
    check_forced("reason: the red cup is on the counter")
    check_forced("reason: a\nsubtask: pick up the towel\n")
    with pytest.raises(UsageError, match="not a thought"):
        check_forced("put it in the rack please")


POINT = Where("base", 0.25, 0.5)
POINTED = Thought(reason="r", subtask="pick up the red cup", where=Where("base", 0.8, 0.8))


def test_point_takes_the_place_of_the_thoughts_own_until_the_subtask_is_over():
    task = begin(Intervention(id="a", kind="task", instruction="put the red cup in the sink", where=POINT))
    task = task.thinking(POINTED)
    assert task.thought.where == POINT
    elsewhere = msgspec.structs.replace(POINTED, subtask="put the red cup in the sink")
    assert task.thinking(elsewhere).thought.where == POINTED.where
    assert task.thinking(elsewhere).thinking(POINTED).thought.where == POINT  # it had not left the subtask at all
    assert task.thinking(Thought(subtask="ask for help")).thought.where is None


def test_point_is_forgotten_when_something_else_is_said():
    task = begin(Intervention(id="a", kind="task", instruction="x", where=POINT)).thinking(POINTED)
    corrected = task.corrected(Intervention(id="b", kind="correction", instruction="y"))
    assert corrected.thinking(POINTED).thought.where == POINTED.where


@pytest.mark.parametrize("words", [
    Intervention(id="a", kind="nudge", pace=-1.0), Intervention(id="a", kind="nudge", pace=float("nan")),
    Intervention(id="a", kind="nudge", turn_rad=9.0),
    Intervention(id="a", kind="correction", where=Where("base", 1.5, 0.2)),
    Intervention(id="a", kind="correction", where=Where("base", float("nan"), 0.2)),
])  # fmt: skip
def test_nudges_and_points_are_refused_in_a_sentence_when_out_of_range(words):
    with pytest.raises(UsageError) as refused:
        check_words(words)
    assert refused.value.allowed


CHORE = Intervention(id="t2", kind="task", instruction="clear the counter")
BIN = Intervention(id="c2", kind="correction", instruction="clear the counter", text="no, in the bin",
                   forced="reason: the red plate is on the counter and goes in the bin\n")  # fmt: skip
FOLLOWED = "reason: the red plate is on the counter and goes in the bin\nsubtask: pick up the red plate"
REMINDED = "reason: the red plate is in the right hand and goes in the bin\n"
RELAPSED = REMINDED.replace("bin", "dishwasher") + "subtask: put the red plate in the dishwasher"


def corrected_chore() -> TaskBook:
    book = TaskBook()
    book.begin(CHORE, keep_undo=False)
    book.correct(BIN)
    book.think(Thought.parse(FOLLOWED), keep_forced=False)
    return book


def test_word_of_a_person_holds_when_the_model_forgets_it_later_in_a_chore():
    book = corrected_chore()
    task = book.think(Thought.parse(RELAPSED), keep_forced=False)
    assert task.forced == REMINDED and task.thought == Thought.parse(FOLLOWED)
    assert task.context.told == ("put the red plate in the bin",)
    task = book.think(Thought.parse(f"{REMINDED}subtask: put the red plate in the bin"), keep_forced=False)
    assert task.forced == "" and task.thought.subtask == "put the red plate in the bin"


def test_other_things_go_where_the_model_thinks_when_one_was_corrected():
    book = corrected_chore()
    task = book.think(Thought.parse(RELAPSED.replace("red", "blue")), keep_forced=False)
    assert task.forced == "" and task.subtask == "put the blue plate in the dishwasher"


def test_word_is_over_when_another_instruction_comes():
    book = corrected_chore()
    book.correct(msgspec.structs.replace(RACK, id="c3"))
    assert book.task.told == ()


def test_errand_lasts_until_it_is_done_or_a_person_says_otherwise():
    task = after(PICKING, ABSENT)
    assert task.context.going.errand == "put the red cup in the sink", "a question changes nothing"
    assert after(PICKING, FINISHED).context.going.errand == ""
    assert task.corrected(RACK).context.going.errand == "" and task.restarted("r1").context.going.errand == ""
    book = TaskBook()
    book.begin(SINK, keep_undo=False)
    book.correct(RACK)
    book.think(Thought.parse(PICKING), keep_forced=False)
    book.undo(Intervention(id="u", kind="undo"))
    assert book.task is not None and book.task.context.going.errand == ""


def test_what_was_left_for_later_is_forgotten_when_it_was_put_away_after_all():
    task = after(PICKING)
    task = replace(task, going=msgspec.structs.replace(task.going, aside=("red cup", "blue bowl")))
    other = Thought.parse(PICKING.replace("red cup", "blue plate"))
    assert task.thinking(other).going.aside == ("red cup", "blue bowl"), "it was only picked up"
    assert task.thinking(Thought.parse(PLACING)).thinking(other).going.aside == ("blue bowl",)
