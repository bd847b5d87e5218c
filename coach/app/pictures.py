"""Which kind of picture this terminal can show, decided without asking it.

`textual_image` asks the terminal when it is imported, and reads the keyboard for the answer. Here it is imported
while the UI already runs, so the question must not be asked: the environment says enough. Sixel is never used,
because it breaks inside scrolling widgets.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

Renderable = Callable[..., Any]  # (PIL image, width, height in cells) → something Rich can print

_import_lock = threading.Lock()


def speaks_graphics_protocol(environment: Mapping[str, str]) -> bool:
    """Kitty and Ghostty know the placeholders of the terminal graphics protocol; others that claim to do not."""
    if environment.get("TMUX") or environment.get("STY"):
        return False
    term = environment.get("TERM", "")
    return "KITTY_WINDOW_ID" in environment or term in ("xterm-kitty", "xterm-ghostty")


def load_renderable(environment: Mapping[str, str] = os.environ) -> Renderable | None:
    """The class for true pixels, or None where the terminal shows quarter blocks (`quarter_blocks.py`).

    Either way the picture library is loaded when this returns.
    """
    import PIL.Image

    assert PIL.Image
    if not speaks_graphics_protocol(environment):
        return None
    with _import_lock, _terminal_out_of_reach():
        from textual_image.renderable.tgp import Image as Pixels
    return Pixels


@contextmanager
def _terminal_out_of_reach() -> Iterator[None]:
    """The library takes its standard output for something that is no terminal."""
    real = sys.__stdout__
    with open(os.devnull, "w") as nowhere:
        sys.__stdout__ = nowhere  # type: ignore[misc]
        try:
            yield
        finally:
            sys.__stdout__ = real  # type: ignore[misc]
