"""Rules of the home, and facts noticed about it: who said them and when. Nothing is deleted, a later one wins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from memory.connection import Connection
from memory.text import clean
from robot_bridge.protocol.errors import UsageError

SCHEMA = """
CREATE TABLE rules (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL CHECK (kind IN ('rule', 'fact')), text TEXT NOT NULL,
    about TEXT NOT NULL, subject TEXT NOT NULL, "by" TEXT NOT NULL, wall_s REAL NOT NULL,
    ended_s REAL, replaced_by INTEGER REFERENCES rules(id));
"""
_COLUMNS = 'id, kind, text, about, subject, "by", wall_s'


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Args:
    about: the topic, such as `breakfast`; may be empty.
    subject: what it settles, such as `place of cup`; a later rule with the same subject replaces it.
    """

    id: int = 0
    kind: str = "rule"
    text: str = ""
    about: str = ""
    subject: str = ""
    by: str = ""
    wall_s: float = 0.0


class RuleBook:
    """The rules and facts that hold."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, rule: Rule, replaces: Sequence[int] = ()) -> Rule:
        """Keep it; rules of the same subject and of these numbers hold no more, the same words are kept once."""
        with self._connection.writing(durable=True) as db:
            same = db.execute(f"SELECT {_COLUMNS} FROM rules WHERE ended_s IS NULL AND text = ? AND kind = ?",
                              (clean(rule.text), rule.kind)).fetchone()  # fmt: skip
            if same is not None:
                return Rule(**dict(zip(_NAMES, same, strict=True)))
            row = db.execute('INSERT INTO rules (kind, text, about, subject, "by", wall_s) VALUES (?, ?, ?, ?, ?, ?)'
                             " RETURNING id", (rule.kind, clean(rule.text), clean(rule.about), clean(rule.subject),
                                               clean(rule.by), rule.wall_s)).fetchall()[0]  # fmt: skip
            for number in replaces:
                db.execute("UPDATE rules SET ended_s = ?, replaced_by = ? WHERE id = ? AND ended_s IS NULL",
                           (rule.wall_s, row[0], number))  # fmt: skip
            if rule.subject:
                db.execute("UPDATE rules SET ended_s = ?, replaced_by = ? WHERE subject = ? AND ended_s IS NULL"
                           " AND id != ?", (rule.wall_s, row[0], clean(rule.subject), row[0]))  # fmt: skip
            return _one(db, row[0])

    def holding(self) -> list[Rule]:
        """Those that hold, newest first."""
        with self._connection.reading() as db:
            rows = db.execute(f"SELECT {_COLUMNS} FROM rules WHERE ended_s IS NULL ORDER BY id DESC")
            return [Rule(**dict(zip(_NAMES, row, strict=True))) for row in rows]

    def forget(self, rule_id: int, wall_s: float) -> Rule:
        """It holds no more. Raises `UsageError` when none of this number holds."""
        with self._connection.writing(durable=True) as db:
            found = _one(db, rule_id)
            db.execute("UPDATE rules SET ended_s = ? WHERE id = ?", (wall_s, rule_id))
            return found


_NAMES = tuple(name.strip('" ') for name in _COLUMNS.split(","))


def _one(db: Database, rule_id: int) -> Rule:
    row = db.execute(f"SELECT {_COLUMNS} FROM rules WHERE id = ? AND ended_s IS NULL", (rule_id,)).fetchone()
    if row is None:
        raise UsageError(f"no rule {rule_id} holds", next_step="see `coach rules list`")
    return Rule(**dict(zip(_NAMES, row, strict=True)))
