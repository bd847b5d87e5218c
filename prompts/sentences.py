"""Sentences with named gaps: what the robot says."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from prompts.errors import PromptError, unknown

MAX_VALUE_CHARACTERS = 200  # what a person said may be quoted back; ten thousand characters of it may not
_KEYS = ("text", "variables")


@dataclass(frozen=True)
class Sentence:
    """A text with gaps, `{name}`, each of which is declared."""

    name: str
    text: str
    variables: tuple[str, ...]

    def fill(self, values: Mapping[str, Any]) -> str:
        """The sentence with every gap filled; each value on one line and of bounded length.

        Raises:
            PromptError: a variable is missing or one too many.
        """
        missing = [name for name in self.variables if name not in values]
        if missing:
            raise PromptError(f"the sentence '{self.name}' needs {', '.join(missing)}", ", ".join(self.variables))
        for name in values:
            if name not in self.variables:
                raise unknown(f"variable of the sentence '{self.name}'", name, self.variables)
        return self.text.format_map({name: clipped(values[name]) for name in self.variables})


def parse_sentences(content: Mapping[str, Any], file: str) -> dict[str, Sentence]:
    """Sentences from a file's mapping: `name: text`, or `name: {text, variables}` for one with gaps.

    Raises:
        PromptError: an unknown key, or gaps and declared variables that differ.
    """
    return {name: _parse(name, entry, file) for name, entry in content.items()}


def _parse(name: str, entry: Any, file: str) -> Sentence:
    entry = {"text": entry} if isinstance(entry, str) else entry
    if not isinstance(entry, dict):
        raise PromptError(f"{file}: '{name}' is {entry!r}", "a text, or a mapping with text and variables")
    for key in entry:
        if key not in _KEYS:
            raise unknown(f"key of '{name}'", key, _KEYS, file)
    text, variables = entry.get("text"), entry.get("variables", [])
    if not isinstance(text, str) or not text.strip():
        raise PromptError(f"{file}: '{name}' has no text")
    if not isinstance(variables, list) or not all(isinstance(v, str) and v.isidentifier() for v in variables):
        raise PromptError(f"{file}: the variables of '{name}' are {variables!r}", "a list of names")
    used = gaps(text, f"{file}: '{name}'")
    if undeclared := [gap for gap in used if gap not in variables]:
        raise PromptError(f"{file}: '{name}' uses {', '.join(undeclared)}", ", ".join(variables) or "no variables",
                          "declare it under variables")  # fmt: skip
    if unused := [variable for variable in variables if variable not in used]:
        raise PromptError(f"{file}: '{name}' declares {', '.join(unused)} and does not use it")
    return Sentence(name, text.strip(), tuple(variables))


def gaps(text: str, where: str) -> list[str]:
    """The names of the gaps in a text.

    Raises:
        PromptError: a gap is more than a plain name, or a brace stands alone.
    """
    try:
        fields = [(name, spec, how) for _, name, spec, how in string.Formatter().parse(text) if name is not None]
    except ValueError as error:
        raise PromptError(f"{where}: {error}", "{name} for a gap, {{ and }} for braces") from None
    for name, spec, how in fields:
        if not name.isidentifier() or spec or how:
            raise PromptError(f"{where}: '{{{name}}}' is not a plain name", "{name}")
    return list(dict.fromkeys(name for name, _, _ in fields))


def clipped(value: Any, limit: int = MAX_VALUE_CHARACTERS) -> str:
    """A value on one line, at most `limit` characters."""
    line = " ".join(str(value).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"
