"""Lessons played again: their stretch of time, their order, their weight, their speed."""

from __future__ import annotations

import itertools
import time
from collections import Counter

import msgspec
import numpy as np
import pytest

from memory.lessons import instruction_of, thought_of, weights
from memory.records import Correction, CorrectionDraft
from memory.replay import Mixture, mixed, stream
from memory.store import Store
from robot_bridge.protocol.messages import ChunkEvent, Observation, ThoughtEvent
from robot_bridge.protocol.thought import Thought

WAS = "reason: the red cup is on the counter and goes in the sink\nsubtask: pick up the red cup\nhand: left"
SHOULD = "reason: the red cup is on the counter and goes in the drying rack\n"
FINAL = SHOULD + "subtask: pick up the red cup\nhand: left\nwhere: base <loc0400><loc0600>"


def draft(episode: int | None, **changes) -> CorrectionDraft:
    lesson = CorrectionDraft(
        id="c1", words="no, in the drying rack", episode_id=episode, thought_was=WAS, thought_should=SHOULD,
        thought_final=FINAL, instruction_was="put the red cup away", embodiment="kitchen",
        instruction_now="put the red cup in the drying rack", time_s=10.0, observation_sequence=100,
    )  # fmt: skip
    return msgspec.structs.replace(lesson, **changes)


def think(store: Store, episode: int, time_s: float, subtask: str, cause: str = "") -> None:
    thought = Thought(reason="seen", subtask=subtask)
    store.add_thought(episode, ThoughtEvent(time_s=time_s, task_id="t", observation_sequence=0, thought=thought,
                                            cause=cause))  # fmt: skip


@pytest.fixture
def recorded(store: Store, episode: int, observe) -> Store:
    """20 s at 10 Hz; corrected at 10 s, the corrected subtask ends at 16 s."""
    for sequence in range(1, 201):
        store.add_frame(episode, observe(sequence))
    store.flush()
    store.add_correction(draft(episode))
    for time_s, cause in [(2, ""), (10.2, "c1"), (13, "c1")]:
        think(store, episode, time_s, "pick up the red cup", cause)
    think(store, episode, 16, "put the red cup in the rack", "c1")
    for time_s in (5.0, 9.0, 15.0, 18.0):
        store.add_actions(episode, ChunkEvent(time_s=time_s, task_id="t", observation_sequence=0, dt_s=0.1,
                                              actions=np.full((4, 38), time_s, np.float32)))  # fmt: skip
    return store


def test_lesson_reaches_from_before_the_words_to_the_end_of_the_subtask(recorded: Store):
    [lesson] = stream(recorded)
    assert (lesson.start_s, lesson.end_s) == (8.0, 16.0)
    assert [f.sequence for f in lesson.frames] == list(range(80, 161))
    assert [a.actions[0, 0] for a in lesson.actions] == [9.0, 15.0]
    assert (lesson.thought, lesson.thought_was) == (FINAL, WAS)
    assert lesson.frames[0].state.shape == (38,) and lesson.summary()["frames"] == 81


def test_frames_to_the_end_of_the_subtask_are_never_pruned(recorded: Store, episode: int):
    recorded.end_episode(episode, "done")
    recorded.prune(0)
    [lesson] = stream(recorded)
    assert [f.sequence for f in lesson.frames] == list(range(80, 161))


def test_lesson_ends_where_the_next_one_begins(recorded: Store, episode: int):
    recorded.add_correction(draft(episode, id="c2", time_s=14.0, observation_sequence=140))
    first, second = stream(recorded)
    assert (first.end_s, second.start_s) == (12.0, 12.0)
    recorded.retract_correction("c2", "ann")
    [first] = stream(recorded)
    assert first.end_s == 16.0


@pytest.mark.parametrize(
    ("changes", "thought"),
    [
        ({}, FINAL),
        ({"thought_final": ""}, SHOULD),
        ({"outcome": "failed"}, SHOULD),  # what the model made of the words is no example
        ({"outcome": "retracted"}, ""),
        ({"outcome": "undone"}, ""),
        ({"thought_final": "", "thought_should": ""}, ""),
        ({"thought_final": "", "thought_should": "subtask: done"}, "subtask: done"),
    ],
)
def test_thought_to_learn_is_what_is_known_to_be_right(changes, thought):
    values = {name: getattr(draft(None), name) for name in CorrectionDraft.__struct_fields__ if name != "audio"}
    correction = Correction(number=1, window_start_s=0, window_end_s=0, **{**values, **changes})
    assert thought_of(correction) == thought


