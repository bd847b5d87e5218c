"""The robot's cameras: the base camera large, the wrists below it where there is room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text
from textual import events
from textual.app import ComposeResult, RenderResult
from textual.containers import Horizontal, Vertical
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from coach.app.messages import Pointed
from coach.app.quarter_blocks import QuarterBlocks

if TYPE_CHECKING:
    import numpy as np

    from coach.app.pictures import Renderable
    from robot_bridge.protocol.messages import Observation
    from robot_bridge.protocol.thought import Where

MARK = (0, 240, 255)  # no thing and no place in the kitchen has this colour
SHOWN = (255, 0, 220)  # nor this one: the point that the person shows
BORDER = 2
SMALL_BASE = 36  # a base picture narrower than this gets no wrist pictures beside it


class Picture(Widget):
    """One camera. Its size in cells is set from outside, twice as wide as high, since a cell is twice as high."""

    def __init__(self, camera: str) -> None:
        super().__init__(id=camera.replace("_", "-"))
        self.camera = camera
        self.border_title = camera.replace("_", " ")
        self._renderable: Renderable | None = None
        self._drawn: Any = None
        self._pixels: np.ndarray | None = None
        self._blocks = QuarterBlocks()

    @property
    def has_picture(self) -> bool:
        return self._pixels is not None

    def show(self, pixels: np.ndarray, renderable: Renderable | None) -> None:
        """Args: pixels: uint8[height, width, 3] RGB; renderable: for true pixels, None for quarter blocks."""
        first, self._pixels, self._renderable = self._pixels is None, pixels, renderable
        if first or renderable is not None:
            self.refresh()
        if renderable is None:
            self._draw_blocks()

    def on_click(self, event: events.Click) -> None:
        """Pointing: the middle of the cell that was clicked."""
        offset = event.get_content_offset(self)
        width, height = self.content_size
        if offset is not None and self._pixels is not None and width and height:
            self.post_message(Pointed(self.camera, (offset.x + 0.5) / width, (offset.y + 0.5) / height))

    def on_resize(self) -> None:
        if self._pixels is not None and self._renderable is None:
            self._draw_blocks()

    def _draw_blocks(self) -> None:
        width, height = self.content_size
        if self._pixels is not None and width and height:
            rows = self._blocks.draw(self._pixels, width, height)
            if rows:
                self.refresh(*(Region(0, row, width, 1) for row in rows))

    def render_line(self, y: int) -> Strip:
        if self._pixels is None or self._renderable is not None:
            return super().render_line(y)
        return self._blocks.strip(y, self.content_size.width)

    def render(self) -> RenderResult:
        if self._pixels is None or self._renderable is None:
            return Text("no picture yet", style="dim italic", justify="center")
        from PIL import Image  # loaded with the renderable, after the first paint

        if self._drawn is not None:
            self._drawn.cleanup()
        self._drawn = self._renderable(Image.fromarray(self._pixels), *self.content_size)
        return self._drawn


class Cameras(Vertical):
    """Three pictures, laid out for the room there is."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.base = Picture("base")
        self.wrists = (Picture("left_wrist"), Picture("right_wrist"))

    def compose(self) -> ComposeResult:
        yield self.base
        with Horizontal(id="wrists"):
            yield from self.wrists

    def fit(self, room: Size) -> int:
        """Choose the sizes for a room in cells; returns the width taken, 0 if there is no room for a picture."""
        width, wrists = best_fit(room)
        self.display = width > 0
        self.query_one("#wrists").display = wrists
        if width:
            self.styles.width = width
            self.base.styles.height = (width - BORDER) // 2 + BORDER
            for wrist in self.wrists:
                wrist.styles.height = (width // 2 - BORDER) // 2 + BORDER
        return width

    def show(
        self, observation: Observation, renderable: Renderable | None, where: Where | None, shown: Where | None = None
    ) -> None:
        """The newest pictures, with the point that the thought is about marked, and the one that the person shows."""
        for picture in (self.base, *self.wrists):
            pixels = observation.images.get(picture.camera)
            if pixels is None or not picture.display or not self.display:
                continue
            if where is not None and where.camera == picture.camera:
                pixels = marked(pixels, where, MARK)
            if shown is not None and shown.camera == picture.camera:
                pixels = marked(pixels, shown, SHOWN)
            picture.show(pixels, renderable)


def best_fit(room: Size) -> tuple[int, bool]:
    """(width of the base picture with its border, whether the wrists fit below) for a room in cells."""
    both = min(room.width, (room.height - 2 * BORDER) * 4 // 3 + BORDER)
    both -= both % 4
    if both - BORDER >= SMALL_BASE:
        return both, True
    alone = min(room.width, (room.height - BORDER) * 2 + BORDER)
    return (alone - alone % 2, False) if alone - BORDER >= 20 else (0, False)


def marked(pixels: np.ndarray, where: Where, colour: tuple[int, int, int] = MARK) -> np.ndarray:
    """A copy with a frame around the point; what is there stays to be seen."""
    drawn = pixels.copy()
    height, width = drawn.shape[:2]
    row, column = int(where.y * height), int(where.x * width)
    inner = max(4, height // 24)
    outer = inner + max(1, height // 48)  # a thinner frame gets lost in a small terminal

    def around(reach: int) -> tuple[slice, slice]:
        return slice(max(0, row - reach + 1), row + reach), slice(max(0, column - reach + 1), column + reach)

    drawn[around(outer)] = colour
    drawn[around(inner)] = pixels[around(inner)]
    return drawn
