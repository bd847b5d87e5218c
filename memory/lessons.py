"""What a correction teaches: which thought, for which instruction, over which stretch of time, and how much."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from sqlite_utils import Database

from memory.corrections import MARGIN_S, change, select
from memory.editing import is_whole
from memory.records import REVIEW, Correction
from memory.statistics import object_of
from robot_bridge.protocol.errors import ProtocolError
from robot_bridge.protocol.thought import Thought

NEVER_TAUGHT = ("retracted", "undone")
KNOWN_ALREADY = 0.1  # weight of a lesson whose step the robot had right before
_PLACE = re.compile(r"\b(?:in|into|on|onto|to) the \w")


def thought_of(correction: Correction) -> str:
    """The thought to learn; empty where there is none. One that ends with a line break is only a beginning.

    Where the task failed in the end, what the model wrote on from the person's words is no example.
    """
    final = correction.thought_final if correction.outcome != "failed" else ""
    text = (final or correction.thought_should).strip()
    if not text or correction.outcome in NEVER_TAUGHT:
        return ""
    return text if is_whole(text) else text + "\n"


def instruction_of(correction: Correction) -> str:
    """The instruction under which the robot should have thought so.

    Where the person named another thing or place than before, the robot was not wrong: the new instruction is the
    one to learn. Where the old one left the place open (`put the plate away`), the lesson belongs to it.
    """
    was, now = correction.instruction_was, correction.instruction_now
    same_thing = object_of(was) != "" and object_of(now).endswith(object_of(was))
    left_open = not _PLACE.search(was) and not was.startswith("pick up")
    return was if same_thing and left_open else now or was


def knew_already(correction: Correction) -> bool:
    """Whether the robot had the step right before the words."""
    return _step(correction.thought_was) == _step(thought_of(correction))


def weights(corrections: Iterable[Correction]) -> list[float]:
    """How much each teaches: one told n times counts √n times in all, so that the rare is not drowned by the
    repeated; one whose step the robot had right before counts a tenth."""
    keys, factors = [], []  # numbers alone: there may be more lessons than fit into memory
    for correction in corrections:
        step = _step(thought_of(correction))
        keys.append(hash((instruction_of(correction), step)))
        factors.append(KNOWN_ALREADY if _step(correction.thought_was) == step else 1.0)
    times = Counter(keys)
    return [factor * times[key] ** -0.5 for key, factor in zip(keys, factors, strict=True)]


def span(db: Database, correction: Correction) -> tuple[float, float]:
    """From when to when the lesson holds, on the bridge's clock: from `label_start_s` before the words, but not from
    before the wrong subtask began where that is known, until the corrected subtask is over or another lesson begins;
    the end of the kept window where neither is known. One of kind `review` holds for what was marked and no more:
    the `label_start_s` up to its time."""
    if correction.kind == REVIEW:
        return correction.time_s - correction.label_start_s, correction.time_s
    first, last = correction.window_start_s, correction.window_end_s
    words_s = correction.time_s if first <= correction.time_s <= last else first + MARGIN_S + correction.label_start_s
    start_s = max(words_s - correction.label_start_s, _onset_s(db, correction, words_s))
    corrected = db.conn.execute(
        "SELECT time_s, subtask FROM thoughts WHERE episode_id = ? AND cause = ? ORDER BY id LIMIT 1",
        (correction.episode_id, correction.id),
    ).fetchone()
    if corrected is None:  # nobody acted on it: it holds while the robot goes on as it was
        over = _over_s(db, correction, (words_s, _step(correction.thought_was)[1]))
        return start_s, _next_lesson_s(db, correction, last if over is None else min(last, over))
    over = _over_s(db, correction, corrected)
    end = db.conn.execute("SELECT max(time_s) FROM frames WHERE episode_id = ?", (correction.episode_id,)).fetchone()[0]
    return start_s, _next_lesson_s(db, correction, over or end or last)


def _onset_s(db: Database, correction: Correction, words_s: float) -> float:
    """When the subtask began that the words were against; long ago where that is not known."""
    subtask = _step(correction.thought_was)[1]
    other = db.conn.execute(
        "SELECT max(time_s) FROM thoughts WHERE episode_id = ? AND time_s < ? AND subtask <> ?",
        (correction.episode_id, words_s, subtask),
    ).fetchone()[0]
    if not subtask or other is None:
        return float("-inf")
    began: tuple[float | None] = db.conn.execute(
        "SELECT min(time_s) FROM thoughts WHERE episode_id = ? AND time_s > ? AND time_s <= ? AND subtask = ?",
        (correction.episode_id, other, words_s, subtask),
    ).fetchone()
    return began[0] if began[0] is not None else float("-inf")


def _over_s(db: Database, correction: Correction, since: tuple[float, str]) -> float | None:
    """When another subtask came after the one of that time, if it did."""
    found: tuple[float | None] = db.conn.execute(
        "SELECT min(time_s) FROM thoughts WHERE episode_id = ? AND time_s > ? AND subtask <> ?",
        (correction.episode_id, *since),
    ).fetchone()
    return found[0]


def settle(db: Database, where: str, values: Sequence[object] = ()) -> None:
    """Protect the frames of lessons to the end of their subtask, now that it is known. `where`: which, as SQL."""
    for correction in select(db, f"WHERE {where}", values):
        end_s = span(db, correction)[1]
        if end_s > correction.window_end_s:
            db.conn.execute("UPDATE corrections SET window_end_s = ? WHERE number = ?", (end_s, correction.number))


def leave(db: Database, where: str, values: Sequence[object] = ()) -> None:
    """What is open still when its episode ends is left: nobody will see any more what comes of it."""
    for correction in select(db, f"WHERE outcome = 'open' AND {where}", values):
        change(db, correction.id, "outcome", "left", "robot")


def _next_lesson_s(db: Database, correction: Correction, otherwise_s: float) -> float:
    """When the next lesson of the episode begins, if that is before `otherwise_s`."""
    following = db.conn.execute(
        "SELECT min(time_s - label_start_s) FROM corrections WHERE episode_id = ? AND number > ?"
        " AND time_s > ? AND outcome NOT IN ('retracted', 'undone')",
        (correction.episode_id, correction.number, correction.time_s),
    ).fetchone()[0]
    return min(otherwise_s, following) if following is not None else otherwise_s


def _step(text: str) -> tuple[str, str]:
    """What a thought does and why, without where: two that share it are the same lesson."""
    try:
        thought = Thought.parse(text)
    except ProtocolError:
        return text.strip(), ""
    return thought.reason, thought.subtask
