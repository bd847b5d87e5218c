"""Frames: what is kept of an observation, and what the queue gives up under pressure."""

from __future__ import annotations

import threading
import time

import msgspec
import numpy as np
import pytest
from waiting import until

from memory.connection import Connection
from memory.frame_writer import FrameWriter
from memory.opening import open_connection
from memory.records import CorrectionDraft
from memory.store import Store
from robot_bridge.protocol.errors import StoreError, UsageError
from robot_bridge.protocol.messages import Observation


def test_frame_comes_back_when_flushed(store: Store, episode: int, observe):
    sent = observe(7)
    store.add_frame(episode, sent, wall_s=123.0)
    store.flush()
    (frame,) = store.frames(episode)
    seen = frame.observation()
    assert np.array_equal(seen.state, sent.state) and seen.state.dtype == np.float32
    assert (frame.sequence, frame.time_s, frame.wall_s) == (7, 0.7, 123.0)
    assert seen.images.keys() == sent.images.keys()
    for camera, picture in seen.images.items():
        assert np.abs(picture.astype(int) - sent.images[camera].astype(int)).mean() < 4  # JPEG


def test_frames_are_written_by_themselves_when_nobody_flushes(store: Store, episode: int, observe):
    store.add_frame(episode, observe(1))
    until(lambda: len(store.frames(episode)) == 1)


def test_frame_is_kept_once_when_added_twice(store: Store, episode: int, observe):
    for sequence in (1, 1, 2):
        store.add_frame(episode, observe(sequence))
    store.flush()
    assert [frame.sequence for frame in store.frames(episode)] == [1, 2]


def test_all_frames_are_in_the_file_when_the_episode_ends(store: Store, episode: int, observe):
    for sequence in range(80):
        store.add_frame(episode, observe(sequence))
    store.end_episode(episode, "done")
    assert store.episode(episode).frames == 80


def test_frames_say_who_moved_the_arms_when_a_person_took_them_over(store: Store, episode: int, observe):
    for number in range(6):
        seen = msgspec.structs.replace(observe(number), takeover="t1" if number in (2, 3) else "")
        store.add_frame(episode, seen)
    store.flush()
    assert [frame.takeover for frame in store.frames(episode)] == ["", "", "t1", "t1", "", ""]
    taken = store.takeover_frames("t1")
    assert [frame.sequence for frame in taken] == [2, 3] and taken[0].observation().takeover == "t1"
    assert store.takeover_frames("") == []


def test_frames_between_two_times_come_when_asked_for(store: Store, episode: int, observe):
    for sequence in range(20):
        store.add_frame(episode, observe(sequence))
    store.flush()
    assert [frame.sequence for frame in store.frames(episode, 0.45, 0.8)] == [5, 6, 7, 8]


@pytest.mark.parametrize("picture", [np.zeros((4, 4)), np.zeros((4, 4, 4), np.uint8), np.zeros((0, 4, 3), np.uint8)])
def test_store_error_when_a_picture_is_not_rgb(store: Store, episode: int, picture: np.ndarray):
    observation = Observation(sequence=1, time_s=0.1, state=np.zeros(38, np.float32), images={"base": picture})
    with pytest.raises(StoreError, match="camera base"):
        store.add_frame(episode, observation)


def test_usage_error_when_the_episode_of_a_frame_does_not_exist(store: Store, observe):
    with pytest.raises(UsageError, match="no episode 99"):
        store.add_frame(99, observe(1))


class _SlowDisk:
    """Holds the write lock of a memory file, as a slow disk would, and counts what gets through afterwards."""

    def __init__(self, path, capacity: int) -> None:
        self.connection, self.lock = open_connection(path)
        self.writer = FrameWriter(Connection(path, self.lock, 1000), capacity)

    def stored(self) -> list[int]:
        with self.connection.reading() as db:
            return [row[0] for row in db.execute("SELECT sequence FROM frames ORDER BY sequence")]

    def close(self) -> None:
        self.writer.close()
        self.connection.close()


