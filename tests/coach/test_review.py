"""Looking at an episode afterwards: stepping, labelling, suggestions that wait for a person; the screen by its keys."""

import numpy as np
import pytest

from coach.__main__ import main
from coach.app.review_app import ReviewApp
from coach.config import Config
from coach.review.recording import Recording
from coach.review.suggestions import decide, suggest, undecided
from memory.records import CorrectionDraft
from memory.replay import stream
from memory.store import Store
from robot_bridge.protocol.errors import UsageError
from robot_bridge.protocol.messages import ChunkEvent, Observation, ThoughtEvent
from robot_bridge.protocol.thought import Thought, Where

WRONG = Thought(reason="the plate is on the counter", subtask="pick up the plate", where=Where("base", 0.5, 0.5))
RIGHT = (
    "reason: the red cup is on the counter\nsubtask: pick up the red cup\nhand: left\nwhere: base <loc0400><loc0600>"
)


@pytest.fixture
def store(tmp_path):
    """20 s at 5 Hz from 100 s on the clock; the wrong thought comes at 2 s and stays."""
    with Store.open(tmp_path / "memory.db") as opened:
        episode = opened.begin_episode("t", "put the red cup in the sink", "home", "first", "kitchen", "ann")
        for number in range(100):
            image = np.full((16, 16, 3), number, np.uint8)
            opened.add_frame(episode, Observation(sequence=number, time_s=100 + number / 5,
                                                  state=np.zeros(38, np.float32), images={"base": image}))  # fmt: skip
        for at_s, thought in [(0, Thought(subtask="look")), (2, WRONG), (6, WRONG)]:
            opened.add_thought(episode, ThoughtEvent(time_s=100.0 + at_s, task_id="t", observation_sequence=0,
                                                     thought=thought))  # fmt: skip
        opened.add_actions(episode, ChunkEvent(time_s=103.0, task_id="t", observation_sequence=0, dt_s=0.1,
                                               actions=np.zeros((16, 38), np.float32)))  # fmt: skip
        opened.flush()
        yield opened


def test_each_frame_shows_what_was_in_force(store):
    recording = Recording(store, 1)
    assert len(recording) == 100
    first, later = recording.instant(0), recording.instant(40)
    assert (first.thought.subtask, first.action, first.at_s) == ("look", "", 0.0)
    assert later.thought.subtask == "pick up the plate" and later.at_s == pytest.approx(8.0)
    assert later.action == "16 steps, 1.6 s: holds still" and later.frame.sequence == 40
    assert recording.instant(10**6).number == 99
    assert recording.next_thought(0, 1) == 10 and recording.next_thought(10, -1) == 0
    assert recording.next_thought(99, 1) == 99


def test_label_becomes_a_lesson_over_the_marked_frames(store):
    recording = Recording(store, 1)
    stored = recording.label(10, 30, RIGHT, "ben")
    assert (stored.kind, stored.thought_was, stored.thought_final) == ("review", str(WRONG), RIGHT)
    [lesson] = stream(store)
    assert (lesson.start_s, lesson.end_s) == (102.0, 106.0) and lesson.thought == RIGHT
    assert [frame.sequence for frame in lesson.frames] == list(range(10, 31))
    assert lesson.instruction == "put the red cup in the sink"
    assert [c.id for c in recording.instant(20).taught] == [stored.id] and recording.instant(5).taught == ()
    with pytest.raises(UsageError, match="no thought"):
        recording.label(10, 30, "grab it", "ben")


