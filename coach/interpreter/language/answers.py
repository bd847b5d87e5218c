"""What a language model may answer: a JSON schema for it, and the check of what came back."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from coach.interpreter.items import Item
from coach.interpreter.lexicon import VERBS, WHOLE_TASKS
from coach.interpreter.nudges import DIRECTIONS
from robot_bridge.protocol.errors import UsageError

MAX_ITEMS = 24
MAX_ANSWER = 20_000  # characters
_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")
_PLAIN = re.compile(r"[^\x00-\x1f{}<>\\]{0,400}")
_NAME = re.compile(r"[a-zäöüßéèêàçñ0-9' \-]{0,60}")
_VERBS = frozenset((*VERBS.values(), *WHOLE_TASKS.values()))


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole answer of a model."""

    items: tuple[Item, ...]


def schema() -> dict[str, Any]:
    """The JSON schema of `Answer`, as `response_format` of an address takes it."""
    built = msgspec.json.schema(Answer, ref_template="#/$defs/{name}")
    return _inlined(built, built.get("$defs", {}))


def read_answer(text: str) -> tuple[Item, ...]:
    """The items in the answer of a model, checked like any other input.

    Raises:
        UsageError: it is no JSON of that schema, or one of its values could not have been said.
    """
    start, end = text.find("{"), text.rfind("}")
    if len(text) > MAX_ANSWER or start < 0 or end < start:
        raise UsageError("the language model answered with something that is no JSON object")
    try:
        items = msgspec.json.decode(text[start : end + 1].encode(), type=Answer).items
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise UsageError(f"the language model answered outside of the schema ({str(error)[:80]})") from None
    if not 1 <= len(items) <= MAX_ITEMS:
        raise UsageError(f"the language model answered with {len(items)} items", f"1 to {MAX_ITEMS}")
    for item in items:
        _check(item)
    return items


def _check(item: Item) -> None:
    thing = item.object
    names = [item.place, item.instead_of, item.about, *((thing.name, thing.color, thing.which) if thing else ())]
    told = [item.text, item.until, item.except_, item.date]
    wrong = (
        (item.verb and item.verb not in _VERBS and f"verb {item.verb!r}")
        or (item.direction and item.direction not in DIRECTIONS.values() and f"direction {item.direction!r}")
        or (item.scope not in ("", "now", "home") and f"scope {item.scope!r}")
        or (item.time and not _TIME.fullmatch(item.time) and f"time {item.time!r}")
        or (_odd_amount(item.amount) and f"amount {item.amount!r}")
        or next((f"name {name!r}" for name in names if not _NAME.fullmatch(name)), "")
        or next((f"text {text!r}" for text in told if not _PLAIN.fullmatch(text)), "")
    )
    if wrong:
        raise UsageError(f"the language model answered with {wrong[:80]}")
    if item.rrule:
        from coach.routines.recurrence import check
        from memory.routines import Routine

        check(Routine(rrule=item.rrule, start_local="2026-01-01T09:00:00", tz="UTC"))


def _odd_amount(amount: str | float) -> bool:
    return amount not in ("", "little", "some", "lot") if isinstance(amount, str) else not 0 < amount <= 1


def _inlined(node: Any, definitions: dict[str, Any]) -> Any:
    """Without references: not every server follows them."""
    if isinstance(node, list):
        return [_inlined(part, definitions) for part in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _inlined(definitions[node["$ref"].rpartition("/")[2]], definitions)
    return {key: _inlined(part, definitions) for key, part in node.items() if key != "$defs"}
