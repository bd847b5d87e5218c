"""The one error of this package.

Exception
└── PromptError               a prompt file is wrong, or a sentence is used in a way that it does not allow
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

MANY = 20  # names that still make a readable sentence


class PromptError(Exception):
    """An expected failure in one clear sentence; the same fields as the errors of the protocol, which this
    package does not import.

    Args:
        what: what failed, with the value received.
        allowed: the values that would have been accepted.
        next_step: what the person can do now.
    """

    code = "prompt"

    def __init__(self, what: str, allowed: str = "", next_step: str = "") -> None:
        self.what, self.allowed, self.next_step = what, allowed, next_step
        parts = [what, f"allowed: {allowed}" if allowed else "", next_step]
        super().__init__("; ".join(part for part in parts if part))


def unknown(kind: str, name: object, known: Iterable[str], file: str = "") -> PromptError:
    """The error for a name that does not exist, with the nearest that does."""
    known = sorted(known)
    near = difflib.get_close_matches(str(name), known, n=1, cutoff=0.5)
    where = f"{file}: " if file else ""
    allowed = ", ".join(known) if len(known) <= MANY else f"one of the {len(known)} names there are"
    return PromptError(f"{where}unknown {kind} '{name}'", allowed, f"did you mean '{near[0]}'?" if near else "")