@pytest.mark.parametrize(("first", "last"), [(5, 30), (50, 55), (31, 33), (7, 7), (0, 99)])
def test_label_holds_for_the_marked_range_alone_whatever_was_thought_and_taught_around_it(store, first, last):
    store.add_thought(
        1, ThoughtEvent(time_s=105.9, task_id="t", observation_sequence=0, thought=Thought(subtask="done"))
    )
    store.add_correction(CorrectionDraft(id="live", words="no", episode_id=1, thought_should=RIGHT, time_s=110.4,
                                         observation_sequence=52))  # fmt: skip
    recording = Recording(store, 1)
    label = recording.label(first, last, RIGHT, "ben")
    later = recording.label(min(last + 1, 99), 99, RIGHT, "ben")
    lessons = {lesson.correction.id: lesson for lesson in stream(store)}
    for stored, numbers in ((label, range(first, last + 1)), (later, range(min(last + 1, 99), 100))):
        lesson = lessons[stored.id]
        assert (lesson.start_s, lesson.end_s) == (stored.time_s - stored.label_start_s, stored.time_s)
        assert [frame.sequence for frame in lesson.frames] == list(numbers)


def test_label_keeps_its_frames_when_a_restarted_bridge_counted_them_anew(store):
    for number in range(100):  # the numbers of the first twenty seconds once more
        store.add_frame(1, Observation(sequence=number, time_s=200 + number / 5, images={},
                                       state=np.zeros(38, np.float32)))  # fmt: skip
    store.end_episode(1, "done")
    label = Recording(store, 1).label(10, 30, RIGHT, "ben")
    store.prune(0)
    [lesson] = stream(store)
    assert [frame.time_s for frame in lesson.frames] == [100 + number / 5 for number in range(10, 31)]
    assert label.window_end_s < 200


def test_suggestion_waits_for_a_person(store):
    store.add_correction(CorrectionDraft(id="live", words="no, the cup", episode_id=1, thought_was=str(WRONG),
                                         thought_should=RIGHT, thought_final=RIGHT, time_s=112.0,
                                         observation_sequence=60))  # fmt: skip
    recording = Recording(store, 1)
    [suggestion] = undecided(store, recording)
    assert (suggestion.start_s, suggestion.end_s, suggestion.thought) == (102.0, 110.0, RIGHT)
    assert 'for 8.0 s before "no, the cup" put it right' in suggestion.why
    assert store.count_corrections() == 1  # not learnt from yet
    decide(store, recording, suggestion, "accepted", "ben")
    assert store.count_corrections() == 2 and undecided(store, Recording(store, 1)) == []
    assert store.corrections(1)[0].by == "ben"


def test_endless_subtask_of_a_failed_task_suggests_asking(store):
    assert suggest(Recording(store, 1)) == []
    store.end_episode(1, "failed")
    recording = Recording(store, 1)
    [suggestion] = suggest(recording)
    assert suggestion.thought == "subtask: ask for help" and suggestion.start_s == 110.0
    decide(store, recording, suggestion, "rejected", "ben")
    assert store.count_corrections() == 0 and undecided(store, recording) == []


async def test_thought_is_written_from_where_it_went_wrong_by_keys(store, tmp_path):
    app = ReviewApp(Config(home=tmp_path, person="ben"), store, Recording(store, 1))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        await pilot.press("n")
        assert app.number == 10
        await pilot.press("w", "pagedown", "right", "e")
        editor = app.query_one("#editor")
        assert editor.text == str(WRONG) and app.number == 21
        editor.load_text("jump")
        await pilot.press("ctrl+s")
        assert store.count_corrections() == 0 and editor.has_class("open")  # refused, and still there to be mended
        editor.load_text(RIGHT)
        await pilot.press("ctrl+s")
        await pilot.press("s", "y", "end")
        assert app.number == 99
    [lesson] = store.corrections()
    assert lesson.label_start_s == pytest.approx(2.2) and lesson.by == "ben" and lesson.thought_final == RIGHT


async def test_suggestion_is_shown_and_rejected_by_keys(store, tmp_path):
    store.end_episode(1, "failed")
    app = ReviewApp(Config(home=tmp_path), store, Recording(store, 1))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("s")
        assert app.suggestion is not None and app.recording.times[app.number] == app.suggestion.start_s
        await pilot.press("x")
        assert app.suggestion is None
    assert undecided(store, app.recording) == [] and store.count_corrections() == 0


