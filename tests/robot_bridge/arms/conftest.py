"""What the tests of the arms share: one kitchen, and the reason why pictures cannot be tested here."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import pytest

from robot_bridge.arms.kitchen.engine import RenderError
from robot_bridge.arms.kitchen.world import Kitchen


@functools.cache
def no_pictures() -> str:
    """Why this machine cannot draw; empty if it can."""
    try:
        kitchen = Kitchen()
        kitchen.render("base")
        kitchen.close()
    except RenderError as error:
        return str(error)
    return ""


@pytest.fixture(autouse=True)
def _skip_without_gl(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("render") and no_pictures():
        pytest.skip(no_pictures())


@pytest.fixture(scope="module")
def kitchen() -> Iterator[Kitchen]:
    made = Kitchen()
    yield made
    made.close()
