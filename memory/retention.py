"""Making room, in the oldest episodes first: frames, actions and events that belong to no lesson go, and the thoughts
of episodes without one. Lessons and what was said stay."""

from __future__ import annotations

from collections import Counter

from sqlite_utils import Database

from memory.connection import Connection
from memory.records import Pruned

BATCH = 500  # rows dropped in one transaction, so that recording goes on in between

# Where a lesson of an open episode ends is not known before the episode does: until then all that follows it stays.
_OF_LESSON = """EXISTS (SELECT 1 FROM corrections WHERE corrections.episode_id IS {table}.episode_id
    AND {table}.time_s >= corrections.window_start_s AND ({table}.time_s <= corrections.window_end_s OR EXISTS
    (SELECT 1 FROM episodes WHERE episodes.id = corrections.episode_id AND episodes.ended_s IS NULL)))"""
_OF_TAUGHT_EPISODE = "EXISTS (SELECT 1 FROM corrections WHERE corrections.episode_id IS {table}.episode_id)"
# From where a lesson holds, and to where, is read off the thoughts of its episode: those stay whole.
_KEPT = {"frames": _OF_LESSON, "actions": _OF_LESSON, "thoughts": _OF_TAUGHT_EPISODE, "events": _OF_LESSON}
_BYTES = {"frames": "bytes", "actions": "length(actions)", "thoughts": "length(text)",
          "events": "length(text) + length(data)"}  # fmt: skip
PAGE_BYTES = 4096  # sizes are told in whole pages: rather too large, so that too little goes at once and not too much
_OLDEST = " UNION ALL ".join(
    f"SELECT '{table}', id, ({_BYTES[table]}) / {PAGE_BYTES} * {PAGE_BYTES} + {PAGE_BYTES}, wall_s AS at_s FROM {table}"
    f" WHERE episode_id IS ?1 AND NOT {kept.format(table=table)}"
    for table, kept in _KEPT.items()
) + f" ORDER BY at_s LIMIT {BATCH}"  # fmt: skip


def prune(connection: Connection, max_bytes: int) -> Pruned:
    """Drop the oldest until the file's content is at most `max_bytes`, or only what is always kept is left."""
    dropped = Counter[str]()
    with connection.reading() as db:
        before = size = content_bytes(db)
        episode_ids = [None, *(row[0] for row in db.execute("SELECT id FROM episodes ORDER BY id"))]
    for episode_id in episode_ids:
        while size > max_bytes:
            with connection.writing() as db:
                gone = _drop_oldest(db, episode_id, size - max_bytes)
                size = content_bytes(db)
            dropped += gone
            if not gone:
                break
    with connection.reading() as db:
        if dropped:
            # As scripts: `execute` would take a single step, and that frees a single page.
            db.conn.executescript("PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE)")
        kept = db.execute(f"SELECT count(*) FROM frames WHERE {_OF_LESSON.format(table='frames')}").fetchone()[0]
        return Pruned(frames=dropped["frames"], others=dropped.total() - dropped["frames"], kept_frames=kept,
                      bytes_before=before, bytes_now=content_bytes(db))  # fmt: skip


def content_bytes(db: Database) -> int:
    """Size of the file without its free pages."""
    names = ("page_count", "freelist_count", "page_size")
    pages, free, size = (int(db.execute(f"PRAGMA {name}").fetchone()[0]) for name in names)
    return (pages - free) * size


def _drop_oldest(db: Database, episode_id: int | None, excess: int) -> Counter[str]:
    """Drop the oldest of an episode worth `excess` bytes, at most one batch. Returns table → rows dropped."""
    chosen: dict[str, list[int]] = {table: [] for table in _KEPT}
    for table, row_id, size, _ in db.execute(_OLDEST, (episode_id,)).fetchall():
        if excess <= 0:
            break
        chosen[table].append(row_id)
        excess -= size
    for table, ids in chosen.items():
        db.conn.executemany(f"DELETE FROM {table} WHERE id = ?", ((row_id,) for row_id in ids))
    return Counter({table: len(ids) for table, ids in chosen.items() if ids})
