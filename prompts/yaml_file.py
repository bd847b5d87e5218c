"""A YAML file as a mapping of names, with no key twice."""

from __future__ import annotations

from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml

from prompts.errors import PromptError

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _NoDuplicates(_Base):
    """YAML itself lets the last of two equal keys win, silently."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"'{key}' comes twice", key_node.start_mark)
            seen.add(key)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


def read_mapping(file: Path | Traversable) -> dict[str, Any]:
    """The file's top level.

    Raises:
        PromptError: it cannot be read, is not YAML, has a key twice, or is not a mapping of names.
    """
    try:
        content = yaml.load(file.read_text("utf-8"), _NoDuplicates)  # noqa: S506  (a SafeLoader)
    except (OSError, UnicodeDecodeError) as error:
        raise PromptError(f"the prompt file {file} cannot be read: {error}") from None
    except (yaml.YAMLError, TypeError) as error:
        raise PromptError(f"{file.name} is not a YAML file: {' '.join(str(error).split())}") from None
    content = {} if content is None else content
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise PromptError(f"{file.name} is not a list of named texts", "name: text",
                          "put quotes around names such as yes and no")  # fmt: skip
    return content
