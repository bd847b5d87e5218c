"""Pictures as coloured quarter blocks: four pixels in two colours a character, any terminal with colours will do.

Notable: a cell is an upper and a lower half unless another way to part its four pixels fits them clearly better, so
that edges are sharp and even parts stay even. A row is built and sent again only when it has changed, equal
neighbours share one segment, and styles are kept; that is several times cheaper than drawing the whole picture anew,
which matters at 5 Hz beside a busy policy.
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

# One bit a quarter that has the foreground's colour: 1 top left, 2 top right, 4 bottom left, 8 bottom right.
HALVES = 3
GLYPHS = {HALVES: "▀", 1: "▘", 2: "▝", 4: "▖", 8: "▗", 5: "▌", 9: "▚"}
CLEARLY = 1500.0  # squared levels summed over a cell: 11 levels a channel and quarter
KEPT_BITS = 0xFC  # 6 bits a channel: what the eye does not see need not be sent


class QuarterBlocks:
    """The rows of one picture at one size in cells."""

    def __init__(self) -> None:
        self._cells: np.ndarray | None = None  # uint8[rows, columns, 7]: glyph, foreground RGB, background RGB
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
    """uint8[rows, columns, 7]."""
    import numpy as np
    from PIL import Image

    scaled = np.asarray(Image.fromarray(pixels).resize((columns * 2, rows * 2), Image.Resampling.BILINEAR))
    left, right = scaled[:, 0::2].astype(np.float32), scaled[:, 1::2].astype(np.float32)
    lost = 0.5 * ((left - right) ** 2).sum(axis=2)  # [rows * 2, columns], where a half has one colour
    cells = np.empty((rows, columns, 7), np.uint8)
    cells[..., 0] = HALVES
    cells[..., 1:4], cells[..., 4:7] = (left + right)[0::2] / 2, (left + right)[1::2] / 2
    uneven = (lost[0::2] + lost[1::2]) > CLEARLY
    if uneven.any():
        quarters = np.stack((left[0::2], right[0::2], left[1::2], right[1::2]), axis=2)[uneven]
        cells[uneven] = _parted(quarters)
    cells[..., 1:] &= KEPT_BITS
    return cells


def _parted(quarters: np.ndarray) -> np.ndarray:
    """uint8[cells, 7] for float32[cells, 4, 3]: the way to part four pixels whose two means are nearest to them."""
    import numpy as np

    ways = np.array(list(GLYPHS), np.uint8)
    inside = (ways[:, None] >> np.arange(4) & 1).astype(np.float32)  # [ways, 4]
    sizes = inside.sum(axis=1)[:, None]
    front = inside @ quarters  # [cells, ways, 3]
    back = (quarters.sum(axis=1)[:, None] - front) / (4 - sizes)
    front /= sizes
    kept = (front**2 * sizes + back**2 * (4 - sizes)).sum(axis=2)  # the most is the least squared error
    kept[:, 0] += CLEARLY
    best, each = kept.argmax(axis=1), np.arange(len(quarters))
    return np.concatenate((ways[best, None], front[each, best], back[each, best]), axis=1).astype(np.uint8)


def _strip(cells: np.ndarray) -> Strip:
    segments: list[Segment] = []
    run, length = None, 0
    for cell in map(tuple, cells.tolist()):
        if cell != run and run is not None:
            segments.append(Segment(GLYPHS[run[0]] * length, _style(run[1:])))
            length = 0
        run, length = cell, length + 1
    if run is not None:
        segments.append(Segment(GLYPHS[run[0]] * length, _style(run[1:])))
    return Strip(segments, len(cells))


@lru_cache(maxsize=1 << 15)
def _style(colours: tuple[int, ...]) -> Style:
    return Style.from_color(Color.from_rgb(*colours[:3]), Color.from_rgb(*colours[3:]))
