"""The memory: one SQLite file, safe to use from several threads and to open from several processes.

A lesson is on the disk when `add_correction` returns. Frames go through a background thread; everything else is
committed when its call returns. Every method raises `StoreError` when the file cannot be used.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from memory import conversation, corrections, editing, episodes, frames, lessons, opening, recordings, retention, search
from memory.connection import Connection
from memory.frame_writer import FrameWriter
from memory.recordings import Recording
from memory.records import (
    ActionRecord,
    Correction,
    CorrectionChange,
    CorrectionDraft,
    Episode,
    EventRecord,
    Frame,
    InterventionRecord,
    Outcome,
    Pruned,
    Role,
    ThoughtRecord,
    Utterance,
)
from memory.routines import RoutineBook
from memory.rules import RuleBook
from robot_bridge.protocol.errors import StoreError, UsageError
from robot_bridge.protocol.messages import ChunkEvent, Event, Intervention, Observation, ThoughtEvent

FLUSH_S = 1.0  # how long a correction waits for the frames before it
WRITER_CHECKPOINT_PAGES = 1000


class Store:
    """The memory file, open. Use `Store.open`; it is a context manager."""

    def __init__(self, connection: Connection, writer: FrameWriter) -> None:
        self._connection = connection
        self._writer = writer
        self._known_episodes: set[int] = set()

    @classmethod
    def open(cls, path: str | Path) -> Store:
        """Open or create a memory file and bring it up to date.

        Raises:
            StoreError: it is damaged, from a newer version, another program's, locked or not writable.
        """
        path = Path(path).expanduser()
        connection, lock = opening.open_connection(path)
        try:
            writer = FrameWriter(Connection(path, lock, WRITER_CHECKPOINT_PAGES))
        except BaseException:
            connection.close()
            raise
        return cls(connection, writer)

    @property
    def path(self) -> Path:
        return self._connection.path

    @property
    def dropped_frames(self) -> int:
        """Frames given up since the start because the disk was slower than the cameras."""
        return self._writer.dropped

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

    # Corrections

    def add_correction(self, draft: CorrectionDraft, frames_around: Sequence[Observation] = ()) -> Correction:
        """Store a lesson and the frames around it; on return the disk has both, even through a power cut.

        Frames still queued are written first. The same draft twice (a retry) is stored once.

        Raises:
            StoreError: it is not stored, or another lesson has this id.
        """
        encoded = [frames.encode(draft.episode_id, observation) for observation in frames_around]
        self._flush_for_correction()
        with self._connection.writing(durable=True) as db:
            correction = corrections.add(db, draft, encoded)
        self._writer.protect(correction.episode_id, correction.window_start_s, correction.window_end_s)
        return correction

    def _flush_for_correction(self) -> None:
        """The lesson counts for more than its pictures: a failing or slow picture queue does not stop it."""
        try:
            self._writer.flush(FLUSH_S)
        except StoreError:
            return  # `add_frame` has told or will tell; the frames stay queued

    def complete_correction(self, correction_id: str, thought_final: str, by: str = "model") -> Correction:
        """Keep the whole thought that the model wrote from the person's beginning."""
        return self._change(correction_id, "thought_final", thought_final, by)

    def set_outcome(self, correction_id: str, outcome: Outcome, by: str = "robot", reason: str = "") -> Correction:
        """What came of it, and how that is known.

        Raises:
            UsageError: no such correction or outcome.
        """
        return self._change(correction_id, "outcome", outcome, by, reason)

    def _change(self, correction_id: str, field: str, now: str, by: str, reason: str = "") -> Correction:
        with self._connection.writing(durable=True) as db:
            return corrections.change(db, correction_id, field, now, by, reason)

    def edit_correction(self, correction_id: str, fields: Mapping[str, str], by: str, reason: str = "") -> Correction:
        """Put right what was written down; what it was is kept in its history.

        Raises:
            UsageError: no such correction, a field that cannot be edited, or a thought that is none.
        """
        with self._connection.writing(durable=True) as db:
            return editing.edit(db, correction_id, fields, by, reason)

    def retract_correction(self, correction_id: str, by: str, reason: str = "") -> Correction:
        """Take a lesson back: it stays on record and is never learnt from. Raises `UsageError` when there is none."""
        with self._connection.writing(durable=True) as db:
            return corrections.change(db, correction_id, "outcome", "retracted", by, reason)

    def correction(self, correction_id: str) -> Correction:
        """By id, an unshared beginning of it, or number. Raises `UsageError` when there is none."""
        with self._connection.reading() as db:
            return corrections.one(db, correction_id)

    def corrections(self, limit: int = 50, offset: int = 0) -> list[Correction]:
        """Newest first."""
        with self._connection.reading() as db:
            return corrections.select(db, "ORDER BY number DESC LIMIT ? OFFSET ?", (limit, offset))

    def count_corrections(self) -> int:
        with self._connection.reading() as db:
            return int(db.execute("SELECT count(*) FROM corrections").fetchone()[0])

    def correction_changes(self, correction_id: str) -> list[CorrectionChange]:
        """What was changed in it, oldest first."""
        with self._connection.reading() as db:
            return corrections.changes(db, correction_id)

    def correction_frames(self, correction_id: str, limit: int = 1000) -> list[Frame]:
        """The frames that it covers, oldest first: from a second before the lesson begins to four after the words."""
        with self._connection.reading() as db:
            found = corrections.one(db, correction_id)
            return frames.read(db, found.episode_id, found.window_start_s, found.window_end_s, limit)

    def search_corrections(self, query: str, limit: int = 20) -> list[Correction]:
        """Those that hold every word, newest first, then those that hold one of its telling words."""
        with self._connection.reading() as db:
            return search.search(db, query, limit)

    def add_recording(self, recording: Recording) -> None:
        """Keep the sound of a correction. Raises `StoreError` when there is no such correction."""
        with self._connection.writing(durable=True) as db:
            recordings.add(db, recording)

    def recordings(self, correction_id: str = "") -> list[Recording]:
        """The sound of one correction or of all, oldest first."""
        with self._connection.reading() as db:
            return recordings.select(db, correction_id)

    def prune_recordings(self, days: float) -> int:
        """Drop sound that is older than this; lessons and their frames stay. Returns how many."""
        with self._connection.writing() as db:
            return recordings.prune(db, days)

    # Standing instructions

    @property
    def routines(self) -> RoutineBook:
        return RoutineBook(self._connection)

    @property
    def rules(self) -> RuleBook:
        return RuleBook(self._connection)

    # Room

    def prune(self, max_bytes: int) -> Pruned:
        """Drop the oldest frames until the file holds at most `max_bytes`. Frames of corrections stay."""
        self.flush()
        return retention.prune(self._connection, max_bytes)
