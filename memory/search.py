"""Finding corrections by words, through SQLite's full-text index."""

from __future__ import annotations

import re

from sqlite_utils import Database

from memory.corrections import select
from memory.records import Correction

MAX_WORDS = 16
# Too common to tell lessons apart; used only where nothing else was said.
_COMMON = "a an and at from i in is it my no not of on please put that the there this to was you"
_WORD = re.compile(r"\w+")


def search(db: Database, query: str, limit: int) -> list[Correction]:
    """Corrections that hold every word of the query, newest first; then, if there is room, those that hold one
    of its telling words. The last word may be unfinished, endings are ignored (`cups` finds `cup`).
    """
    words = _WORD.findall(query.lower())[:MAX_WORDS]
    if not words or limit <= 0:
        return []
    found = _match(db, " AND ".join(_terms(words)), limit)
    telling = [word for word in words if word not in _COMMON.split()]
    if len(found) < limit and len(words) > 1 and telling:
        seen = {correction.number for correction in found}
        more = _match(db, " OR ".join(_terms(telling)), limit + len(found))
        found += [correction for correction in more if correction.number not in seen]
    return found[:limit]


def _terms(words: list[str]) -> list[str]:
    return [f'"{word}"' for word in words[:-1]] + [f'("{words[-1]}" OR "{words[-1]}"*)']


def _match(db: Database, match: str, limit: int) -> list[Correction]:
    """Newest first: rowid order is the index's own, so the limit ends the work early; ranking would not."""
    numbers = "SELECT rowid FROM corrections_fts WHERE corrections_fts MATCH ? ORDER BY rowid DESC LIMIT ?"
    return select(db, f"WHERE number IN ({numbers}) ORDER BY number DESC", (match, limit))
