"""Pictures in characters: what a cell shows of four pixels."""

from __future__ import annotations

import numpy as np
import pytest

from coach.app.quarter_blocks import QuarterBlocks

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
