"""An episode as rows, one a frame: what was seen, what the arms did next, the thought in force, who moved the arms."""

from __future__ import annotations

import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from memory.lessons import knew_already

if TYPE_CHECKING:
    from memory.records import Correction, Episode, Frame, ThoughtRecord
    from memory.store import Store


@dataclass(frozen=True)
class Row:
    """One frame of an episode.

    Args:
        timestamp_s: since the first frame of the episode.
        action: float32[width], where the arms were one frame later: what they reached of their targets; of the last
            frame its own.
        subtask: the one in force, as it should have been where a lesson covers this moment.
        thought: the same whole.
        correction: the lesson whose words ended between this frame and the next, else None.
        said: what a person said between this frame and the next.
        intervention: a person moved the arms, or put the thought right, at this moment.
        condemned: the arms did what a person then put right: no motion to learn from.
    """

    frame: Frame
    timestamp_s: float
    state: np.ndarray
    action: np.ndarray
    subtask: str
    thought: str
    instruction: str
    intervention: bool
    condemned: bool = False
    correction: Correction | None = None
    said: tuple[str, ...] = ()


def chosen_episodes(store: Store, numbers: tuple[int, ...]) -> Iterator[Episode]:
    """These episodes, or all that are over and have frames, the oldest first.

    Raises: UsageError: there is none of a number.
    """
    if numbers:
        yield from (store.episode(number) for number in numbers)
        return
    with store.reading() as db:
        found = db.execute("SELECT id FROM episodes WHERE EXISTS (SELECT 1 FROM frames WHERE episode_id = episodes.id)"
                           " ORDER BY id").fetchall()  # fmt: skip
    yield from (store.episode(number) for (number,) in found)


def rows_of(store: Store, episode: Episode, width: int) -> list[Row]:
    """Args: width: numbers in a state of this body."""
    frames = store.frames(episode.id)
    if not frames:
        return []
    thoughts = store.thoughts(episode.id)
    lessons = _lessons(store, episode.id)
    said = _said(store, episode.id, frames)
    at = [thought.time_s for thought in thoughts]
    states = [np.asarray(frame.state[:width], np.float32) for frame in frames]
    rows = []
    for number, frame in enumerate(frames):
        following = frames[min(number + 1, len(frames) - 1)].time_s
        index = bisect.bisect_right(at, frame.time_s) - 1
        thought = thoughts[index] if index >= 0 else None
        lesson = next((one for one, start_s, end_s in lessons if start_s <= frame.time_s <= end_s), None)
        spoken = next((one for one, _, _ in lessons if frame.time_s <= one.time_s < following), None)
        rows.append(Row(
            frame=frame, timestamp_s=frame.time_s - frames[0].time_s, state=states[number],
            action=states[min(number + 1, len(frames) - 1)], subtask=_subtask(thought, lesson),
            thought=_thought(thought, lesson), instruction=_instruction(episode, lesson),
            intervention=lesson is not None or bool(getattr(frame, "takeover", "")), correction=spoken,
            condemned=not frame.takeover and any(_condemns(one, start_s, frame.time_s) for one, start_s, _ in lessons),
            said=tuple(text for time_s, text in said if frame.time_s <= time_s < following),
        ))  # fmt: skip
    return rows


def on_grid(rows: list[Row], dt_s: float) -> list[Row]:
    """One row every so many seconds, the latest that was there."""
    if not rows:
        return []
    last, found = rows[-1].timestamp_s, []
    index = 0
    for step in range(int(last / dt_s + 0.5) + 1):
        while index + 1 < len(rows) and rows[index + 1].timestamp_s <= (step + 0.5) * dt_s:
            index += 1
        found.append(rows[index])
    return found


def _lessons(store: Store, episode_id: int) -> list[tuple[Correction, float, float]]:
    """Lessons of the episode that hold, with the stretch that each covers."""
    from memory.replay import stream_of

    return [(lesson.correction, lesson.start_s, lesson.end_s) for lesson in stream_of(store, episode_id)]


def _condemns(lesson: Correction, start_s: float, time_s: float) -> bool:
    """Whether a lesson is against what was done at a time: from where its mistake began to the words. A yes to what
    the robot was about to do is against nothing."""
    words_s = lesson.time_s if lesson.time_s > start_s else start_s + lesson.label_start_s
    return start_s <= time_s < words_s and not knew_already(lesson)


def _said(store: Store, episode_id: int, frames: list[Frame]) -> list[tuple[float, str]]:
    """Words of persons on the bridge's clock."""
    offset_s = frames[0].time_s - frames[0].wall_s
    with store.reading() as db:
        rows = db.execute("SELECT wall_s, text FROM utterances WHERE episode_id = ? AND role = 'person' ORDER BY id",
                          (episode_id,)).fetchall()  # fmt: skip
    return [(wall_s + offset_s, text) for wall_s, text in rows]


def _thought(thought: ThoughtRecord | None, lesson: Correction | None) -> str:
    if lesson is not None:
        return (lesson.thought_final or lesson.thought_should).strip()
    return thought.text if thought is not None else ""


def _subtask(thought: ThoughtRecord | None, lesson: Correction | None) -> str:
    for line in (lesson.thought_final or lesson.thought_should).splitlines() if lesson is not None else ():
        if line.startswith("subtask: "):
            return line.removeprefix("subtask: ").strip()
    if lesson is not None and lesson.instruction_now:
        return lesson.instruction_now
    return thought.subtask if thought is not None else ""


def _instruction(episode: Episode, lesson: Correction | None) -> str:
    return lesson.instruction_now if lesson is not None and lesson.instruction_now else episode.instruction
