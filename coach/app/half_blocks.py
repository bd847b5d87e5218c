"""Pictures as coloured half blocks: two pixels a character, any terminal with colours will do.

Notable: a row is built and sent again only when it has changed, equal neighbours share one segment, and styles are
kept; that is several times cheaper than drawing the whole picture anew, which matters at 5 Hz beside a busy policy.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

if TYPE_CHECKING:
    import numpy as np

UPPER_HALF = "▀"
KEPT_BITS = 0xFC  # 6 bits a channel: what the eye does not see need not be sent


class HalfBlocks:
    """The rows of one picture at one size in cells."""

    def __init__(self) -> None:
        self._cells: np.ndarray | None = None  # uint8[rows, columns, 6]: upper RGB, lower RGB
        self._strips: dict[int, Strip] = {}

    def draw(self, pixels: np.ndarray, columns: int, rows: int) -> list[int]:
        """Take a picture, uint8[height, width, 3] RGB; returns the numbers of the rows that changed."""
        cells = _cells(pixels, columns, rows)
        before, self._cells = self._cells, cells
        if before is None or before.shape != cells.shape:
            changed = list(range(rows))
        else:
            changed = [int(row) for row in (before != cells).any(axis=(1, 2)).nonzero()[0]]
        for row in changed:
            self._strips.pop(row, None)
        return changed

    def strip(self, row: int, columns: int) -> Strip:
        """One row of the picture; blank where there is none."""
        cells = self._cells
        if cells is None or row >= cells.shape[0] or columns != cells.shape[1]:
            return Strip.blank(columns)
        if row not in self._strips:
            self._strips[row] = _strip(cells[row])
        return self._strips[row]


def _cells(pixels: np.ndarray, columns: int, rows: int) -> np.ndarray:
    """uint8[rows, columns, 6]."""
    import numpy as np
    from PIL import Image

    scaled = np.asarray(Image.fromarray(pixels).resize((columns, rows * 2), Image.Resampling.BILINEAR)) & KEPT_BITS
    return np.concatenate((scaled[0::2], scaled[1::2]), axis=2)


def _strip(cells: np.ndarray) -> Strip:
    segments: list[Segment] = []
    run, length = None, 0
    for cell in map(tuple, cells.tolist()):
        if cell != run and run is not None:
            segments.append(Segment(UPPER_HALF * length, _style(run)))
            length = 0
        run, length = cell, length + 1
    if run is not None:
        segments.append(Segment(UPPER_HALF * length, _style(run)))
    return Strip(segments, len(cells))


@lru_cache(maxsize=1 << 15)
def _style(cell: tuple[int, ...]) -> Style:
    return Style.from_color(Color.from_rgb(*cell[:3]), Color.from_rgb(*cell[3:]))
