"""Pictures in characters: what a cell shows of four pixels."""

from __future__ import annotations

import numpy as np
import pytest

from coach.app.cameras import MARK, marked
from coach.app.quarter_blocks import QuarterBlocks
from robot_bridge.protocol.thought import Where

RED, BLUE = (240, 0, 0), (0, 0, 240)


def drawn(pixels: list[list[tuple[int, int, int]]]) -> list[tuple[str, tuple[int, int, int], tuple[int, int, int]]]:
    """(text, foreground, background) of each run of the only row."""
    blocks = QuarterBlocks()
    blocks.draw(np.array(pixels, np.uint8), len(pixels[0]) // 2, 1)
    runs = []
    for text, style, _ in blocks.strip(0, len(pixels[0]) // 2):
        assert style is not None and style.color is not None and style.bgcolor is not None
        front, back = style.color.get_truecolor(), style.bgcolor.get_truecolor()
        runs.append((text, tuple(front), tuple(back)))
    return runs


@pytest.mark.parametrize(
    ("upper", "lower", "glyph"),
    [((RED, RED), (BLUE, BLUE), "▀"), ((RED, BLUE), (RED, BLUE), "▌"), ((RED, BLUE), (BLUE, RED), "▚"),
     ((RED, BLUE), (BLUE, BLUE), "▘"), ((BLUE, RED), (BLUE, BLUE), "▝"), ((BLUE, BLUE), (RED, BLUE), "▖"),
     ((BLUE, BLUE), (BLUE, RED), "▗")],
)  # fmt: skip
def test_four_pixels_of_two_colours_are_shown_as_they_are(upper, lower, glyph) -> None:
    assert drawn([list(upper), list(lower)]) == [(glyph, RED, BLUE)]


def test_three_of_four_pixels_are_the_ground_when_the_corner_differs() -> None:
    assert drawn([[RED, RED], [RED, BLUE]]) == [("▗", BLUE, RED)]


def test_even_pixels_are_halves_in_one_run_when_they_differ_by_noise_alone() -> None:
    grey = [(120 + k, 120, 120 - k) for k in (0, 3, 1, 2)]
    runs = drawn([grey, grey])
    assert [text for text, *_ in runs] == ["▀▀"]


def test_only_rows_that_changed_are_drawn_again() -> None:
    blocks, picture = QuarterBlocks(), np.zeros((8, 8, 3), np.uint8)
    assert blocks.draw(picture, 4, 4) == [0, 1, 2, 3]
    picture = picture.copy()
    picture[4:6, 0] = 200
    assert blocks.draw(picture, 4, 4) == [2]


@pytest.mark.parametrize("point", [(0.5, 0.5), (0.0, 0.0), (0.999, 0.2)])
def test_a_point_is_framed_and_what_is_there_stays_to_be_seen(point: tuple[float, float]) -> None:
    picture = np.arange(96 * 96 * 3, dtype=np.uint32).reshape(96, 96, 3).astype(np.uint8)
    drawn = marked(picture, Where("base", *point))
    row, column = int(point[1] * 96), int(point[0] * 96)
    here = (slice(max(0, row - 3), row + 4), slice(max(0, column - 3), column + 4))
    assert (drawn[here] == picture[here]).all()
    framed = (drawn == MARK).all(axis=2)
    assert framed.sum() == (drawn != picture).any(axis=2).sum() >= 20 and framed.sum() <= 11 * 11 - 7 * 7
