"""An mp4 file that takes pictures one by one. Needs `av`, of the extra `export`."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np

if TYPE_CHECKING:
    from coach.export.episodes import Row

FPS = 10
KEY_EVERY = 2  # frames; datasets are read at random places


class VideoFile:
    """H.264, all frames one behind the other at `FPS`.

    Args:
        rows: the first episode, from which the size of the pictures is taken.
        key: `observation.images.NAME`.
    """

    def __init__(self, path: Path, rows: list[Row], key: str) -> None:
        first = next((picture for row in rows if (picture := row.frame.observation().images.get(key.rpartition(".")[2]))
                      is not None), None)  # fmt: skip
        self.shape = (first.shape[0], first.shape[1]) if first is not None else (96, 96)
        path.parent.mkdir(parents=True)
        self._file = av.open(str(path), "w")
        self._stream = self._file.add_stream("libx264", rate=FPS)
        self._stream.height, self._stream.width = self.shape
        self._stream.pix_fmt = "yuv420p"
        self._stream.options = {"crf": "18", "g": str(KEY_EVERY), "bf": "0", "preset": "veryfast"}
        self._stream.time_base = Fraction(1, FPS)
        self._frames = 0
        self._last = np.zeros((*self.shape, 3), np.uint8)

    @property
    def seconds(self) -> float:
        """How long the video is so far."""
        return self._frames / FPS

    def add(self, picture: np.ndarray | None) -> None:
        """A picture, or the last one again where a frame has none. Args: picture: uint8[height, width, 3]."""
        if picture is not None and picture.shape == self._last.shape:
            self._last = picture
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(self._last), format="rgb24")
        frame.pts, frame.time_base = self._frames, Fraction(1, FPS)
        for packet in self._stream.encode(frame):
            self._file.mux(packet)
        self._frames += 1

    def close(self) -> None:
        for packet in self._stream.encode():
            self._file.mux(packet)
        self._file.close()
