"""What a home can configure about understanding: the keys under `interpreter:` in `config.yaml`."""

from __future__ import annotations

import difflib
import re
import typing
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from robot_bridge.protocol.errors import ConfigError

_ADDRESS = re.compile(r"https?://[\w.\-\[\]:]+(?:/[\w./\-]*)?")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class InterpreterSettings:
    """
    Args:
        kind: `rules` need nothing; `transformers` a chat model on this machine; `openai` any address that speaks the
            chat completions of that name.
        model: the folder of a model for `transformers`, the name of one for `openai`.
        address: of `openai`, such as http://127.0.0.1:8080/v1.
        key_env: the environment variable that holds the key for the address; the key itself stands in no file.
        timeout_s: after so long the rules answer instead.
    """

    kind: Literal["rules", "transformers", "openai"] = "rules"
    model: str = ""
    address: str = ""
    key_env: str = ""
    timeout_s: float = 8.0


def read_interpreter(values: Any, path: Path) -> InterpreterSettings:
    """The mapping under `interpreter:`.

    Raises: ConfigError: it is none, a key is unknown, a value does not fit, or one is missing.
    """
    if not isinstance(values, dict):
        raise ConfigError(f"{path}: 'interpreter' is {values!r}", "keys and values, such as {kind: rules}")
    known = [field.name for field in fields(InterpreterSettings)]
    for key, value in values.items():
        if key not in known:
            near = difflib.get_close_matches(str(key), known, n=1, cutoff=0.5)
            hint = f"did you mean '{near[0]}'?" if near else "remove the line"
            raise ConfigError(f"{path}: 'interpreter' has an unknown key '{key}'", ", ".join(known), hint)
        _check(key, value, path)
    settings = InterpreterSettings(**values)
    if settings.kind == "transformers" and not settings.model:
        raise ConfigError(f"{path}: 'interpreter' names no model", "model: the folder of a chat model")
    if settings.kind == "openai" and not (settings.model and settings.address):
        raise ConfigError(f"{path}: 'interpreter' names no model or no address", "model: …, address: http://HOST/v1")
    return settings


def _check(key: str, value: Any, path: Path) -> None:
    if key == "timeout_s":
        if type(value) not in (int, float) or not 0.5 <= value <= 120:
            raise ConfigError(f"{path}: 'interpreter.timeout_s' is {value!r}", "0.5 to 120 seconds")
        return
    kinds = typing.get_args(typing.get_type_hints(InterpreterSettings)["kind"])
    if key == "kind" and value not in kinds:
        raise ConfigError(f"{path}: 'interpreter.kind' is {value!r}", " or ".join(kinds))
    if not isinstance(value, str):
        raise ConfigError(f"{path}: 'interpreter.{key}' is {value!r}", "a text")
    if key == "address" and value and not _ADDRESS.fullmatch(value):
        raise ConfigError(f"{path}: 'interpreter.address' is {value!r}", "http://HOST:PORT/v1 or https://…")
    if key == "key_env" and value and not _VARIABLE.fullmatch(value):
        raise ConfigError(f"{path}: 'interpreter.key_env' is no name of a variable", "such as OPENAI_API_KEY")
