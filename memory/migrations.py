"""The shape of the memory file, as named steps; each runs in one transaction together with its record.

A step is never changed once released: a new shape is a new step at the end.
"""

from __future__ import annotations

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from memory import recordings, routines, rules

APPLICATION_ID = 0x52434F41  # "RCOA" in the file's header

migrations = Migrations("robot_coach")

_EPISODES = """
CREATE TABLE episodes (
    id INTEGER PRIMARY KEY, task_id TEXT NOT NULL, instruction TEXT NOT NULL, home TEXT NOT NULL,
    checkpoint TEXT NOT NULL, embodiment TEXT NOT NULL, "by" TEXT NOT NULL,
    started_s REAL NOT NULL, ended_s REAL, outcome TEXT NOT NULL DEFAULT '');
CREATE TABLE frames (
    id INTEGER PRIMARY KEY, episode_id INTEGER REFERENCES episodes(id) ON DELETE CASCADE,
    sequence INTEGER NOT NULL, time_s REAL NOT NULL, wall_s REAL NOT NULL, state BLOB NOT NULL, bytes INTEGER NOT NULL);
CREATE UNIQUE INDEX frames_moment ON frames(episode_id, time_s, sequence);
CREATE TABLE pictures (
    id INTEGER PRIMARY KEY, frame_id INTEGER NOT NULL REFERENCES frames(id) ON DELETE CASCADE,
    camera TEXT NOT NULL, jpeg BLOB NOT NULL, UNIQUE (frame_id, camera));
CREATE TABLE thoughts (
    id INTEGER PRIMARY KEY, episode_id INTEGER REFERENCES episodes(id) ON DELETE CASCADE, task_id TEXT NOT NULL,
    wall_s REAL NOT NULL, time_s REAL NOT NULL, observation_sequence INTEGER NOT NULL, text TEXT NOT NULL,
    subtask TEXT NOT NULL, source TEXT NOT NULL, confidence REAL, cause TEXT NOT NULL, latency_s REAL NOT NULL);
CREATE INDEX thoughts_episode ON thoughts(episode_id, id);
CREATE TABLE actions (
    id INTEGER PRIMARY KEY, episode_id INTEGER REFERENCES episodes(id) ON DELETE CASCADE, task_id TEXT NOT NULL,
    wall_s REAL NOT NULL, time_s REAL NOT NULL, observation_sequence INTEGER NOT NULL, horizon INTEGER NOT NULL,
    width INTEGER NOT NULL, actions BLOB NOT NULL, dt_s REAL NOT NULL, dropped_rows INTEGER NOT NULL,
    cause TEXT NOT NULL);
CREATE INDEX actions_episode ON actions(episode_id, id);
CREATE TABLE utterances (
    id INTEGER PRIMARY KEY, episode_id INTEGER REFERENCES episodes(id) ON DELETE SET NULL, wall_s REAL NOT NULL,
    "by" TEXT NOT NULL, role TEXT NOT NULL CHECK (role IN ('person', 'robot')), text TEXT NOT NULL);
CREATE INDEX utterances_episode ON utterances(episode_id);
CREATE TABLE interventions (
    id TEXT PRIMARY KEY, episode_id INTEGER REFERENCES episodes(id) ON DELETE SET NULL, wall_s REAL NOT NULL,
    kind TEXT NOT NULL, text TEXT NOT NULL, "by" TEXT NOT NULL, message TEXT NOT NULL);
CREATE INDEX interventions_episode ON interventions(episode_id);
CREATE TABLE events (
    id INTEGER PRIMARY KEY, episode_id INTEGER REFERENCES episodes(id) ON DELETE SET NULL, task_id TEXT NOT NULL,
    wall_s REAL NOT NULL, time_s REAL NOT NULL, level TEXT NOT NULL, code TEXT NOT NULL, text TEXT NOT NULL,
    data TEXT NOT NULL);
CREATE INDEX events_episode ON events(episode_id);
CREATE TABLE state (key TEXT PRIMARY KEY, value TEXT NOT NULL, wall_s REAL NOT NULL) WITHOUT ROWID;
"""

