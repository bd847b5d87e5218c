"""The memory: one SQLite file, safe to use from several threads and to open from several processes.

A lesson is on the disk when `add_correction` returns. Frames go through a background thread; everything else is
committed when its call returns. Every method raises `StoreError` when the file cannot be used.
"""

from __future__ import annotations

import threading
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from memory import conversation, episodes, frames, lessons, opening, retention
from memory.connection import Connection
from memory.correction_store import CorrectionStore
from memory.frame_writer import FrameWriter
from memory.records import (
    ActionRecord,
    Episode,
    EventRecord,
    Frame,
    InterventionRecord,
    Pruned,
    Role,
    ThoughtRecord,
    Utterance,
)
from memory.routines import RoutineBook
from memory.rules import RuleBook
from robot_bridge.protocol.errors import StoreError, UsageError
from robot_bridge.protocol.messages import ChunkEvent, Event, Intervention, Observation, ThoughtEvent

WRITER_CHECKPOINT_PAGES = 1000
LOST_KEY = "lost_frames"


class Store(CorrectionStore):
    """The memory file, open. Use `Store.open`; it is a context manager. Its part for corrections stands beside it."""

    def __init__(self, connection: Connection, writer: FrameWriter) -> None:
        super().__init__(connection, writer)
        self._known_episodes: set[int] = set()

    @classmethod
    def open(cls, path: str | Path) -> Store:
        """Open or create a memory file and bring it up to date.

        Raises:
            StoreError: it is damaged, from a newer version, another program's, locked or not writable.
        """
        path = Path(path).expanduser()
        connection, lock = opening.open_connection(path)
        return cls._with_writer(connection, lock)

    @classmethod
    def open_for_reading(cls, path: str | Path) -> Store:
        """Open a memory file of which nothing but what it holds is wanted: also on a full disk, and in a folder that
        cannot be written.

        Raises:
            StoreError: as for `open`.
        """
        path = Path(path).expanduser()
        try:
            return cls.open(path)
        except StoreError as error:
            connection, lock = opening.open_unwritable(path, error)
        return cls._with_writer(connection, lock)

    @classmethod
    def _with_writer(cls, connection: Connection, lock: threading.Lock) -> Store:
        try:
            own = Connection(connection.path, lock, WRITER_CHECKPOINT_PAGES, connection.access)
            return cls(connection, FrameWriter(own))
        except BaseException:
            connection.close()
            raise

    @property
    def path(self) -> Path:
        return self._connection.path

    @property
    def dropped_frames(self) -> int:
        """Frames given up since the start because the disk was slower than the cameras."""
        return self._writer.dropped

    @property
    def lost_frames(self) -> int:
        """Frames that a slow disk cost this file, in all runs; see `add_lost_frames`."""
        return int(self.get_state(LOST_KEY, 0))

    def add_lost_frames(self, count: int) -> None:
        """Note that so many more frames were given up."""
        with self._connection.writing() as db:
            conversation.add_state(db, LOST_KEY, count)

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Write what waits and close; a second call does nothing."""
        try:
            self._writer.close()
        finally:
            self._connection.close()

    def check(self) -> None:
        """Read the whole file; seconds for gigabytes. Raises `StoreError` when it is damaged."""
        with self._connection.reading() as db:
            opening.check(self.path, db)

    def reading(self) -> AbstractContextManager[Database]:
        """The database, for SELECTs of this package."""
        return self._connection.reading()

    # Episodes and what happens in them

    def begin_episode(
        self, task_id: str, instruction: str, home: str, checkpoint: str, embodiment: str, by: str
    ) -> int:
        """A new episode, or the one that is open for this task already."""
        with self._connection.writing() as db:
            return episodes.begin(db, task_id=task_id, instruction=instruction, home=home, checkpoint=checkpoint,
                                  embodiment=embodiment, by=by)  # fmt: skip

    def end_episode(self, episode_id: int, outcome: str) -> None:
        """Close an episode; one that is closed already keeps its first end. All its frames are written."""
        self.flush()
        with self._connection.writing() as db:
            episodes.end(db, episode_id, outcome)
            lessons.settle(db, "episode_id = ?", (episode_id,))
            lessons.leave(db, "episode_id = ?", (episode_id,))

    def end_open_episodes(self, outcome: str = "interrupted", before_s: float = float("inf")) -> int:
        """Close what a crash left open, at the start of a run. Returns how many.

        Args:
            before_s: those that began earlier, `time.time()`.
        """
        with self._connection.writing() as db:
            still_open = "episode_id IN (SELECT id FROM episodes WHERE ended_s IS NULL AND started_s < ?)"
            lessons.settle(db, still_open, (before_s,))
            lessons.leave(db, still_open, (before_s,))
            return episodes.end_all(db, outcome, before_s)

    def episodes(self, limit: int = 50, offset: int = 0) -> list[Episode]:
        """Newest first."""
        with self._connection.reading() as db:
            return episodes.listed(db, limit, offset)

    def episode(self, episode_id: int) -> Episode:
        """Raises `UsageError` when there is none of this number."""
        with self._connection.reading() as db:
            found = episodes.one(db, episode_id)
        if found is None:
            raise UsageError(f"there is no episode {episode_id}", next_step="see them with: coach replay --list")
        return found

    def add_frame(self, episode_id: int | None, observation: Observation, wall_s: float | None = None) -> None:
        """Queue a frame for writing; returns at once. The arrays are not copied: leave them as they are.

        Raises:
            StoreError: earlier frames could not be written; told once an outage, recording goes on by itself.
                Or a picture is not uint8[height, width, 3].
            UsageError: there is no such episode.
        """
        if episode_id is not None and episode_id not in self._known_episodes:
            self._known_episodes.add(self.episode(episode_id).id)
        self._writer.add(episode_id, observation, time.time() if wall_s is None else wall_s)

    def flush(self, deadline_s: float = 5.0) -> None:
        """Write all frames that wait.

        Raises:
            StoreError: that failed or took longer than the deadline; the frames stay queued.
        """
        if not self._writer.flush(deadline_s):
            raise StoreError(f"the disk under {self.path} did not take the pictures within {deadline_s:g} s",
                             next_step="check the disk; the pictures are kept and tried again")  # fmt: skip

    def frames(self, episode_id: int | None, start_s: float = float("-inf"), end_s: float = float("inf"),
               limit: int = 1_000_000) -> list[Frame]:  # fmt: skip
        """Written frames of an episode between two times of the bridge's clock, oldest first."""
        with self._connection.reading() as db:
            return frames.read(db, episode_id, start_s, end_s, limit)

    def takeover_frames(self, intervention_id: str) -> list[Frame]:
        """What was seen while a person moved the arms after this intervention, oldest first."""
        with self._connection.reading() as db:
            return frames.of_takeover(db, intervention_id)

    def add_thought(self, episode_id: int | None, event: ThoughtEvent) -> int:
        with self._connection.writing() as db:
            return episodes.add_thought(db, episode_id, event)

    def thoughts(self, episode_id: int) -> list[ThoughtRecord]:
        with self._connection.reading() as db:
            return episodes.thoughts(db, episode_id)

    def add_actions(self, episode_id: int | None, event: ChunkEvent) -> int:
        with self._connection.writing() as db:
            return episodes.add_actions(db, episode_id, event)

    def actions(self, episode_id: int) -> list[ActionRecord]:
        with self._connection.reading() as db:
            return episodes.actions(db, episode_id)

    def add_intervention(self, intervention: Intervention, episode_id: int | None = None) -> None:
        """Keyed by its id: one sent twice is kept once."""
        with self._connection.writing() as db:
            episodes.add_intervention(db, episode_id, intervention)

    def interventions(self, episode_id: int | None) -> list[InterventionRecord]:
        """Those of an episode; with None those that belong to none, as a stop does, which waits for nothing."""
        with self._connection.reading() as db:
            return episodes.interventions(db, episode_id)

    def add_event(self, episode_id: int | None, event: Event) -> int:
        with self._connection.writing() as db:
            return episodes.add_event(db, episode_id, event)

    def events(self, episode_id: int | None = None, limit: int = 200) -> list[EventRecord]:
        """The last events, of one episode or of all, oldest first."""
        with self._connection.reading() as db:
            return episodes.events(db, episode_id, limit)

    # Conversation and small state

    def add_utterance(self, text: str, by: str, role: Role, episode_id: int | None = None,
                      wall_s: float | None = None) -> int:  # fmt: skip
        with self._connection.writing() as db:
            return conversation.add_utterance(db, text, by, role, episode_id, wall_s)

    def conversation(self, limit: int = 50) -> list[Utterance]:
        """The last utterances, oldest first."""
        with self._connection.reading() as db:
            return conversation.latest(db, limit)

    def get_state(self, key: str, default: Any = None) -> Any:
        """A JSON value kept under this key."""
        with self._connection.reading() as db:
            return conversation.get_state(db, key, default)

    def set_state(self, key: str, value: Any) -> None:
        with self._connection.writing() as db:
            conversation.set_state(db, key, value)

    # Standing instructions

    @property
    def routines(self) -> RoutineBook:
        return RoutineBook(self._connection)

    @property
    def rules(self) -> RuleBook:
        return RuleBook(self._connection)

    # Room

    def prune(self, max_bytes: int) -> Pruned:
        """Drop frames, actions, thoughts and events, of the oldest episodes first, until the file holds at most
        `max_bytes`. What belongs to corrections stays, and what was said."""
        self.flush()
        return retention.prune(self._connection, max_bytes)
