"""Linux input events without a library: names of codes, the bytes of an event, and which devices there are.

Source: linux/input.h and linux/input-event-codes.h.
"""

from __future__ import annotations

import array
import contextlib
import fcntl
import os
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DEVICES = Path("/proc/bus/input/devices")
EVENT = struct.Struct("@llHHi")  # seconds, microseconds, type, code, value
EV_KEY, EV_ABS = 1, 3
_GET_ABS, _GRAB = 0x80184540, 0x40044590
_ROWS = {2: "1234567890", 16: "QWERTYUIOP", 30: "ASDFGHJKL", 44: "ZXCVBNM"}
_LISTED = {
    1: "KEY_ESC", 28: "KEY_ENTER", 57: "KEY_SPACE", 87: "KEY_F11", 88: "KEY_F12", 102: "KEY_HOME", 103: "KEY_UP",
    104: "KEY_PAGEUP", 105: "KEY_LEFT", 106: "KEY_RIGHT", 107: "KEY_END", 108: "KEY_DOWN", 109: "KEY_PAGEDOWN",
    110: "KEY_INSERT", 111: "KEY_DELETE", 114: "KEY_VOLUMEDOWN", 115: "KEY_VOLUMEUP", 164: "KEY_PLAYPAUSE",
    272: "BTN_LEFT", 273: "BTN_RIGHT", 274: "BTN_MIDDLE", 304: "BTN_SOUTH", 305: "BTN_EAST", 307: "BTN_NORTH",
    308: "BTN_WEST", 310: "BTN_TL", 311: "BTN_TR", 312: "BTN_TL2", 313: "BTN_TR2", 314: "BTN_SELECT", 315: "BTN_START",
    316: "BTN_MODE", 317: "BTN_THUMBL", 318: "BTN_THUMBR", 544: "BTN_DPAD_UP", 545: "BTN_DPAD_DOWN",
    546: "BTN_DPAD_LEFT", 547: "BTN_DPAD_RIGHT",
}  # fmt: skip
KEYS: dict[int, str] = {
    **{first + i: f"KEY_{letter}" for first, row in _ROWS.items() for i, letter in enumerate(row)},
    **{59 + i: f"KEY_F{i + 1}" for i in range(10)}, **{183 + i: f"KEY_F{i + 13}" for i in range(12)}, **_LISTED,
}  # fmt: skip
AXES: dict[int, str] = {
    0: "ABS_X", 1: "ABS_Y", 2: "ABS_Z", 3: "ABS_RX", 4: "ABS_RY", 5: "ABS_RZ", 16: "ABS_HAT0X", 17: "ABS_HAT0Y",
}  # fmt: skip
_PEDAL = re.compile(r"foot|pedal", re.IGNORECASE)


@dataclass(frozen=True)
class Device:
    """An input device. `kind` is what it is good for here, empty for a plain keyboard or mouse."""

    name: str
    path: str
    kind: str = ""


@dataclass(frozen=True)
class Press:
    """A button: `value` 1 went down, 0 came up, 2 repeats. Or an axis: `value` from −1 to 1."""

    code: str
    value: float
    axis: bool = False


def list_devices(listing: str) -> list[Device]:
    """The devices of a text in the form of `/proc/bus/input/devices`."""
    found = []
    for block in listing.split("\n\n"):
        lines = {(line[0], line[3:].partition("=")[0]): line.partition("=")[2] for line in block.splitlines() if line}
        handler = re.search(r"\bevent\d+\b", lines.get(("H", "Handlers"), ""))
        if handler:
            name = lines.get(("N", "Name"), "").strip('" ')
            keys, axes = _bits(lines.get(("B", "KEY"), "")), _bits(lines.get(("B", "ABS"), ""))
            gamepad = keys >> 304 & 1 and axes & 3 == 3  # BTN_SOUTH, ABS_X and ABS_Y
            kind = "pedal" if _PEDAL.search(name) else "gamepad" if gamepad else ""
            found.append(Device(name, f"/dev/input/{handler[0]}", kind))
    return found


def present_devices() -> list[Device]:
    """Those of this machine; none where it is no Linux."""
    try:
        return list_devices(DEVICES.read_text("utf-8", "replace"))
    except OSError:
        return []


def _bits(words: str) -> int:
    """A bitmap of the kernel: hexadecimal words of 64 bits, the highest first."""
    number = 0
    for word in words.split():
        number = number << 64 | int(word, 16)
    return number


class Stream:
    """Events of one open device, without waiting.

    Args:
        grab: keep its keys from typing anywhere else, as a pedal would.

    Raises:
        OSError: it cannot be opened.
    """

    def __init__(self, path: str, grab: bool = False) -> None:
        self._fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        self._rest = b""
        self._ranges: dict[int, tuple[int, int]] = {}
        if grab:
            with contextlib.suppress(OSError):  # another program has it: it is read all the same
                fcntl.ioctl(self._fd, _GRAB, 1)

    def fileno(self) -> int:
        return self._fd

    def read(self) -> Iterator[Press]:
        """What waits. Raises: OSError: the device is gone."""
        data = self._rest + self._read_bytes()
        whole = len(data) - len(data) % EVENT.size
        self._rest = data[whole:]
        for _, _, kind, code, value in EVENT.iter_unpack(data[:whole]):
            if kind == EV_KEY:
                yield Press(KEYS.get(code, f"KEY_{code}"), float(value))
            elif kind == EV_ABS and code in AXES:
                yield Press(AXES[code], self._scaled(code, value), axis=True)

    def close(self) -> None:
        os.close(self._fd)

    def _read_bytes(self) -> bytes:
        try:
            data = os.read(self._fd, EVENT.size * 64)
        except BlockingIOError:
            return b""
        if not data:
            raise OSError("the device is gone")
        return data

    def _scaled(self, code: int, value: int) -> float:
        """−1 to 1 over the range that the device states."""
        if code not in self._ranges:
            info = array.array("i", [0] * 6)  # value, minimum, maximum, fuzz, flat, resolution
            try:
                fcntl.ioctl(self._fd, _GET_ABS + code, info)
            except OSError:
                info[1], info[2] = (-1, 1) if code >= 16 else (-32768, 32767)
            self._ranges[code] = (info[1], max(info[2], info[1] + 1))
        low, high = self._ranges[code]
        return max(-1.0, min(1.0, 2.0 * (value - low) / (high - low) - 1.0))