@pytest.mark.parametrize(
    ("was", "now", "taught"),
    [
        ("put the red cup away", "put the red cup in the drying rack", "was"),  # left open: the lesson is its own
        ("put the cup in the sink", "put the cup in the sink", "now"),
        ("put the red cup in the sink", "put the red cup in the drying rack", "now"),  # the person wants another thing
        ("put the red cup away", "put the blue plate in the sink", "now"),
        ("pick up the cup", "pick up the red cup", "now"),
        ("", "put the red cup in the sink", "now"),
    ],
)
def test_instruction_to_learn_is_the_one_the_robot_got_wrong(was, now, taught):
    values = {"instruction_was": was, "instruction_now": now}
    correction = Correction(id="x", words="no", number=1, window_start_s=0, window_end_s=0, **values)
    assert instruction_of(correction) == values[f"instruction_{taught}"]


def test_rare_and_wrong_weigh_more_than_repeated_and_known(store: Store):
    for number in range(4):
        store.add_correction(draft(None, id=f"often{number}"))
    store.add_correction(draft(None, id="rare", thought_final="subtask: ask for help"))
    store.add_correction(draft(None, id="known", instruction_now="x", thought_was=FINAL))
    weight = dict(zip([c.id for c in store.corrections()], weights(store.corrections()), strict=True))
    assert weight["rare"] == 1.0 and weight["often0"] == 0.5 and weight["known"] == pytest.approx(0.1)


def test_mixture_repeats_when_seeded_alike_and_prefers_what_teaches(store: Store, episode: int, observe):
    for number in range(9):
        store.add_correction(draft(episode, id=f"often{number}", time_s=9.0 * number + 1, observation_sequence=0),
                             [observe(90 * number + 10)])  # fmt: skip
    store.add_correction(draft(episode, id="rare", time_s=200.0, observation_sequence=0,
                               thought_final="subtask: ask for help"), [observe(2000)])  # fmt: skip
    drawn = [lesson.correction.id for lesson in itertools.islice(mixed(store, 3), 400)]
    assert drawn == [lesson.correction.id for lesson in itertools.islice(mixed(store, 3), 400)]
    assert 60 < Counter(drawn)["rare"] < 140  # a quarter: one against √9
    moments = Mixture(store, "kitchen")
    assert len(moments) == 10 and len(Mixture(store, "other body")) == 0
    picked = [m.frame.sequence for m in itertools.islice(moments.draws([3, 1]), 50)]
    assert picked == [m.frame.sequence for m in itertools.islice(moments.draws([3, 1]), 50)]
    assert len(set(picked)) > 3
    assert next(mixed(store, 3)).frames


def test_nothing_comes_when_there_is_nothing_to_learn(store: Store):
    assert list(stream(store)) == list(mixed(store, 0)) == []
    store.add_correction(draft(None, thought_final="", thought_should=""))
    assert list(stream(store)) == [] and len(Mixture(store)) == 0
    assert list(Mixture(store).draws(0)) == []


def test_lesson_is_skipped_when_retracted_while_the_stream_runs(store: Store):
    for number in range(3):
        store.add_correction(draft(None, id=f"c{number}"))
    lessons = stream(store)
    assert next(lessons).correction.id == "c0"
    store.retract_correction("c1", "ann")
    assert [lesson.correction.id for lesson in lessons] == ["c2"]


def test_replay_reads_as_fast_as_the_disk_allows(store: Store):
    """Against the same pictures in one bare SELECT, in time of the processor, which a busy machine leaves as it is."""
    dice = np.random.default_rng(0)
    pictures = [dice.integers(0, 255, (96, 96, 3), dtype=np.uint8) for _ in range(4)]
    for number in range(12):
        episode = store.begin_episode(f"t{number}", "put the red cup away", "home", "first", "kitchen", "ann")
        for step in range(80):
            images = {camera: pictures[(step + i) % 4] for i, camera in enumerate(("base", "left_wrist"))}
            store.add_frame(episode, Observation(sequence=step + 1, time_s=(step + 1) / 10,
                                                 state=np.zeros(38, np.float32), images=images))  # fmt: skip
        store.flush()
        store.add_correction(draft(episode, id=f"c{number}", time_s=4.0, observation_sequence=40))
    began_s = time.thread_time()
    with store.reading() as db:
        plain = sum(len(row[0]) for row in db.conn.execute("SELECT jpeg FROM pictures"))
    plain_mb_s = plain / 1e6 / (time.thread_time() - began_s)
    began_s = time.thread_time()
    read = sum(len(jpeg) for lesson in stream(store) for frame in lesson.frames for jpeg in frame.jpegs.values())
    replay_mb_s = read / 1e6 / (time.thread_time() - began_s)
    print(f"replay {replay_mb_s:.0f} MB/s, bare SELECT {plain_mb_s:.0f} MB/s")
    assert read > plain / 3 and replay_mb_s > plain_mb_s / 8