_CORRECTIONS = """
CREATE TABLE corrections (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
    episode_id INTEGER REFERENCES episodes(id) ON DELETE SET NULL,
    words TEXT NOT NULL, kind TEXT NOT NULL, thought_was TEXT NOT NULL, thought_should TEXT NOT NULL,
    thought_final TEXT NOT NULL, instruction_was TEXT NOT NULL, instruction_now TEXT NOT NULL, "by" TEXT NOT NULL,
    wall_s REAL NOT NULL, time_s REAL NOT NULL, label_start_s REAL NOT NULL, observation_sequence INTEGER NOT NULL,
    "where" TEXT, rules TEXT NOT NULL, checkpoint TEXT NOT NULL, home TEXT NOT NULL, embodiment TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('open', 'followed', 'failed', 'undone', 'retracted')),
    window_start_s REAL NOT NULL, window_end_s REAL NOT NULL, audio BLOB);
CREATE INDEX corrections_episode ON corrections(episode_id);
CREATE TABLE correction_changes (
    id INTEGER PRIMARY KEY, correction_id TEXT NOT NULL REFERENCES corrections(id) ON DELETE CASCADE,
    wall_s REAL NOT NULL, field TEXT NOT NULL, was TEXT NOT NULL, now TEXT NOT NULL, "by" TEXT NOT NULL);
CREATE INDEX correction_changes_correction ON correction_changes(correction_id);
"""

SEARCHED = ("words", "thought_was", "thought_should", "thought_final", "instruction_now")


@migrations()
def m001_episodes(db: Database) -> None:
    db.execute(f"PRAGMA application_id={APPLICATION_ID}")
    _run(db, _EPISODES)


@migrations()
def m002_corrections(db: Database) -> None:
    _run(db, _CORRECTIONS)


@migrations()
def m003_search(db: Database) -> None:
    """A full-text index of corrections, kept current by triggers."""
    columns = ", ".join(SEARCHED)
    old, new = (", ".join(f"{row}.{name}" for name in SEARCHED) for row in ("old", "new"))
    gone = f"INSERT INTO corrections_fts (corrections_fts, rowid, {columns}) VALUES ('delete', old.number, {old});"
    come = f"INSERT INTO corrections_fts (rowid, {columns}) VALUES (new.number, {new});"
    db.execute(f"CREATE VIRTUAL TABLE corrections_fts USING fts5 ({columns}, content=corrections,"
               " content_rowid=number, tokenize='porter unicode61')")  # fmt: skip
    db.execute("INSERT INTO corrections_fts (corrections_fts) VALUES ('rebuild')")
    db.execute(f"CREATE TRIGGER corrections_fts_ai AFTER INSERT ON corrections BEGIN {come} END")
    db.execute(f"CREATE TRIGGER corrections_fts_ad AFTER DELETE ON corrections BEGIN {gone} END")
    db.execute(f"CREATE TRIGGER corrections_fts_au AFTER UPDATE OF {columns} ON corrections BEGIN {gone} {come} END")


@migrations()
def m004_reasons(db: Database) -> None:
    """Why a lesson was changed, in a person's words."""
    db.execute("ALTER TABLE correction_changes ADD COLUMN reason TEXT NOT NULL DEFAULT ''")


@migrations()
def m005_routines(db: Database) -> None:
    """Standing instructions, the times that they were due, rules and facts of the home."""
    _run(db, routines.SCHEMA)
    _run(db, rules.SCHEMA)


@migrations()
def m006_takeovers(db: Database) -> None:
    """Which frames a person's hands were in: the id of the intervention that took the arms over, else empty."""
    db.execute("ALTER TABLE frames ADD COLUMN takeover TEXT NOT NULL DEFAULT ''")
    db.execute("CREATE INDEX frames_takeover ON frames(takeover) WHERE takeover != ''")


@migrations()
def m007_recordings(db: Database) -> None:
    """The sound of spoken corrections, in a table of its own."""
    _run(db, recordings.SCHEMA)


@migrations()
def m008_left(db: Database) -> None:
    """A lesson may be left: its task ended before it showed what came of it.

    A wider CHECK changes nothing that is stored, so that the table need not be written anew.
    Source: sqlite.org/lang_altertable.html, "Making Other Kinds Of Table Schema Changes".
    """
    version = db.execute("PRAGMA schema_version").fetchone()[0]
    db.execute("PRAGMA writable_schema=ON")
    db.execute("UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE type = 'table' AND name = 'corrections'",
               ["'failed', 'undone'", "'failed', 'left', 'undone'"])  # fmt: skip
    db.execute(f"PRAGMA schema_version={version + 1}")
    db.execute("PRAGMA writable_schema=OFF")


def _run(db: Database, script: str) -> None:
    """Statement by statement: sqlite3's own executescript would commit the transaction first."""
    for statement in filter(str.strip, script.split(";")):
        db.execute(statement)
