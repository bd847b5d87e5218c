"""Making room: the oldest frames go first, those of corrections never."""

from __future__ import annotations

from sqlite_utils import Database

from memory.connection import Connection
from memory.records import Pruned

BATCH = 500  # frames dropped in one transaction, so that recording goes on in between

_KEPT = """EXISTS (SELECT 1 FROM corrections WHERE corrections.episode_id IS frames.episode_id
           AND frames.time_s BETWEEN corrections.window_start_s AND corrections.window_end_s)"""


def prune(connection: Connection, max_bytes: int) -> Pruned:
    """Drop frames until the file's content is at most `max_bytes`, or only frames of corrections are left."""
    before, dropped = -1, 0
    while True:
        with connection.writing() as db:
            size = content_bytes(db)
            before = size if before < 0 else before
            gone = _drop_oldest(db, size - max_bytes) if size > max_bytes else 0
        dropped += gone
        if not gone:
            break
    with connection.reading() as db:
        if dropped:
            db.execute("PRAGMA incremental_vacuum").fetchall()
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        kept = db.execute(f"SELECT count(*) FROM frames WHERE {_KEPT}").fetchone()[0]
        return Pruned(frames=dropped, kept_frames=kept, bytes_before=before, bytes_now=content_bytes(db))


def content_bytes(db: Database) -> int:
    """Size of the file without its free pages."""
    pages, free, size = (
        db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


def _drop_oldest(db: Database, excess: int) -> int:
    """Drop the oldest frames worth `excess` bytes, at most one batch."""
    rows = db.execute(f"SELECT id, bytes FROM frames WHERE NOT {_KEPT} ORDER BY id LIMIT ?", (BATCH,)).fetchall()
    chosen: list[tuple[int]] = []
    for frame_id, size in rows:
        if excess <= 0:
            break
        chosen.append((frame_id,))
        excess -= size
    db.conn.executemany("DELETE FROM frames WHERE id = ?", chosen)
    return len(chosen)
