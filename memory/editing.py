"""Putting a lesson right afterwards; what it was stays in its history."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqlite_utils import Database

from memory.corrections import change, one
from memory.records import KINDS, NUDGE, REVIEW, Correction
from robot_bridge.protocol.errors import ProtocolError, UsageError
from robot_bridge.protocol.thought import KEYS, Thought

HANDS = ("left", "right")
EDITABLE = ("words", "kind", "thought_should", "thought_final", "instruction_was", "instruction_now")
_TWO_LINES = re.compile(rf"({'|'.join(KEYS)}):")
_AS_IN = 'as in: "reason: the cup is on the counter\\nsubtask: pick up the cup"'


def edit(db: Database, correction_id: str, fields: Mapping[str, str], by: str, reason: str) -> Correction:
    """Set fields of a correction within the caller's transaction, all or none of them.

    A new `thought_should` that the thought written before does not begin with takes its place: `thought_final` is
    emptied, or becomes the new one if that is whole.

    Raises:
        UsageError: nothing to set, a field that cannot be edited, or a text that it does not take.
    """
    if not fields:
        raise UsageError("there is nothing to edit", "one of " + ", ".join(EDITABLE))
    wanted = {name: _checked(name, text) for name, text in fields.items()}
    correction = one(db, correction_id)
    if wanted.get("kind", correction.kind) != correction.kind and correction.kind in (NUDGE, REVIEW):
        raise UsageError(f"a correction of kind '{correction.kind}' keeps it", next_step="leave its kind as it is")
    should = wanted.get("thought_should")
    if should is not None and "thought_final" not in wanted and not correction.thought_final.startswith(should):
        wanted["thought_final"] = should.strip() if is_whole(should) else ""
    for name, text in wanted.items():
        correction = change(db, correction.id, name, text, by, reason)
    return correction


def is_whole(text: str) -> bool:
    """The text is a thought to which a model need add nothing: what it points at, or an end, or a question."""
    try:
        thought = Thought.parse(text)
    except ProtocolError:
        return False
    return thought.where is not None or thought.is_done or thought.is_question


def _checked(name: str, text: str) -> str:
    if name not in EDITABLE:
        raise UsageError(f"'{name}' of a correction cannot be edited", ", ".join(EDITABLE))
    if not text.strip():
        raise UsageError(f"'{name}' of a correction cannot be empty", next_step="take it back with: "
                         "coach corrections retract ID")  # fmt: skip
    if name == "kind" and text.strip() not in KINDS:
        raise UsageError(f"'{text.strip()}' is no kind of correction", ", ".join(KINDS))
    return thought_text(text, whole=name == "thought_final") if name.startswith("thought_") else text.strip()


def thought_text(text: str, whole: bool) -> str:
    """The text of a thought, or of the beginning of one, which ends with a line break.

    Args:
        whole: a beginning will not do.

    Raises:
        UsageError: it is neither.
    """
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    text = "\n".join(lines)
    if not whole and not any(line.startswith("subtask:") for line in lines):
        text += "\nsubtask: -"  # so that the rest of it can be checked
    try:
        thought = Thought.parse(text)
    except ProtocolError as error:
        raise UsageError(f"this is no thought: {error.what}", error.allowed or "one line each of " + ", ".join(KEYS),
                         _AS_IN) from None  # fmt: skip
    run_on = next((line for line in lines if _TWO_LINES.search(line.partition(":")[2])), None)
    if run_on is not None:
        raise UsageError(f"'{run_on[:120]}' is two lines in one", "one line each of " + ", ".join(KEYS), _AS_IN)
    if thought.hand not in ("", *HANDS):
        raise UsageError(f"'{thought.hand[:80]}' is no hand of the robot", ", ".join(HANDS),
                         "leave the line 'hand:' out where either will do")  # fmt: skip
    text = "\n".join(lines)
    return text if is_whole(text) else text + "\n"
