"""Puts a terminal back in order after a program died while it held the whole screen."""

from __future__ import annotations

import contextlib
import os
import sys
import termios

# End: mouse reporting (1000 1002 1003 1006 1015), focus reports (1004), bracketed paste (2004), synchronised output
# (2026), in-band resize reports (2048), kitty keyboard (<u), alternate screen (1049); show the cursor, plain text.
_RESET = "".join(f"\x1b[?{n}l" for n in (1000, 1002, 1003, 1006, 1015, 1004, 2004, 2026, 2048))
_RESET += "\x1b[<u\x1b[?1049l\x1b[?25h\x1b[0m"


class Terminal:
    """Remembers how the terminal was, so that `restore` can bring it back; does nothing where there is none."""

    def __init__(self) -> None:
        self._modes: list | None = None
        with contextlib.suppress(termios.error, OSError, ValueError):
            self._modes = termios.tcgetattr(sys.stdin.fileno())

    def restore(self, whole_screen: bool) -> None:
        """Bring back the line discipline and, after a death without a goodbye, the screen as well."""
        if self._modes is None:
            return
        with contextlib.suppress(termios.error, OSError, ValueError):
            termios.tcsetattr(sys.stdin.fileno(), termios.TCSANOW, self._modes)
        if whole_screen and sys.stderr.isatty():
            with contextlib.suppress(OSError):
                os.write(sys.stderr.fileno(), _RESET.encode())
