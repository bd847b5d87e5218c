"""The thread that encodes and writes frames, so that whoever records them never waits for a disk."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import NamedTuple

from memory.connection import Connection
from memory.frames import check, encode, write
from robot_bridge.protocol.errors import StoreError
from robot_bridge.protocol.messages import Observation

CAPACITY = 256  # frames; 25 s at 10 Hz, longer than the part of the past that a correction covers
FOR_LESSONS = 4  # times as many may wait where they are of lessons
BATCH = 32  # frames in one transaction
BATCH_S = 0.25  # a batch waits this long for more frames
RETRY_S = 1.0  # pause after a failed batch
CLOSE_S = 10.0


class _Waiting(NamedTuple):
    episode_id: int | None
    observation: Observation
    wall_s: float


class FrameWriter:
    """A bounded queue in front of a background thread.

    When the disk is slower than the cameras the oldest waiting frame gives way; one in the window of a correction
    only where `FOR_LESSONS` times the capacity waits. A failed batch is kept and tried again.

    Args:
        connection: the writer's own; it closes it.
    """

    def __init__(self, connection: Connection, capacity: int = CAPACITY) -> None:
        self._connection = connection
        self._capacity = capacity
        self._queue: deque[_Waiting] = deque()
        self._windows: deque[tuple[int | None, float, float]] = deque(maxlen=64)
        self._changed = threading.Condition()
        self._busy = self._hurry = self._closing = False
        self._failure: StoreError | None = None
        self._told = self._closed = False
        self._attempts = 0
        self.dropped = 0
        self._thread = threading.Thread(target=self._run, name="memory-frames", daemon=True)
        self._thread.start()

    def add(self, episode_id: int | None, observation: Observation, wall_s: float) -> None:
        """Queue a frame; returns at once. The arrays are not copied: leave them as they are.

        Raises:
            StoreError: frames could not be written lately; told once an outage, the frame is queued all the same.
        """
        check(observation)
        with self._changed:
            if self._closing:
                raise StoreError("the memory file is closed", next_step="open it again")
            if len(self._queue) >= self._capacity:
                self._make_room()
            self._queue.append(_Waiting(episode_id, observation, wall_s))
            self._changed.notify_all()
            if self._failure is not None and not self._told:
                self._told = True
                raise self._failure

    def protect(self, episode_id: int | None, start_s: float, end_s: float) -> None:
        """Keep frames of this window in the queue rather than others. Times are the bridge's; `end_s` may be inf."""
        with self._changed:
            self._windows.append((episode_id, start_s, end_s))

    def flush(self, deadline_s: float) -> bool:
        """Write all that waits now. False when the deadline passed first; the frames stay queued.

        Raises:
            StoreError: they could not be written.
        """
        with self._changed:
            self._hurry = True
            self._changed.notify_all()
            before = self._attempts
            self._changed.wait_for(lambda: (self._attempts > before and self._failure) or self._written(), deadline_s)
            if self._attempts > before and self._failure is not None:
                self._told = True
                raise self._failure
            return self._written()

    def close(self) -> None:
        """Write what waits, then end the thread.

        Raises:
            StoreError: frames could not be written, or not in time.
        """
        if self._closed:
            return
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(CLOSE_S)
        if self._thread.is_alive():
            raise StoreError(f"{len(self._queue)} frames were not written within {CLOSE_S:g} s",
                             next_step="check the disk under the memory file")  # fmt: skip
        self._closed = True
        self._connection.close()
        if self._queue:
            raise self._failure or StoreError(f"{len(self._queue)} frames were not written")

    def _written(self) -> bool:
        return not (self._queue or self._busy)

    def _make_room(self) -> None:
        gives_way = next((index for index, waiting in enumerate(self._queue) if not self._protected(waiting)), None)
        if gives_way is None and len(self._queue) >= FOR_LESSONS * self._capacity:
            gives_way = 0
        if gives_way is not None:
            del self._queue[gives_way]
            self.dropped += 1

    def _protected(self, waiting: _Waiting) -> bool:
        time_s = waiting.observation.time_s
        return any(waiting.episode_id == episode and start <= time_s <= end for episode, start, end in self._windows)

    def _run(self) -> None:
        while True:
            batch = self._next_batch()
            if not batch:
                return
            failure = self._write(batch)
            with self._changed:
                self._busy = False
                self._failure = failure
                self._attempts += 1
                self._changed.notify_all()
                if failure is None:
                    self._told = False
                    continue
                self._queue.extendleft(reversed(batch))
                self._hurry = False
                if self._closing:
                    return
                self._changed.wait_for(lambda: self._closing or self._hurry, RETRY_S)

    def _next_batch(self) -> list[_Waiting]:
        """Wait for frames and take up to `BATCH`; empty at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closing)
            enough_at_s = time.monotonic() + BATCH_S
            while len(self._queue) < BATCH and not (self._hurry or self._closing):
                left_s = enough_at_s - time.monotonic()
                if left_s <= 0 or not self._changed.wait(left_s):
                    break
            batch = [self._queue.popleft() for _ in range(min(BATCH, len(self._queue)))]
            self._busy = bool(batch)
            if not self._queue:
                self._hurry = False
            return batch

    def _write(self, batch: list[_Waiting]) -> StoreError | None:
        try:
            frames = [encode(*waiting) for waiting in batch]
            with self._connection.writing() as db:
                write(db, frames)
        except StoreError as error:
            return error
        return None
