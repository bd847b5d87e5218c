"""Keys of the UI: the defaults, a home's own, and the check that no two actions share one.

A home changes a key in `config.yaml`:

    keys: {pause: f4, stop_too: f12, jog_up: w}

Those of a takeover hold while the pad has the focus, so that plain letters will do.
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
    "reset": KeyedAction("f5", "reset", "new kitchen", "a new kitchen layout (simulator)"),
    "routines": KeyedAction("f6", "routines", "routines", "what the robot does by itself, and when"),
    "takeover": KeyedAction("f7", "takeover", "take over", "move the arms yourself, and hand them back"),
    "talk": KeyedAction("f8", "talk", "talk", "speak; once more when you are done"),
    "listen": KeyedAction("f9", "listen", "", "listen hands free, for the wake word, not at all"),
    "undo_heard": KeyedAction("ctrl+z", "undo_heard", "", "take back what was misheard"),
    "edit_heard": KeyedAction("ctrl+t", "edit_heard", "", "put its text right"),
    "palette": KeyedAction("ctrl+p", "command_palette", "commands", "every command by name"),
    "quit": KeyedAction("ctrl+q", "quit", "quit", "leave; nothing is lost"),
}
JOGGED: dict[str, KeyedAction] = {
    "jog_left": KeyedAction("left", "jog('left')", "", "the hand to the left"),
    "jog_right": KeyedAction("right", "jog('right')", "", "to the right"),
    "jog_forward": KeyedAction("up", "jog('forward')", "", "away from you"),
    "jog_back": KeyedAction("down", "jog('back')", "", "towards you"),
    "jog_up": KeyedAction("r", "jog('up')", "", "raise it"),
    "jog_down": KeyedAction("f", "jog('down')", "", "lower it"),
    "jog_turn_left": KeyedAction("q", "jog('turn_left')", "", "turn it to the left"),
    "jog_turn_right": KeyedAction("e", "jog('turn_right')", "", "turn it to the right"),
    "jog_open": KeyedAction("o", "jog('open')", "", "open the gripper"),
    "jog_close": KeyedAction("c", "jog('close')", "", "close it"),
    "other_hand": KeyedAction("h", "other_hand", "", "the other hand"),
    "faster": KeyedAction("plus", "shift(1)", "", "faster"),
    "slower": KeyedAction("minus", "shift(-1)", "", "slower"),
    "hand_back": KeyedAction("enter", "hand_back", "", "hand the arms back"),
}
RESERVED = ("enter", "tab", "shift+tab", "up", "down", "left", "right", "backspace", "delete", "home", "end", "space")


def resolve_keys(overrides: Mapping[str, str]) -> dict[str, str]:
    """Action name → key, with a home's own keys over the defaults.

    Raises:
        ConfigError: an unknown action, a key that typing needs, or one key for two actions.
    """
    known = KEYED | JOGGED
    keys = {name: keyed.key for name, keyed in known.items()}
    for name, raw in overrides.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            raise ConfigError(f"keys: there is no action '{name}'", ", ".join(known),
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
    for name, keyed in KEYED.items():
        yield Binding(keys[name], keyed.action, keyed.help, show=False, priority=True, id=f"coach.{name}")


def jog_actions(keys: Mapping[str, str]) -> dict[str, str]:
    """Key → action, of the keys that hold while the pad has the focus."""
    return {keys[name]: keyed.action for name, keyed in JOGGED.items()}


def pretty_key(key: str) -> str:
    """`ctrl+x` → `^x`, `escape` → `esc`, `left` → `←`."""
    return _PRETTY.get(key, key.replace("ctrl+", "^"))


_PRETTY = {"escape": "esc", "left": "←", "right": "→", "up": "↑", "down": "↓", "plus": "+", "minus": "-"}


def _checked(name: str, raw: str) -> str:
    key = raw.strip().lower()
    if not key or "," in key or any(c.isspace() for c in key):
        raise ConfigError(f"keys: '{raw}' for '{name}' is not one key", "one key such as f4 or ctrl+g")
    if name in JOGGED:
        if key in ("tab", "shift+tab"):
            raise ConfigError(f"keys: '{raw}' for '{name}' leads from part to part", "any other key")
    elif len(key) == 1 or key in RESERVED:
        raise ConfigError(f"keys: '{raw}' for '{name}' is needed for typing", "a function key or ctrl+letter")
    return key
