"""Keys of the UI: the defaults, a home's own, and the check that no two actions share one.

A home changes a key in `config.yaml`:

    keys: {pause: f4, stop_too: f12}
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from textual.binding import Binding

from robot_bridge.protocol.errors import ConfigError


class KeyedAction(NamedTuple):
    """An action that a key can be given to. `hint` stands in the bottom line, `help` on the help screen."""

    key: str
    action: str
    hint: str
    help: str


KEYED: dict[str, KeyedAction] = {
    "stop": KeyedAction("escape", "stop", "STOP", "stop the arms at once, wherever you are"),
    "stop_too": KeyedAction("ctrl+x", "stop", "", "the same, for keyboards with a far escape key"),
    "help": KeyedAction("f1", "show_help", "help", "this page"),
    "pause": KeyedAction("f2", "pause_or_resume", "pause", "hold still, and go on again"),
    "corrections": KeyedAction("f3", "corrections", "lessons", "what you have taught the robot"),
    "theme": KeyedAction("f4", "switch_theme", "", "light or dark"),
    "reset": KeyedAction("f5", "reset", "", "a new kitchen layout (simulator)"),
    "routines": KeyedAction("f6", "routines", "", "what the robot does by itself, and when"),
    "palette": KeyedAction("ctrl+p", "command_palette", "commands", "every command by name"),
    "quit": KeyedAction("ctrl+q", "quit", "quit", "leave; nothing is lost"),
}
RESERVED = ("enter", "tab", "shift+tab", "up", "down", "left", "right", "backspace", "delete", "home", "end", "space")


def resolve_keys(overrides: Mapping[str, str]) -> dict[str, str]:
    """Action name → key, with a home's own keys over the defaults.

    Raises:
        ConfigError: an unknown action, a key that typing needs, or one key for two actions.
    """
    keys = {name: keyed.key for name, keyed in KEYED.items()}
    for name, raw in overrides.items():
        if name not in KEYED:
            near = difflib.get_close_matches(name, KEYED, n=1, cutoff=0.5)
            raise ConfigError(f"keys: there is no action '{name}'", ", ".join(KEYED),
                              f"did you mean '{near[0]}'?" if near else "remove the line")  # fmt: skip
        keys[name] = _checked(name, raw)
    owners: dict[str, str] = {}
    for name, key in keys.items():
        if key in owners:
            raise ConfigError(f"keys: '{key}' is given to both '{owners[key]}' and '{name}'",
                              next_step="give one of them another key in config.yaml")  # fmt: skip
        owners[key] = name
    return keys


def make_bindings(keys: Mapping[str, str]) -> Iterator[Binding]:
    """Bindings that hold in every focus and on every screen."""
    for name, key in keys.items():
        yield Binding(key, KEYED[name].action, KEYED[name].help, show=False, priority=True, id=f"coach.{name}")


def pretty_key(key: str) -> str:
    """`ctrl+x` → `^x`, `escape` → `esc`."""
    return key.replace("ctrl+", "^").replace("escape", "esc")


def _checked(name: str, raw: str) -> str:
    key = raw.strip().lower()
    if not key or "," in key or any(c.isspace() for c in key):
        raise ConfigError(f"keys: '{raw}' for '{name}' is not one key", "one key such as f4 or ctrl+g")
    if len(key) == 1 or key in RESERVED:
        raise ConfigError(f"keys: '{raw}' for '{name}' is needed for typing", "a function key or ctrl+letter")
    return key
