"""What the buttons and sticks of a gamepad or pedal do: the defaults, and a home's own over them.

controls: {KEY_A: stop, BTN_WEST: other_hand, ABS_RX: none}
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from coach.takeover.events import AXES, KEYS
from coach.takeover.operator import WAYS
from robot_bridge.protocol.errors import ConfigError

AXIS_MOTIONS = ("left_right", "forward_back", "up_down", "turn", "open_close")
COMMANDS = ("takeover", "takeover_while_held", "stop", "pause", "other_hand", "faster", "slower")
NONE = "none"
DEFAULTS: dict[str, str] = {
    # a gamepad: sticks move, the right-hand buttons grip
    "ABS_X": "left_right", "ABS_Y": "forward_back", "ABS_RY": "up_down", "ABS_RX": "turn",
    "BTN_SOUTH": "close", "BTN_EAST": "open", "BTN_WEST": "other_hand", "BTN_NORTH": "pause", "BTN_TL": "slower",
    "BTN_TR": "faster", "BTN_START": "takeover", "BTN_SELECT": "stop", "BTN_MODE": "stop",
    # pedals come from the factory as the keys a, b and c
    "KEY_A": "takeover", "KEY_B": "stop", "KEY_C": "pause",
}  # fmt: skip


def resolve_controls(overrides: Mapping[str, str]) -> dict[str, str]:
    """Code → what it does.

    Raises:
        ConfigError: no such button, nothing that it could do, or one stick's way given to two sticks.
    """
    codes = (*KEYS.values(), *AXES.values())
    controls = dict(DEFAULTS)
    for raw, meaning in overrides.items():
        code = raw.strip().upper()
        if code not in codes and not code.removeprefix("KEY_").isdecimal():
            raise _unknown("controls: there is no button", raw, codes, "KEY_A, BTN_SOUTH, ABS_X …")
        known = (*AXIS_MOTIONS, NONE) if code.startswith("ABS_") else (*WAYS, *COMMANDS, NONE)
        if meaning not in known:
            raise _unknown(f"controls: {code} cannot do", meaning, known, ", ".join(known))
        controls[code] = meaning
    owners: dict[str, str] = {}
    for code, meaning in controls.items():
        if meaning in AXIS_MOTIONS and owners.setdefault(meaning, code) != code:
            raise ConfigError(f"controls: '{meaning}' is given to both {owners[meaning]} and {code}",
                              next_step=f"give one of them another motion, or '{NONE}'")  # fmt: skip
    return controls


def _unknown(what: str, value: str, known: tuple[str, ...], allowed: str) -> ConfigError:
    near = difflib.get_close_matches(value, known, n=1, cutoff=0.5)
    return ConfigError(f"{what} '{value}'", allowed, f"did you mean '{near[0]}'?" if near else "remove the line")
