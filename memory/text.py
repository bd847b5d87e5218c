"""Text on its way into the file. A terminal may pass on bytes that are no text, as lone surrogates; SQLite and
JSON refuse those, and the words around them count."""

from __future__ import annotations

from typing import Any

import msgspec


def clean(text: str) -> str:
    """The text with `?` for what cannot be written as UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")


def to_json(value: Any) -> str:
    """A JSON-ready value or a struct as JSON text."""
    try:
        return msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        return msgspec.json.encode(_cleaned(msgspec.to_builtins(value))).decode()


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {_cleaned(key): _cleaned(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(item) for item in value]
    return value
