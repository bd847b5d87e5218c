"""Lessons and episodes as lines of JSON, for trainers of language models and for one's own scripts."""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coach.disk import FULL
from robot_bridge.protocol.errors import UsageError

if TYPE_CHECKING:
    from memory.store import Store


def write(file: Path, store: Store, pictures: bool, episode_ids: Collection[int] = ()) -> int:
    """Every lesson that teaches, the oldest first, one a line; returns how many.

    Args:
        episode_ids: only lessons of these; empty for all.
        pictures: what the robot saw goes with each, as JPEG files in base64; without, its times alone.

    Raises: UsageError: the file cannot be written.
    """
    count = 0
    try:
        with file.open("x", encoding="utf-8") as out:
            for line in lines(store, pictures, episode_ids):
                out.write(json.dumps(line, ensure_ascii=False) + "\n")
                count += 1
    except OSError as error:
        if error.errno in FULL:
            raise
        raise UsageError(f"{file} cannot be written ({error.strerror})", "a file that is not there yet") from None
    return count


def lines(store: Store, pictures: bool, episode_ids: Collection[int] = ()) -> Iterator[dict[str, Any]]:
    """What is kept of each lesson, as plain values."""
    from memory.replay import stream

    for lesson in stream(store, episode_ids):
        correction = lesson.correction.to_json()
        frames = [{"time_s": frame.time_s, "state": frame.state.tolist(), "takeover": frame.takeover}
                  | ({"jpegs": {name: base64.b64encode(jpeg).decode() for name, jpeg in frame.jpegs.items()}}
                     if pictures else {}) for frame in lesson.frames]  # fmt: skip
        yield correction | {
            "instruction": lesson.instruction, "thought": lesson.thought, "weight": round(lesson.weight, 4),
            "start_s": lesson.start_s, "end_s": lesson.end_s, "frames": frames,
            "changes": [change.to_json() for change in store.correction_changes(lesson.correction.id)],
            "audio": [recording.heard for recording in store.recordings(lesson.correction.id)],
        }  # fmt: skip
