"""Recorded motion as demonstrations, without what a person condemned: `coach train --from-corrections --motion`.

To be learnt from is a frame in which

- a person moved the arms, if the robot was about the same thing before and after: else its thought was not what the
  person did;
- or the policy moved them in a task that came to its end (as filtered behaviour cloning has it), but not in the
  seconds before a person took the arms over, and nothing that a correction was against.

What is learnt is where the arms went: the target of an instant is where they were one step later. Fingers that hold
something stopped short of where they were sent, so that a grip is learnt no tighter than the thing is wide.

Source: HG-DAgger, arXiv 1810.02890, for the takeovers; the shards are those of `policy/training/episodes.py`.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from coach.export.episodes import Row, chosen_episodes, on_grid, rows_of
from memory.records import LABEL_START_S
from robot_bridge.protocol.errors import ProtocolError, UsageError
from robot_bridge.protocol.thought import Thought

if TYPE_CHECKING:
    from memory.records import Episode
    from memory.store import Store

DONE = "done"
NOTHING = str(Thought(subtask="nothing that can be read"))  # stands where a thought is not whole; never learnt


def write_recorded(store: Store, folder: Path, body: str, width: int, cameras: Sequence[str], dt_s: float) -> int:
    """One shard for each episode of this body with motion to learn; shards that were there before are gone.

    Args:
        width: numbers in a state of the body; dt_s: time between two rows of a chunk.

    Returns:
        Frames to learn from.

    Raises:
        UsageError: there are none.
    """
    shutil.rmtree(folder, ignore_errors=True)
    frames = 0
    for episode in chosen_episodes(store, ()):
        if episode.embodiment not in ("", body):
            continue
        rows = [row for row in on_grid(rows_of(store, episode, width), dt_s)
                if set(cameras) <= row.frame.jpegs.keys()]  # fmt: skip
        learnt = to_learn(rows, episode)
        if learnt.any():
            _save(folder / f"demos-{episode.id:06d}", rows, learnt, cameras)
            frames += int(learnt.sum())
    if not frames:
        raise UsageError("there is no recorded motion to learn from: every task was stopped, or corrected throughout",
                         next_step="take the arms over with f7 and show it, or train without --motion")  # fmt: skip
    return frames


def to_learn(rows: Sequence[Row], episode: Episode) -> np.ndarray:
    """bool[frames], whose motion is worth learning."""
    thoughts = [_thought(row) for row in rows]
    things = [thought.thing if thought is not None else "" for thought in thoughts]
    learnt = np.array([episode.outcome == DONE and not row.condemned for row in rows], bool)
    for start, end in _takeovers(rows):
        began_s = rows[start].timestamp_s - LABEL_START_S  # people react late here, too
        for number in range(start):
            learnt[number] &= rows[number].timestamp_s < began_s
        before, after = things[max(start - 1, 0)], things[min(end, len(rows) - 1)]
        learnt[start:end] = bool(before) and before == after
    return learnt & np.array([thought is not None and not thought.rests for thought in thoughts], bool)


def _takeovers(rows: Sequence[Row]) -> list[tuple[int, int]]:
    """First row of each, and the one behind its last."""
    by_hand = np.array([False, *(bool(row.frame.takeover) for row in rows), False])
    edges = [number for number, (one, other) in enumerate(pairwise(by_hand)) if one != other]
    return list(zip(edges[::2], edges[1::2], strict=True))


def _thought(row: Row) -> Thought | None:
    try:
        return Thought.parse(row.thought)
    except ProtocolError:
        return None


def _save(folder: Path, rows: Sequence[Row], learnt: np.ndarray, cameras: Sequence[str]) -> None:
    folder.mkdir(parents=True)
    seen = [row.frame.observation().images for row in rows]
    texts: dict[str, list[str]] = {"thoughts": [], "instructions": []}

    def numbers(table: str, words: Sequence[str]) -> np.ndarray:
        known = {text: number for number, text in enumerate(dict.fromkeys(words))}
        texts[table] = list(known)
        return np.array([known[text] for text in words], np.int32)

    arrays = {
        "images": np.stack([np.stack([images[name] for name in cameras]) for images in seen]),
        "state": np.stack([row.state for row in rows]),
        "action": np.stack([row.state for row in (*rows[1:], rows[-1])]),
        "episode": np.zeros(len(rows), np.int32), "learn": learnt,
        "thought_id": numbers("thoughts", [row.thought if _thought(row) else NOTHING for row in rows]),
        "instruction_id": numbers("instructions", [row.instruction for row in rows]),
    }  # fmt: skip
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    (folder / "texts.json").write_text(json.dumps({**texts, "episodes": [{"ok": True}], "cameras": list(cameras)}))
