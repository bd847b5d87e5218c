"""Frames in the file: a state vector and one JPEG per camera."""

from __future__ import annotations

import io
import itertools
import time
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from PIL import Image
from sqlite_utils import Database

from memory.records import Frame
from memory.text import clean
from robot_bridge.protocol.errors import StoreError
from robot_bridge.protocol.messages import Observation

# High, without chroma subsampling: a cup is 6×10 pixels in a 96-pixel picture, and its colour is its name.
JPEG_QUALITY = 90
_FRAME = """SELECT frames.id, episode_id, sequence, time_s, wall_s, state, takeover, camera, jpeg
FROM frames LEFT JOIN pictures ON frame_id = frames.id"""


class EncodedFrame(NamedTuple):
    """A frame ready for its row: `state` float32 bytes, `jpegs` camera name → JPEG file."""

    episode_id: int | None
    sequence: int
    time_s: float
    wall_s: float
    state: bytes
    jpegs: dict[str, bytes]
    takeover: str = ""


def encode(episode_id: int | None, observation: Observation, wall_s: float | None = None) -> EncodedFrame:
    """The bytes to store for an observation.

    Raises:
        StoreError: a picture is not uint8[height, width, 3].
    """
    check(observation)
    jpegs = {camera: _jpeg(picture) for camera, picture in observation.images.items()}
    state = np.ascontiguousarray(observation.state, np.float32).tobytes()
    wall_s = time.time() if wall_s is None else wall_s
    return EncodedFrame(episode_id, observation.sequence, observation.time_s, wall_s, state, jpegs,
                        clean(observation.takeover))  # fmt: skip


def write(db: Database, frames: Iterable[EncodedFrame]) -> int:
    """Add frames within the caller's transaction; one that is there already stays. Returns how many were new."""
    new = 0
    for frame in frames:
        size = len(frame.state) + sum(map(len, frame.jpegs.values()))
        cursor = db.conn.execute(
            "INSERT INTO frames (episode_id, sequence, time_s, wall_s, state, bytes, takeover)"
            " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7"
            " WHERE NOT EXISTS (SELECT 1 FROM frames WHERE episode_id IS ?1 AND time_s=?3 AND sequence=?2)",
            (frame.episode_id, frame.sequence, frame.time_s, frame.wall_s, frame.state, size, frame.takeover),
        )
        if not cursor.rowcount:
            continue
        pictures = ((cursor.lastrowid, camera, jpeg) for camera, jpeg in frame.jpegs.items())
        db.conn.executemany("INSERT INTO pictures (frame_id, camera, jpeg) VALUES (?, ?, ?)", pictures)
        new += 1
    return new


def read(db: Database, episode_id: int | None, start_s: float, end_s: float, limit: int) -> list[Frame]:
    """Frames of an episode with start_s ≤ time_s ≤ end_s, oldest first."""
    where = "episode_id IS ? AND time_s BETWEEN ? AND ? ORDER BY time_s, sequence"  # as the index has them
    return list(itertools.islice(_read(db, where, (episode_id, start_s, end_s)), limit))


def ids(db: Database, episode_id: int | None, start_s: float, end_s: float) -> list[int]:
    """Ids of the frames that `read` would give, without reading their pictures."""
    chosen = "SELECT id FROM frames WHERE episode_id IS ? AND time_s BETWEEN ? AND ? ORDER BY time_s, sequence"
    return [row[0] for row in db.conn.execute(chosen, (episode_id, start_s, end_s))]


def of_takeover(db: Database, takeover: str) -> list[Frame]:
    """What was seen while a person moved the arms, oldest first; nothing for an empty name."""
    where = "takeover = ? AND takeover != '' ORDER BY time_s, sequence"
    return list(_read(db, where, (clean(takeover),)))


def one(db: Database, frame_id: int) -> Frame:
    """The frame of an id that `ids` gave."""
    return next(_read(db, "frames.id = ?", (frame_id,)))


def _read(db: Database, where: str, values: Iterable[Any]) -> Iterator[Frame]:
    """Frames with their pictures, in one statement."""
    rows = db.conn.execute(f"{_FRAME} WHERE {where}", tuple(values))
    for fields, pictures in itertools.groupby(rows, key=lambda row: row[:7]):
        jpegs = {camera: jpeg for *_, camera, jpeg in pictures if camera is not None}
        yield Frame(id=fields[0], episode_id=fields[1], sequence=fields[2], time_s=fields[3], wall_s=fields[4],
                    state_bytes=fields[5], takeover=fields[6], jpegs=jpegs)  # fmt: skip


def moment(db: Database, episode_id: int | None, sequence: int, otherwise_s: float) -> float:
    """The bridge's time of an observation: of the frame of that number (the latest, should a restarted bridge
    have counted anew), else of the episode's last frame, else `otherwise_s`."""
    row = db.conn.execute(
        "SELECT time_s FROM frames WHERE episode_id IS ? AND sequence = ? ORDER BY time_s DESC LIMIT 1",
        (episode_id, sequence),
    ).fetchone()
    row = row or db.conn.execute("SELECT max(time_s) FROM frames WHERE episode_id IS ?", (episode_id,)).fetchone()
    return otherwise_s if row[0] is None else float(row[0])


def check(observation: Observation) -> None:
    """Refuse what cannot be stored.

    Raises:
        StoreError: a picture is not uint8[height, width, 3].
    """
    for camera, picture in observation.images.items():
        if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or not picture.size:
            raise StoreError(f"the picture of camera {camera} is {picture.dtype}{list(picture.shape)}",
                             "uint8[height, width, 3]")  # fmt: skip


def _jpeg(picture: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return file.getvalue()
