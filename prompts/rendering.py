"""A `Context` as the text that a model reads."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Protocol

from prompts.errors import PromptError, unknown
from prompts.sentences import gaps

_TEXTS = ("instruction", "done", "dialogue", "note", "doing")


class ContextLike(Protocol):
    """What is read of `robot_bridge.protocol.messages.Context`."""

    @property
    def instruction(self) -> str: ...
    @property
    def done(self) -> tuple[str, ...]: ...
    @property
    def dialogue(self) -> tuple[str, ...]: ...
    @property
    def notes(self) -> tuple[str, ...]: ...
    @property
    def doing(self) -> str: ...


@dataclass(frozen=True)
class Style:
    """How one kind of model wants its context.

    Args:
        instruction, doing, done, dialogue, note: templates of one line with the gap `{text}`; empty leaves a part out.
        done_limit, dialogue_limit, notes_limit: at most so many lines of each; the newest of what was done and
            said, the first of the notes.
        normalise: lower case, no punctuation.
        line_characters: longest value in a line, cut at a word.
        characters: longest text as a whole; notes give way first, then dialogue, then what was done, never the
            instruction.
    """

    instruction: str
    done: str = ""
    dialogue: str = ""
    note: str = ""
    doing: str = ""
    done_limit: int = 0
    dialogue_limit: int = 0
    notes_limit: int = 0
    normalise: bool = False
    line_characters: int = 200
    characters: int = 2000

    def render(self, context: ContextLike) -> str:
        """The text, without a line break at its end."""
        instruction = self._lines(self.instruction, [context.instruction])
        instruction += self._lines(self.doing, [context.doing])
        done = self._lines(self.done, _last(context.done, self.done_limit))
        dialogue = self._lines(self.dialogue, _last(context.dialogue, self.dialogue_limit))
        notes = self._lines(self.note, list(context.notes[: self.notes_limit]))
        while sum(len(line) + 1 for line in instruction + done + dialogue + notes) - 1 > self.characters:
            if notes:
                notes.pop()
            elif dialogue:
                dialogue.pop(0)
            elif done:
                done.pop(0)
            else:
                break
        return "\n".join(instruction + done + dialogue + notes)

    def _lines(self, template: str, values: list[str]) -> list[str]:
        if not template:
            return []
        cleaned = (normalise(value) if self.normalise else " ".join(value.split()) for value in values)
        return [template.format(text=_cut(value, self.line_characters)) for value in cleaned if value]


def parse_styles(content: Mapping[str, Any], file: str) -> dict[str, Style]:
    """Styles from a file's mapping.

    Raises:
        PromptError: an unknown key, a value of the wrong type, a template without its gap.
    """
    return {name: _parse(name, entry, file) for name, entry in content.items()}


def _parse(name: str, entry: Any, file: str) -> Style:
    types = {field.name: type(field.default) for field in fields(Style)} | {"instruction": str}
    if not isinstance(entry, dict):
        raise PromptError(f"{file}: style '{name}' is {entry!r}", f"a mapping with {', '.join(types)}")
    for key, value in entry.items():
        if key not in types:
            raise unknown(f"key of style '{name}'", key, types, file)
        if type(value) is not types[key] or (type(value) is int and value < 0):
            raise PromptError(f"{file}: {key} of style '{name}' is {value!r}", types[key].__name__ + ", not negative")
    for key in _TEXTS:
        text = entry.get(key, "")
        if (text or key == "instruction") and gaps(text, f"{file}: {key} of style '{name}'") != ["text"]:
            raise PromptError(f"{file}: {key} of style '{name}' is '{text}'", "one line with the gap {text}")
    return Style(**entry)


def normalise(text: str) -> str:
    """Lower case letters, digits and single spaces: `No, PUT it in the sink!` → `no put it in the sink`."""
    text = unicodedata.normalize("NFKC", text).lower().replace("'", "").replace("’", "")
    return " ".join(re.sub(r"[^\w]|_", " ", text).split())


def _last(values: tuple[str, ...], limit: int) -> list[str]:
    return list(values[-limit:]) if limit else []


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    head, space, _ = text[: limit + 1].rpartition(" ")
    return head if space else text[:limit]
