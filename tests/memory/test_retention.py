"""Making room: old frames go, lessons and their frames stay."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from memory.records import CorrectionDraft
from memory.replay import stream
from memory.store import Store
from robot_bridge.protocol.messages import ChunkEvent, Event, Observation, ThoughtEvent
from robot_bridge.protocol.thought import Thought


@pytest.fixture
def recorded(store: Store, episode: int) -> Store:
    """100 s of noisy pictures and a lesson at 50 s."""
    dice = np.random.default_rng(0)
    for sequence in range(1, 1001):
        picture = dice.integers(0, 255, (32, 32, 3), dtype=np.uint8)
        images = {"base": picture}
        frame = Observation(sequence=sequence, time_s=sequence / 10, state=np.zeros(38, np.float32), images=images)
        store.add_frame(episode, frame)
        if sequence % 100 == 0:
            store.flush()
        if sequence == 500:
            store.add_correction(CorrectionDraft(id="i1", words="no", episode_id=episode, observation_sequence=500))
    store.flush()
    return store


def test_nothing_goes_when_there_is_room(recorded: Store, episode: int):
    pruned = recorded.prune(1 << 30)
    assert pruned.frames == 0 and pruned.bytes_now == pruned.bytes_before
    assert recorded.episode(episode).frames == 1000


def test_oldest_frames_go_when_room_is_short(recorded: Store, episode: int):
    whole = recorded.prune(1 << 30).bytes_now
    pruned = recorded.prune(whole * 3 // 4)
    left = [frame.sequence for frame in recorded.frames(episode)]
    assert 150 < pruned.frames < 450 and pruned.bytes_now <= whole * 3 // 4
    assert left == list(range(pruned.frames + 1, 1001))


def test_all_frames_from_a_lesson_on_stay_while_its_episode_is_open(recorded: Store, episode: int):
    other = recorded.begin_episode("task-2", "put the plate in the sink", "home", "first", "kitchen", "ann")
    recorded.add_frame(other, recorded.frames(episode, 1.0, 1.0)[0].observation())
    pruned = recorded.prune(0)
    assert [frame.sequence for frame in recorded.frames(episode)] == list(range(470, 1001))
    assert (pruned.frames, pruned.kept_frames, len(recorded.frames(other))) == (470, 531, 0)


def test_frames_of_a_long_lesson_stay_when_room_was_made_before_it_was_over(recorded: Store, episode: int):
    """The thing is carried for 30 s; room is made on the way, and once more in the end."""
    for at_s, subtask, cause in ((1.0, "look", ""), (50.2, "pick up the red cup", "i1"), (80.0, "done", "i1")):
        event = ThoughtEvent(time_s=at_s, task_id="task-1", observation_sequence=0, thought=Thought(subtask=subtask))
        recorded.add_thought(episode, msgspec.structs.replace(event, cause=cause))
        recorded.prune(0)
    recorded.edit_correction("i1", {"thought_should": "subtask: pick up the red cup"}, "ann")
    recorded.end_episode(episode, "done")
    pruned = recorded.prune(0)
    [lesson] = stream(recorded)
    assert (lesson.start_s, lesson.end_s) == (48.0, 80.0)
    assert [frame.sequence for frame in lesson.frames] == list(range(480, 801)) and pruned.kept_frames == 331


def test_frames_of_a_lesson_stay_when_everything_else_must_go(recorded: Store, episode: int):
    recorded.end_episode(episode, "done")
    pruned = recorded.prune(0)
    assert [frame.sequence for frame in recorded.frames(episode)] == list(range(470, 541))
    assert pruned.kept_frames == 71 and pruned.frames == 929
    assert len(recorded.correction_frames("i1")) == 71 and recorded.correction("i1").words == "no"


def test_actions_go_with_the_frames_of_their_time_and_stay_with_those_of_a_lesson(recorded: Store, episode: int):
    recorded.end_episode(episode, "done")
    for at_s in range(100):
        recorded.add_actions(episode, chunk(float(at_s), wide=1))
    recorded.prune(0)
    assert [action.time_s for action in recorded.actions(episode)] == list(map(float, range(47, 55)))


def test_actions_without_frames_are_bounded_too(store: Store):
    for number in range(3):
        episode = store.begin_episode(f"t{number}", "clear the counter", "home", "first", "kitchen", "ann")
        for at_s in range(200):
            store.add_actions(episode, chunk(float(at_s)))
    whole = store.prune(1 << 30).bytes_now
    pruned = store.prune(whole // 2)
    left = [len(store.actions(episode)) for episode in (1, 2, 3)]
    assert pruned.bytes_now <= whole // 2 and left[0] == 0 and 0 < left[1] < 200 and left[2] == 200
    assert pruned.others == 600 - sum(left) and pruned.frames == 0


def test_thoughts_and_events_go_but_not_those_of_lessons(recorded: Store, episode: int):
    recorded.end_episode(episode, "done")
    recorded.add_event(episode, Event(time_s=50.0, level="info", code="x", text="told"))
    other = recorded.begin_episode("t2", "clear the counter", "home", "first", "kitchen", "ann")
    for one in (episode, other):
        for at_s in range(10):
            thought = Thought(reason="seen", subtask="look")
            recorded.add_thought(one, ThoughtEvent(time_s=at_s, task_id="t", observation_sequence=0, thought=thought))
            recorded.add_event(one, Event(time_s=at_s, level="info", code="x", text="told"))
        recorded.add_utterance("clear the counter", "ann", "person", one)
    pruned = recorded.prune(0)
    assert [len(recorded.thoughts(one)) for one in (episode, other)] == [10, 0]
    assert [event.time_s for event in recorded.events()] == [50.0]
    assert len(recorded.conversation()) == 2 and len(recorded.episodes()) == 2 and pruned.others == 30


def test_lesson_holds_as_long_as_before_when_everything_else_went(recorded: Store, episode: int):
    wrong, right = Thought(reason="a", subtask="look"), Thought(reason="a", subtask="pick up the cup")
    recorded.edit_correction("i1", {"thought_should": str(right)}, "ann")
    for at_s, thought, cause in ((5.0, wrong, ""), (49.0, right, ""), (50.5, right, "i1"), (70.0, wrong, "")):
        recorded.add_thought(episode, ThoughtEvent(time_s=at_s, task_id="t", observation_sequence=0, thought=thought,
                                                   cause=cause))  # fmt: skip
    recorded.end_episode(episode, "done")
    [before] = stream(recorded)
    recorded.prune(0)
    [after] = stream(recorded)
    assert after == before and (after.start_s, after.end_s, len(after.frames)) == (48.0, 70.0, 221)


def chunk(time_s: float, wide: int = 38) -> ChunkEvent:
    actions = np.zeros((16, wide), np.float32)
    return ChunkEvent(time_s=time_s, task_id="t", observation_sequence=0, actions=actions, dt_s=0.1)


def test_file_shrinks_when_frames_went(recorded: Store, episode: int):
    recorded.end_episode(episode, "done")
    recorded.prune(1 << 30)
    with recorded._connection.reading() as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    before = recorded.path.stat().st_size
    recorded.prune(0)
    assert recorded.path.stat().st_size < before / 3
    recorded.check()
