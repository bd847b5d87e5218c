"""Making room: the oldest frames go first, those of corrections never."""

from __future__ import annotations

from sqlite_utils import Database

from memory.connection import Connection
from memory.records import Pruned

BATCH = 500  # frames dropped in one transaction, so that recording goes on in between

# Where a lesson of an open episode ends is not known before the episode does: until then all that follows it stays.
_KEPT = """EXISTS (SELECT 1 FROM corrections WHERE corrections.episode_id IS frames.episode_id
           AND frames.time_s >= corrections.window_start_s AND (frames.time_s <= corrections.window_end_s OR EXISTS
           (SELECT 1 FROM episodes WHERE episodes.id = corrections.episode_id AND episodes.ended_s IS NULL)))"""


def prune(connection: Connection, max_bytes: int) -> Pruned:
    """Drop frames until the file's content is at most `max_bytes`, or only frames of corrections are left."""
    with connection.reading() as db:
        before = size = content_bytes(db)
    dropped, last_id = 0, -1
    while size > max_bytes:
        with connection.writing() as db:
            frame_ids = _drop_oldest(db, size - max_bytes, last_id)
            size = content_bytes(db)
        if not frame_ids:
            break
        dropped, last_id = dropped + len(frame_ids), frame_ids[-1]
    with connection.reading() as db:
        if dropped:
            # As scripts: `execute` would take a single step, and that frees a single page.
            db.conn.executescript("PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE)")
        kept = db.execute(f"SELECT count(*) FROM frames WHERE {_KEPT}").fetchone()[0]
        return Pruned(frames=dropped, kept_frames=kept, bytes_before=before, bytes_now=content_bytes(db))


def content_bytes(db: Database) -> int:
    """Size of the file without its free pages."""
    names = ("page_count", "freelist_count", "page_size")
    pages, free, size = (int(db.execute(f"PRAGMA {name}").fetchone()[0]) for name in names)
    return (pages - free) * size


def _drop_oldest(db: Database, excess: int, last_id: int) -> list[int]:
    """Drop the oldest frames after `last_id` worth `excess` bytes, at most one batch. Returns their ids."""
    rows = db.execute(
        f"SELECT id, bytes FROM frames WHERE id > ? AND NOT {_KEPT} ORDER BY id LIMIT ?", (last_id, BATCH)
    ).fetchall()
    chosen: list[int] = []
    for frame_id, size in rows:
        if excess <= 0:
            break
        chosen.append(frame_id)
        excess -= size
    db.conn.executemany("DELETE FROM frames WHERE id = ?", ((frame_id,) for frame_id in chosen))
    return chosen