async def test_nothing_is_kept_when_the_thought_was_there_already(store, tmp_path):
    app = ReviewApp(Config(home=tmp_path), store, Recording(store, 1))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("n", "e", "ctrl+s")
        assert [n.message for n in app._notifications][-1].startswith("nothing is changed, so nothing is kept")
        await pilot.press("escape", "home", "w", "n", "n", "e", "ctrl+s")  # right from the mark on, where another was
    [lesson] = store.corrections()
    assert lesson.label_start_s == pytest.approx(6.0)


async def test_lesson_is_refused_when_the_mark_lies_after_its_frame(store, tmp_path):
    app = ReviewApp(Config(home=tmp_path), store, Recording(store, 1))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("end", "w", "home", "e")
        app.query_one("#editor").load_text(RIGHT)
        await pilot.press("ctrl+s")
        told = [n.message for n in app._notifications][-1]
    assert store.count_corrections() == 0
    assert told == "the mark at frame 100 lies after this one, which is frame 1; press w again, where it went wrong"


async def test_last_lesson_is_taken_back_by_its_key(store, tmp_path):
    store.end_episode(1, "failed")
    app = ReviewApp(Config(home=tmp_path, person="ben"), store, Recording(store, 1))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("n", "e")
        app.query_one("#editor").load_text(RIGHT)
        await pilot.press("ctrl+s", "s", "y")
        assert undecided(store, app.recording) == []
        await pilot.press("u")
        [waiting] = undecided(store, app.recording)
        assert [c.outcome for c in store.corrections()] == ["retracted", "open"] and waiting.id.startswith("stuck")
        await pilot.press("u", "u")
        assert [n.message for n in app._notifications][-1].startswith("no lesson was written in this review")
    assert [c.outcome for c in store.corrections()] == ["retracted", "retracted"] and app.recording.lessons == []


async def test_footer_is_whole_on_80_columns_and_tells_what_ends_the_writing(store, tmp_path):
    app = ReviewApp(Config(home=tmp_path), store, Recording(store, 1))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert [key.description for key in app.query("FooterKey")][-1] == "help"
        assert max(key.region.right for key in app.query("FooterKey")) <= 80
        await pilot.press("e")
        await pilot.pause()
        assert [key.description for key in app.query("FooterKey")] == ["keep it as a lesson", "discard it"]
        await pilot.press("escape", "question_mark")
        await pilot.pause()
        assert type(app.screen).__name__ == "ReviewKeys"
        await pilot.press("q")
        assert app.number == 0 and len(app.screen_stack) == 1


def test_lesson_is_refused_when_it_points_into_no_picture(store):
    with pytest.raises(UsageError, match="no picture of a camera 'roof'; allowed: base"):
        Recording(store, 1).label(10, 30, RIGHT.replace("base", "roof"), "ben")


@pytest.mark.parametrize(("argv", "says"), [([], "needs a terminal"), (["9"], "there is no episode 9")])
def test_one_sentence_when_it_cannot_be_shown(store, tmp_path, capsys, argv, says):
    assert main(["review", *argv, "--home", str(tmp_path)]) == 2
    assert says in capsys.readouterr().err


def test_one_sentence_when_nothing_is_recorded(tmp_path, capsys):
    assert main(["review", "--home", str(tmp_path)]) == 2
    assert "no memory" in capsys.readouterr().err
    with Store.open(tmp_path / "memory.db") as store:
        assert main(["review", "--home", str(tmp_path)]) == 2
        assert "no episode is recorded" in capsys.readouterr().err
        store.begin_episode("t", "x", "h", "c", "kitchen", "ann")
    assert main(["review", "--home", str(tmp_path)]) == 2
    assert "has no pictures" in capsys.readouterr().err
