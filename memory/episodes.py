"""Episodes and what happens in them: thoughts, actions, interventions, events."""

from __future__ import annotations

import time

import msgspec
import numpy as np
from sqlite_utils import Database

from memory.connection import insert
from memory.records import ActionRecord, Episode, EventRecord, InterventionRecord, ThoughtRecord
from memory.text import to_json
from robot_bridge.protocol.messages import ChunkEvent, Event, Intervention, ThoughtEvent

_EPISODE = """
SELECT episodes.*, (SELECT count(*) FROM frames WHERE episode_id = episodes.id) AS frames,
       (SELECT count(*) FROM corrections WHERE episode_id = episodes.id) AS corrections
FROM episodes"""


def begin(db: Database, **fields: str) -> int:
    """The open episode of this task, a new one where there is none: who gave the task and who watches both begin it."""
    still_open = db.conn.execute("SELECT id FROM episodes WHERE task_id = ? AND ended_s IS NULL", (fields["task_id"],))
    found = still_open.fetchone()
    if found is None:
        return insert(db, "episodes", {**fields, "started_s": time.time()})
    db.conn.execute('UPDATE episodes SET "by" = ? WHERE id = ? AND "by" = \'\'', (fields["by"], found[0]))
    return int(found[0])


def end(db: Database, episode_id: int, outcome: str) -> None:
    """Close an episode; one that is closed already keeps its first end."""
    db.conn.execute("UPDATE episodes SET ended_s = ?, outcome = ? WHERE id = ? AND ended_s IS NULL",
                    (time.time(), outcome, episode_id))  # fmt: skip


def is_open(db: Database, episode_id: int | None) -> bool:
    """Whether there is such an episode and it has not ended."""
    found = db.conn.execute("SELECT 1 FROM episodes WHERE id IS ? AND ended_s IS NULL", (episode_id,)).fetchone()
    return found is not None


def end_all(db: Database, outcome: str, before_s: float) -> int:
    """Close those that are open and began before `before_s`, Unix time. Returns how many."""
    return db.conn.execute("UPDATE episodes SET ended_s = ?, outcome = ? WHERE ended_s IS NULL AND started_s < ?",
                           (time.time(), outcome, before_s)).rowcount  # fmt: skip


def listed(db: Database, limit: int, offset: int) -> list[Episode]:
    """Newest first."""
    rows = db.query(f"{_EPISODE} ORDER BY id DESC LIMIT ? OFFSET ?", (limit, offset))
    return [msgspec.convert(row, Episode) for row in rows]


def one(db: Database, episode_id: int) -> Episode | None:
    """None where there is none of this number."""
    rows = db.query(f"{_EPISODE} WHERE id = ?", (episode_id,))
    return next((msgspec.convert(row, Episode) for row in rows), None)


def add_thought(db: Database, episode_id: int | None, event: ThoughtEvent) -> int:
    """A thought that came into force; returns its number."""
    thought = event.thought
    row = {"episode_id": episode_id, "task_id": event.task_id, "wall_s": time.time(), "time_s": event.time_s,
           "observation_sequence": event.observation_sequence, "text": str(thought), "subtask": thought.subtask,
           "source": thought.source, "confidence": thought.confidence, "cause": event.cause,
           "latency_s": event.latency_s}  # fmt: skip
    return insert(db, "thoughts", row)


def add_actions(db: Database, episode_id: int | None, event: ChunkEvent) -> int:
    """A chunk that the arms began, its targets as float32[horizon, width]; returns its number."""
    actions = np.ascontiguousarray(event.actions, np.float32)
    row = {"episode_id": episode_id, "task_id": event.task_id, "wall_s": time.time(), "time_s": event.time_s,
           "observation_sequence": event.observation_sequence, "horizon": actions.shape[0], "width": actions.shape[1],
           "actions": actions.tobytes(), "dt_s": event.dt_s, "dropped_rows": event.dropped_rows,
           "cause": event.cause}  # fmt: skip
    return insert(db, "actions", row)


def add_intervention(db: Database, episode_id: int | None, intervention: Intervention) -> None:
    """Keyed by the intervention's id: one sent twice is kept once."""
    row = {"id": intervention.id, "episode_id": episode_id, "wall_s": time.time(), "kind": intervention.kind,
           "text": intervention.text, "by": intervention.by, "message": to_json(intervention)}  # fmt: skip
    insert(db, "interventions", row, on_conflict="IGNORE")


def add_event(db: Database, episode_id: int | None, event: Event) -> int:
    """What the bridge told a person; returns its number."""
    row = {"episode_id": episode_id, "task_id": event.task_id, "wall_s": time.time(), "time_s": event.time_s,
           "level": event.level, "code": event.code, "text": event.text,
           "data": to_json(event.data)}  # fmt: skip
    return insert(db, "events", row)


def thoughts(db: Database, episode_id: int) -> list[ThoughtRecord]:
    """Oldest first."""
    rows = db.query("SELECT * FROM thoughts WHERE episode_id = ? ORDER BY id", (episode_id,))
    return [msgspec.convert(row, ThoughtRecord) for row in rows]


def actions(db: Database, episode_id: int | None, start_s: float = float("-inf"),
            end_s: float = float("inf")) -> list[ActionRecord]:  # fmt: skip
    """Chunks begun between two times of the bridge's clock, oldest first."""
    rows = db.query(
        "SELECT *, actions AS action_bytes FROM actions WHERE episode_id = ? AND time_s BETWEEN ? AND ? ORDER BY id",
        (episode_id, start_s, end_s),
    )
    return [msgspec.convert(row, ActionRecord) for row in rows]


def interventions(db: Database, episode_id: int | None) -> list[InterventionRecord]:
    """In the order in which they were sent."""
    rows = db.query("SELECT * FROM interventions WHERE episode_id IS ? ORDER BY rowid", (episode_id,))
    return [
        msgspec.convert({**row, "message": msgspec.json.decode(row["message"])}, InterventionRecord) for row in rows
    ]


def events(db: Database, episode_id: int | None, limit: int) -> list[EventRecord]:
    """The last events, of one episode or of all, oldest first."""
    rows = list(db.query("SELECT * FROM events WHERE ?1 IS NULL OR episode_id = ?1 ORDER BY id DESC LIMIT ?2",
                         (episode_id, limit)))  # fmt: skip
    return [msgspec.convert({**row, "data": msgspec.json.decode(row["data"])}, EventRecord) for row in reversed(rows)]
