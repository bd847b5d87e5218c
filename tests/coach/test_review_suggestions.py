"""What the outcome and a second look of the model suggest, and that nothing is learnt before a person accepts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from test_review import WRONG, store  # noqa: F401 - a fixture

from coach.app.messages import Pointed
from coach.app.review_app import ReviewApp
from coach.config import Config
from coach.review.recording import Recording
from coach.review.second_look import keep, look_again
from coach.review.suggestion import Suggestion
from coach.review.suggestions import decide, suggest, undecided
from memory.store import Store
from robot_bridge.protocol.errors import UnreachableError, UsageError
from robot_bridge.protocol.messages import Event, ThoughtEvent
from robot_bridge.protocol.thought import Thought, Where

CUP = Thought(reason="the red cup is on the counter", subtask="pick up the red cup", hand="left",
              where=Where("base", 0.6, 0.4), confidence=0.9)  # fmt: skip


def event(code: str, at_s: float, **data: Any) -> Event:
    return Event(time_s=100.0 + at_s, level="info", code=code, text=code, task_id="t", data=data)


def thought(at_s: float, subtask: str) -> ThoughtEvent:
    return ThoughtEvent(time_s=100.0 + at_s, task_id="t", observation_sequence=0, thought=Thought(subtask=subtask))


def test_clean_dish_is_washed_again_when_it_fell(store: Store) -> None:  # noqa: F811
    store.add_event(1, event("fell", 8.0, thing="white plate", dirty=False))
    store.add_event(1, event("fell", 12.0, thing="blue towel", dirty=False))
    recording = Recording(store, 1)
    plate, towel = undecided(store, recording)
    assert (
        plate.start_s == 108.0
        and "is on the floor and goes in the sink" in plate.thought
        and "washed again" in plate.why
    )
    assert "pick up the blue towel" in towel.thought and "washed again" not in towel.why
    decide(store, recording, plate, "accepted", "ben")
    [lesson] = store.corrections()
    assert lesson.thought_should.startswith("reason: the white plate is on the floor") and lesson.by == "ben"


@pytest.mark.parametrize(("place", "told"), [
    ("counter", "is on the counter and goes in the sink\nsubtask: pick up the red cup"),
    ("left hand", "is in the left hand and goes in the sink\nsubtask: put the red cup in the sink"),
    ("sink", ""),
])  # fmt: skip
def test_end_is_doubted_when_the_thing_is_not_where_it_was_put(store: Store, place: str, told: str) -> None:  # noqa: F811
    store.add_thought(1, thought(15.0, "done"))
    things = {"red cup": {"place": place, "dirty": False}}
    store.add_event(1, event("task_done", 16.0, instruction="put the red cup in the sink", things=things))
    found = suggest(Recording(store, 1))
    assert [told in suggestion.thought for suggestion in found] == ([True] if told else [])


def test_single_other_thought_is_suggested_to_have_been_the_one_around_it(store: Store) -> None:  # noqa: F811
    plate = "pick up the plate"
    for at_s, subtask in ((9.0, plate), (10.0, "done"), (10.5, plate), (11.0, plate)):
        store.add_thought(1, ThoughtEvent(time_s=100.0 + at_s, task_id="t", observation_sequence=0,
                                          thought=Thought(reason=WRONG.reason, subtask=subtask)))  # fmt: skip
    [suggestion] = suggest(Recording(store, 1))
    assert (suggestion.start_s, suggestion.end_s) == (110.0, 110.5) and 'thought of "done" in between' in suggestion.why


def test_second_look_suggests_where_the_model_thinks_otherwise_twice(store: Store) -> None:  # noqa: F811
    recording = Recording(store, 1)
    asked: list[str] = []

    def think(observation: Any, context: Any) -> Thought:
        asked.append(context.instruction)
        if observation.sequence < 10:
            return Thought(subtask="look")
        return CUP if 20 <= observation.sequence < 50 or observation.sequence == 70 else WRONG

    found = look_again(recording, think, lambda done, of: None)
    [suggestion] = found  # the single look at frame 70 was chance
    assert (suggestion.start_s, suggestion.end_s, suggestion.thought) == (104.2, 109.6, str(CUP))
    assert "90% sure" in suggestion.why and set(asked) == {"put the red cup in the sink"}
    keep(store, recording, found)
    assert undecided(store, Recording(store, 1)) == found and store.count_corrections() == 0
    decide(store, recording, suggestion, "rejected", "ben")
    assert undecided(store, recording) == [] and store.count_corrections() == 0


OLD = [{"id": "look-21-48", "first": 21, "last": 48, "thought": str(CUP), "why": "on a second look"}]


def looked(start_s: float, end_s: float) -> Suggestion:
    return Suggestion(f"look-{start_s}", start_s, end_s, str(CUP), "on a second look")


def drop(store: Store, before_s: float) -> None:  # noqa: F811
    with store._connection.writing() as db:
        db.conn.execute("DELETE FROM frames WHERE time_s < ?", (before_s,))


def test_suggestion_stays_where_it_was_when_frames_before_it_are_dropped(store: Store) -> None:  # noqa: F811
    keep(store, Recording(store, 1), [looked(104.2, 109.6), looked(112.0, 114.0)])
    drop(store, 108.0)
    recording = Recording(store, 1)
    [suggestion] = undecided(store, recording)  # of the first there is no picture of where it begins
    decide(store, recording, suggestion, "accepted", "ben")
    [lesson] = store.corrections()
    assert (lesson.time_s - lesson.label_start_s, lesson.time_s) == (112.0, 114.0)


@pytest.mark.parametrize("reopened", [True, False])
def test_usage_error_and_no_lesson_when_the_pictures_of_what_is_accepted_are_gone(store: Store, reopened: bool) -> None:  # noqa: F811
    recording = Recording(store, 1)
    drop(store, 108.0)
    with pytest.raises(UsageError, match="dropped to make room"):
        decide(store, Recording(store, 1) if reopened else recording, looked(104.2, 109.6), "accepted", "ben")
    assert store.count_corrections() == 0 and store.get_state("review.1") is None


def test_nothing_is_suggested_where_there_are_no_pictures_left(store: Store) -> None:  # noqa: F811
    store.add_event(1, event("fell", 2.0, thing="white plate", dirty=False))
    assert [s.id for s in undecided(store, Recording(store, 1))] == ["fell-1"]
    drop(store, 104.0)
    assert undecided(store, Recording(store, 1)) == []


async def test_screen_goes_on_when_pictures_are_dropped_meanwhile(store: Store, tmp_path: Path) -> None:  # noqa: F811
    keep(store, Recording(store, 1), [looked(112.0, 114.0)])
    app = ReviewApp(Config(home=tmp_path), store, Recording(store, 1))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        await pilot.press("s")
        assert app.number == 60
        drop(store, 200.0)
        await pilot.press("y", "right", "e", "ctrl+s", "escape")
        told = [str(notice.message) for notice in app._notifications]
        assert told and all("dropped to make room" in words for words in told) and app.is_running
    assert store.count_corrections() == 0


async def test_suggestions_kept_by_an_older_release_are_left_out_with_a_sentence(store: Store, tmp_path: Path) -> None:  # noqa: F811
    store.set_state("review.look.1", OLD)
    app = ReviewApp(Config(home=tmp_path), store, Recording(store, 1))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        await pilot.press("s")
        told = " ".join(str(notice.message) for notice in app._notifications)
    assert app.suggestion is None and "coach review 1 --look-again" in told and "another release" in told


def test_second_look_fails_in_a_sentence_when_the_policy_never_answers(store: Store) -> None:  # noqa: F811
    def think(observation: Any, context: Any) -> Thought:
        raise UnreachableError("nobody is there")

    with pytest.raises(UnreachableError):
        look_again(Recording(store, 1), think, lambda done, of: None)


async def test_suggestion_is_changed_and_pointed_before_it_is_accepted(store: Store, tmp_path: Path) -> None:  # noqa: F811
    store.add_event(1, event("fell", 8.0, thing="white plate", dirty=False))
    app = ReviewApp(Config(home=tmp_path, person="ben"), store, Recording(store, 1))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        await pilot.press("s", "e")
        assert "white plate" in app.query_one("#editor").text  # type: ignore[attr-defined]
        app.post_message(Pointed("base", 0.25, 0.5))
        await pilot.pause()
        await pilot.press("ctrl+s")
        await pilot.pause()
        assert app.suggestion is None
    [lesson] = store.corrections()
    assert "where: base <loc0512><loc0256>" in lesson.thought_final and "washed again" in lesson.words