def test_oldest_frames_give_way_when_the_disk_is_slower_than_the_cameras(path, observe):
    disk = _SlowDisk(path, capacity=10)
    with disk.lock:
        started_s = time.monotonic()
        for sequence in range(200):
            disk.writer.add(None, observe(sequence), 0.0)
        assert time.monotonic() - started_s < 1.0, "recording waited for the disk"
    assert disk.writer.flush(5.0)
    stored = disk.stored()
    assert stored[-10:] == list(range(190, 200))
    assert disk.writer.dropped == 200 - len(stored) > 100
    disk.close()


def test_frames_of_a_correction_stay_when_others_give_way(path, observe):
    disk = _SlowDisk(path, capacity=10)
    with disk.lock:
        disk.writer.protect(None, 5.0, 6.0)
        for sequence in range(200):
            disk.writer.add(None, observe(sequence), 0.0)
    assert disk.writer.flush(5.0)
    assert set(range(50, 61)) <= set(disk.stored())
    disk.close()


def test_frames_after_a_lesson_stay_when_its_episode_goes_on(path, observe):
    store = Store.open(path)
    open_one, over = (store.begin_episode(task, "x", "home", "", "kitchen", "ann") for task in ("t1", "t2"))
    store.end_episode(over, "done")
    for episode in (open_one, over):
        store.add_correction(CorrectionDraft(id=f"c{episode}", words="no", episode_id=episode, time_s=5.0))
    windows = list(store._writer._windows)
    store.close()
    assert windows == [(open_one, 2.0, float("inf")), (over, 2.0, 9.0)]


def test_oldest_frames_of_a_lesson_give_way_when_four_times_the_room_is_taken(path, observe):
    disk = _SlowDisk(path, capacity=10)
    with disk.lock:
        disk.writer.protect(None, 0.0, float("inf"))
        for sequence in range(200):
            disk.writer.add(None, observe(sequence), 0.0)
    assert disk.writer.flush(5.0)
    stored = disk.stored()
    assert stored[-40:] == list(range(160, 200)) and disk.writer.dropped == 200 - len(stored) > 100
    disk.close()


def test_frames_are_kept_and_tried_again_when_the_disk_is_full(path, observe):
    disk = _SlowDisk(path, capacity=100)
    with disk.writer._connection.reading() as db:
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count={pages}").fetchone()
    noise = np.random.default_rng(0).integers(0, 255, (96, 96, 3), dtype=np.uint8)
    for sequence in range(20):
        disk.writer.add(None, _with(observe(sequence), noise), 0.0)
    with pytest.raises(StoreError, match="full"):
        disk.writer.flush(5.0)
    with disk.writer._connection.reading() as db:
        db.execute("PRAGMA max_page_count=1000000").fetchone()
    assert disk.writer.flush(5.0)
    assert disk.stored() == list(range(20))
    disk.close()


def _with(observation: Observation, picture: np.ndarray) -> Observation:
    return Observation(sequence=observation.sequence, time_s=observation.time_s, state=observation.state,
                       images={"base": picture})  # fmt: skip


def test_failure_is_told_once_when_recording_goes_on(path, observe):
    disk = _SlowDisk(path, capacity=1000)
    with disk.writer._connection.reading() as db:
        db.execute("PRAGMA query_only=ON")
    told = 0
    for sequence in range(40):
        try:
            disk.writer.add(None, observe(sequence), 0.0)
        except StoreError:
            told += 1
        time.sleep(0.02)
    assert told == 1
    with disk.writer._connection.reading() as db:
        db.execute("PRAGMA query_only=OFF")
    assert disk.writer.flush(5.0)
    assert disk.stored() == list(range(40))
    disk.close()


def test_no_thread_is_left_when_the_store_is_closed(path, observe):
    before = threading.active_count()
    with Store.open(path) as store:
        store.add_frame(None, observe(1))
        assert threading.active_count() == before + 1
    assert threading.active_count() == before
    with Store.open(path) as store:
        assert len(store.frames(None)) == 1
