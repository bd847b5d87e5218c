"""The corrections of a memory file: kept with their frames and their sound, changed, found again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from memory import corrections, editing, episodes, frames, recordings, search
from memory.connection import Connection
from memory.frame_writer import FrameWriter
from memory.recordings import Recording
from memory.records import Correction, CorrectionChange, CorrectionDraft, Frame, Outcome
from robot_bridge.protocol.errors import StoreError
from robot_bridge.protocol.messages import Observation

FLUSH_S = 1.0  # how long a correction waits for the frames before it


class CorrectionStore:
    """The part of a `Store` that keeps corrections."""

    def __init__(self, connection: Connection, writer: FrameWriter) -> None:
        self._connection = connection
        self._writer = writer

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
            still_open = episodes.is_open(db, correction.episode_id)
        until_s = float("inf") if still_open else correction.window_end_s
        self._writer.protect(correction.episode_id, correction.window_start_s, until_s)
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
        """The frames that it covers, oldest first: from a second before the lesson begins to four after the words, or
        to its end once the episode is over."""
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
