"""An episode from its first moment to its last: what was seen, thought, done and said, in one order."""

from __future__ import annotations

from typing import Literal

import numpy as np

from memory.records import ActionRecord, Record
from memory.store import Store

Kind = Literal["thought", "actions", "said", "corrected", "event"]
Found = tuple[float, Kind, str]
EVENTS = 10_000


class Moment(Record, frozen=True, kw_only=True):
    """Something at one time.

    Args:
        at_s: seconds since the episode's first moment.
        time_s: the same on the bridge's clock.
    """

    at_s: float
    time_s: float
    kind: Kind
    text: str


def timeline(store: Store, episode_id: int) -> list[Moment]:
    """What happened in an episode, oldest first, without its pictures."""
    found: list[Found] = []
    thoughts = store.thoughts(episode_id)
    found += [(t.time_s, "thought", t.text) for t in thoughts]
    found += [(a.time_s, "actions", action_summary(a)) for a in store.actions(episode_id)]
    found += [(e.time_s, "event", e.text) for e in store.events(episode_id, EVENTS)]
    with store.reading() as db:
        lessons = db.conn.execute(
            "SELECT time_s, words, instruction_now FROM corrections WHERE episode_id = ?", (episode_id,)
        ).fetchall()
        began = db.conn.execute("SELECT min(time_s) FROM frames WHERE episode_id = ?", (episode_id,)).fetchone()
    found += [(time_s, "corrected", f'"{words}" → {now}') for time_s, words, now in lessons]
    found += _said(store, episode_id, thoughts[0].time_s - thoughts[0].wall_s if thoughts else None)
    found.sort(key=lambda moment: moment[0])
    first_s = min([*(moment[0] for moment in found), *(time_s for time_s in began if time_s is not None)], default=0.0)
    return [Moment(at_s=round(time_s - first_s, 3), time_s=time_s, kind=kind, text=text)
            for time_s, kind, text in found]  # fmt: skip


def action_summary(chunk: ActionRecord) -> str:
    """A chunk in a few words: how long it is, and which joints it moves farthest (radians or metres)."""
    moved = np.ptp(chunk.actions, axis=0)
    most = np.argsort(-moved)[:3]
    joints = ", ".join(f"joint {joint} by {moved[joint]:.2f}" for joint in most if moved[joint] > 0.005)
    return f"{chunk.horizon} steps, {chunk.horizon * chunk.dt_s:.1f} s: {joints or 'holds still'}"


def _said(store: Store, episode_id: int, offset_s: float | None) -> list[Found]:
    """What was said; `offset_s` takes Unix time to the bridge's clock, None where that is not known."""
    if offset_s is None:
        return []
    with store.reading() as db:
        rows = db.conn.execute('SELECT wall_s, "by", text FROM utterances WHERE episode_id = ?', (episode_id,))
        return [(wall_s + offset_s, "said", f"{by}: {text}") for wall_s, by, text in rows]
