"""Lessons put right, taken back and counted."""

from __future__ import annotations

import pytest

from memory.records import CorrectionDraft
from memory.statistics import object_of, statistics_of
from memory.store import Store
from robot_bridge.protocol.errors import UsageError

FINAL = (
    "reason: the red cup is on the counter\nsubtask: pick up the red cup\nhand: left\nwhere: base <loc0400><loc0600>"
)


@pytest.fixture
def lesson(store: Store) -> str:
    draft = CorrectionDraft(id="a1", words="no, the read cup", thought_was="subtask: pick up the plate",
                            thought_should="reason: the red cup is on the counter\n", thought_final=FINAL,
                            instruction_now="put the red cup in the sink", checkpoint="first")  # fmt: skip
    return store.add_correction(draft).id


def test_history_holds_the_old_words_when_a_lesson_is_edited(store: Store, lesson: str):
    edited = store.edit_correction(lesson, {"words": "no, the red cup"}, "ben", "misheard")
    assert edited == store.correction(lesson) and edited.words == "no, the red cup"
    change = store.correction_changes(lesson)[-1]
    assert (change.field, change.was, change.now) == ("words", "no, the read cup", "no, the red cup")
    assert (change.by, change.reason) == ("ben", "misheard")
    assert [c.id for c in store.search_corrections("red cup")] == [lesson]
    assert store.search_corrections("read") == []


def test_rest_of_a_thought_goes_when_its_beginning_is_another(store: Store, lesson: str):
    kept = store.edit_correction(lesson, {"thought_should": "reason: the red cup is on the counter"}, "ben")
    assert kept.thought_final == FINAL
    edited = store.edit_correction(lesson, {"thought_should": "subtask: pick up the towel"}, "ben")
    assert edited.thought_should == "subtask: pick up the towel\n" and edited.thought_final == ""
    assert store.correction_changes(lesson)[-1].was == FINAL
    whole = store.edit_correction(lesson, {"thought_should": FINAL.replace("red", "blue")}, "ben")
    assert whole.thought_final == FINAL.replace("red", "blue")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "nothing to edit"),
        ({"id": "x"}, "'id' of a correction cannot be edited"),
        ({"words": "  "}, "cannot be empty"),
        ({"thought_should": "pick up the cup"}, "this is no thought"),
        ({"thought_final": "reason: it is there"}, "needs a line 'subtask"),
        ({"thought_should": "hand: third"}, "'third' is no hand of the robot; allowed: left, right"),
        ({"thought_should": "subtask: juggle the plateshand: third"}, "is two lines in one"),
        ({"kind": "nonsense"}, "'nonsense' is no kind of correction; allowed: instruction, subtask, where, hand"),
        ({"kind": "review"}, "'review' is no kind"),  # that is how it came about, and nobody can change that
    ],
)
def test_usage_error_and_nothing_changed_when_an_edit_does_not_fit(store: Store, lesson: str, fields, says):
    before = store.correction(lesson)
    with pytest.raises(UsageError, match=says):
        store.edit_correction(lesson, {"kind": "subtask", **fields} if fields else fields, "ben")
    assert store.correction(lesson) == before and store.correction_changes(lesson) == []


@pytest.mark.parametrize("kind", ["review", "nudge"])
def test_usage_error_when_the_kind_of_what_was_not_said_is_edited(store: Store, kind: str):
    store.add_correction(CorrectionDraft(id="r1", words="written afterwards", kind=kind))
    with pytest.raises(UsageError, match=f"of kind '{kind}' keeps it"):
        store.edit_correction("r1", {"kind": "subtask"}, "ben")
    assert store.edit_correction("r1", {"words": "the rack"}, "ben").kind == kind


def test_retracted_lesson_stays_on_record_with_its_reason(store: Store, lesson: str):
    assert store.retract_correction(lesson, "ben", "I misspoke").outcome == "retracted"
    change = store.correction_changes(lesson)[-1]
    assert (change.was, change.now, change.reason) == ("open", "retracted", "I misspoke")


def test_counts_tell_what_was_taught_again_and_again(store: Store, lesson: str):
    week = 7 * 86400.0
    for number, (thing, wall_s) in enumerate([("blue plate", 0.0), ("blue plate", week), ("blue plate", week)]):
        store.add_correction(CorrectionDraft(id=f"b{number}", words=f"rack {number}", kind="subtask",
                                             instruction_now=f"put the {thing} in the drying rack", wall_s=1e9 + wall_s,
                                             checkpoint="first"))  # fmt: skip
    store.retract_correction("b2", "ben")
    counted = statistics_of(store)
    assert counted.total == 4 and counted.kinds == {"subtask": 3, "instruction": 1}
    assert counted.outcomes == {"open": 3, "retracted": 1} and counted.checkpoints == {"first": 4}
    assert list(counted.objects.items()) == [("blue plate", 3), ("red cup", 1)]
    assert list(counted.weeks.items())[:2] == [("2001-W36", 1), ("2001-W37", 2)]
    assert [(r.times, r.words) for r in counted.repeated] == [(2, "rack 1")]


@pytest.mark.parametrize(
    ("instruction", "thing"),
    [
        ("put the red cup in the drying rack", "red cup"),
        ("pick up the towel", "towel"),
        ("please take the big blue bowl to the sink", "big blue bowl"),
        ("put the plate away", "plate"),
        ("dance", ""),
        ("clear the counter", ""),
        ("wipe the counter", "counter"),
    ],
)
def test_object_is_found_in_an_instruction(instruction, thing):
    assert object_of(instruction) == thing


def test_lesson_of_a_chore_is_about_the_thing_that_it_teaches(store: Store):
    for number, thought in enumerate((FINAL, "reason: it is full\n")):
        store.add_correction(CorrectionDraft(id=f"c{number}", words="no", thought_should=thought,
                                             instruction_now="clear the counter"))  # fmt: skip
    assert statistics_of(store).objects == {"red cup": 1, "": 1}
