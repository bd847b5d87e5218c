"""Corrections: stored whole, completed, judged, found by the frames they cover."""

from __future__ import annotations

import json

import msgspec
import pytest

from memory.records import CorrectionDraft
from memory.store import Store
from robot_bridge.protocol.errors import StoreError, UsageError
from robot_bridge.protocol.thought import Where


def _draft(episode: int | None, **changes) -> CorrectionDraft:
    draft = CorrectionDraft(
        id="0a1b-1", words="no, put it in the drying rack", episode_id=episode, kind="instruction",
        thought_was="reason: the red cup is on the counter and goes in the sink\nsubtask: pick up the red cup",
        thought_should="reason: the red cup is on the counter and goes in the drying rack\n",
        instruction_was="put the red cup in the sink", instruction_now="put the red cup in the drying rack", by="ann",
        wall_s=1000.5, time_s=10.0, observation_sequence=100, where=Where("base", 0.123456, 0.5),
        rules=("cups dry in the rack",), checkpoint="first", home="home", embodiment="kitchen", audio=b"RIFF",
    )  # fmt: skip
    return msgspec.structs.replace(draft, **changes)


def test_every_field_comes_back_when_stored(store: Store, episode: int):
    draft = _draft(episode)
    returned = store.add_correction(draft)
    assert store.correction("0a1b-1") == returned
    for name in CorrectionDraft.__struct_fields__:
        assert name == "audio" or getattr(returned, name) == getattr(draft, name), name


def test_time_of_the_words_is_now_when_not_given(store: Store):
    assert store.add_correction(_draft(None, wall_s=0.0)).wall_s > 1.6e9


def test_correction_is_stored_once_when_added_twice(store: Store, episode: int):
    first = store.add_correction(_draft(episode))
    assert store.add_correction(_draft(episode)) == first
    assert store.count_corrections() == 1


def test_store_error_when_another_correction_has_the_id(store: Store, episode: int):
    store.add_correction(_draft(episode))
    with pytest.raises(StoreError, match="never used"):
        store.add_correction(_draft(episode, words="no, leave it"))


def test_store_error_when_the_episode_does_not_exist(store: Store):
    with pytest.raises(StoreError):
        store.add_correction(_draft(77))
    assert store.count_corrections() == 0


def test_changes_are_remembered_when_completed_and_judged(store: Store, episode: int):
    store.add_correction(_draft(episode))
    store.complete_correction("0a1b-1", "reason: a\nsubtask: pick up the red cup")
    store.set_outcome("0a1b-1", "followed")
    store.set_outcome("0a1b-1", "followed")
    store.set_outcome("0a1b-1", "retracted", by="ann")
    correction = store.correction("0a1b-1")
    assert (correction.thought_final, correction.outcome) == ("reason: a\nsubtask: pick up the red cup", "retracted")
    changes = [(change.field, change.was, change.by) for change in store.correction_changes("0a1b-1")]
    assert changes == [("thought_final", "", "model"), ("outcome", "open", "robot"), ("outcome", "followed", "ann")]


def test_usage_error_when_the_outcome_is_not_one(store: Store, episode: int):
    store.add_correction(_draft(episode))
    with pytest.raises(UsageError, match="open, followed, failed, left, undone, retracted"):
        store.set_outcome("0a1b-1", "great")  # type: ignore[arg-type]


def test_correction_is_found_by_its_beginning_when_unshared(store: Store, episode: int):
    store.add_correction(_draft(episode))
    store.add_correction(_draft(episode, id="0a1c-2"))
    assert store.correction("0a1b").id == "0a1b-1"
    with pytest.raises(UsageError, match="several"):
        store.correction("0a1")
    assert store.correction("2").id == "0a1c-2"  # its number
    for unknown in ("", "zz", "%", "0a1b-1 or 1=1", "3", "9" * 30, "²"):
        with pytest.raises(UsageError, match="no correction"):
            store.correction(unknown)


def test_corrections_come_newest_first_when_listed(store: Store, episode: int):
    for index in range(5):
        store.add_correction(_draft(episode, id=f"i{index}"))
    assert [correction.id for correction in store.corrections(limit=2, offset=1)] == ["i3", "i2"]


def test_frames_around_the_words_are_covered_when_recording(store: Store, episode: int, observe):
    for sequence in range(1, 101):
        store.add_frame(episode, observe(sequence))
    store.add_correction(_draft(episode))  # at sequence 100, 10.0 s
    assert [frame.sequence for frame in store.correction_frames("0a1b-1")] == list(range(70, 101))
    for sequence in range(101, 181):
        store.add_frame(episode, observe(sequence))
    store.flush()
    assert [frame.sequence for frame in store.correction_frames("0a1b-1")] == list(range(70, 141))


def test_window_follows_the_observation_when_the_clocks_differ(store: Store, episode: int, observe):
    for sequence in range(60, 101):
        store.add_frame(episode, observe(sequence))
    correction = store.add_correction(_draft(episode, time_s=98765.0))  # another machine's monotonic clock
    assert (correction.window_start_s, correction.window_end_s) == (7.0, 14.0)
    assert len(store.correction_frames("0a1b-1")) == 31


def test_frames_given_are_covered_when_nothing_was_recorded(store: Store, episode: int, observe):
    store.add_correction(_draft(episode), [observe(sequence) for sequence in (20, 100, 300)])
    frames = store.correction_frames("0a1b-1")
    assert [frame.sequence for frame in frames] == [20, 100, 300]
    assert frames[0].observation().images["base"].shape == (16, 16, 3)


def test_frames_given_are_kept_once_when_recorded_too(store: Store, episode: int, observe):
    store.add_frame(episode, observe(100))
    store.add_correction(_draft(episode), [observe(99), observe(100)])
    assert [frame.sequence for frame in store.frames(episode)] == [99, 100]


def test_correction_is_plain_json_when_exported(store: Store, episode: int):
    exported = json.loads(json.dumps(store.add_correction(_draft(episode)).to_json()))
    assert exported["where"] == {"camera": "base", "x": 0.123456, "y": 0.5}
    assert exported["words"] == "no, put it in the drying rack" and exported["rules"] == ["cups dry in the rack"]
