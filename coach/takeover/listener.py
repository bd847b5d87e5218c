"""Gamepads and pedals, read while they are there: buttons become commands, sticks become motions of a hand."""

from __future__ import annotations

import logging
import select
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from coach.takeover.events import Device, Press, Stream, present_devices
from coach.takeover.operator import WAYS, Operator, Way

log = logging.getLogger(__name__)

PERIOD_S = 1 / 30
SEARCH_S = 2.0
DEAD_ZONE = 0.15  # of a stick around its middle
AUTO, OFF = "auto", "off"
# Sticks read towards the person and to the right as positive.
_AXES = {"left_right": (0, 1.0), "forward_back": (1, -1.0), "up_down": (2, -1.0), "turn": (3, -1.0),
         "open_close": (4, -1.0)}  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """Which devices to read: `auto`, `off` or the path of one."""

    gamepad: str = AUTO
    pedal: str = AUTO

    def choose(self, devices: Sequence[Device]) -> list[Device]:
        found = []
        for kind, wish in (("gamepad", self.gamepad), ("pedal", self.pedal)):
            if wish == AUTO:
                found += [device for device in devices if device.kind == kind]
            elif wish != OFF:
                named = next((device.name for device in devices if device.path == wish), wish)
                found.append(Device(named, wish, kind))
        return found


class Listener:
    """A thread that reads devices until closed; plugged and unplugged at any time.

    Args:
        controls: code → what it does, of `resolve_controls`.
        command: told of `takeover`, `release`, `stop` and `pause`.
        taken_over: whether a person moves the arms now.
        told: gets a sentence worth showing.
        search: the devices of this machine.
    """

    def __init__(
        self, operator: Operator, controls: Mapping[str, str], wanted: Wanted, command: Callable[[str], None],
        taken_over: Callable[[], bool], told: Callable[[str], None],
        search: Callable[[], Sequence[Device]] = present_devices,
    ) -> None:  # fmt: skip
        self._operator, self._controls, self._wanted = operator, dict(controls), wanted
        self._command, self._taken_over, self._told, self._search = command, taken_over, told, search
        self._open: dict[str, tuple[Device, Stream]] = {}
        self._failed: set[str] = set()
        self._held: dict[str, float] = {}  # code → how far
        self._strange: set[str] = set()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="controls", daemon=True)
        self._thread.start()

    @property
    def devices(self) -> tuple[str, ...]:
        """Names of those that are read."""
        return tuple(device.name for device, _ in list(self._open.values()))

    def close(self) -> None:
        self._closing.set()
        self._thread.join(timeout=2.0)

    def _run(self) -> None:
        search_s = 0.0
        while not self._closing.is_set():
            if time.monotonic() >= search_s:
                self._find()
                search_s = time.monotonic() + SEARCH_S
            if not self._open:
                self._closing.wait(min(SEARCH_S, 0.2))
                continue
            self._listen()
            self._move()
        for _, stream in self._open.values():
            stream.close()

    def _find(self) -> None:
        for device in self._wanted.choose(self._search()):
            if device.path in self._open:
                continue
            try:
                self._open[device.path] = (device, Stream(device.path, grab=device.kind == "pedal"))
            except OSError as error:
                if device.path not in self._failed:
                    self._failed.add(device.path)
                    self._told(f"The {device.kind} {device.name} cannot be read: {error.strerror}. {_mend(error)}")
                continue
            self._failed.discard(device.path)
            self._told(f"I listen to the {device.kind} {device.name}.")

    def _listen(self) -> None:
        ready, _, _ = select.select([stream for _, stream in self._open.values()], [], [], PERIOD_S)
        for path, (device, stream) in list(self._open.items()):
            if stream not in ready:
                continue
            try:
                for press in stream.read():
                    self._take(press)
            except OSError:
                del self._open[path]
                stream.close()
                self._held.clear()
                self._told(f"The {device.kind} {device.name} is gone.")

    def _take(self, press: Press) -> None:
        meaning = self._controls.get(press.code, "")
        if press.axis or meaning in WAYS:
            self._held[press.code] = press.value
        elif not meaning:
            self._wonder(press)
        elif press.value == 1:
            self._do(meaning)
        elif press.value == 0 and meaning == "takeover_while_held" and self._taken_over():
            self._command("release")

    def _do(self, meaning: str) -> None:
        match meaning:
            case "takeover":
                self._command("release" if self._taken_over() else "takeover")
            case "takeover_while_held":
                self._command("takeover")
            case "other_hand":
                self._operator.switch_hand()
            case "faster" | "slower":
                self._operator.shift(1 if meaning == "faster" else -1)
            case "stop" | "pause":
                self._command(meaning)

    def _wonder(self, press: Press) -> None:
        if press.value == 1 and press.code not in self._strange:
            self._strange.add(press.code)
            self._told(f"{press.code} does nothing yet; give it a meaning under 'controls' in config.yaml.")

    def _move(self) -> None:
        """Where sticks and held buttons point, as long as they do."""
        way = np.zeros(5)
        for code, value in self._held.items():
            meaning = self._controls.get(code, "")
            if meaning in _AXES and abs(value) > DEAD_ZONE:
                index, sign = _AXES[meaning]
                way[index] += sign * np.sign(value) * (abs(value) - DEAD_ZONE) / (1 - DEAD_ZONE)
            elif meaning in WAYS and value:
                way += _numbers(WAYS[meaning])
        if np.any(way) and self._taken_over():
            x, y, z, turn, grip = np.clip(way, -1.0, 1.0).tolist()
            self._operator.hold(Way((x, y, z), turn, grip))


def _numbers(way: Way) -> np.ndarray:
    return np.array([*way.direction, way.turn, way.grip])


def _mend(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "Let yourself read it: sudo usermod -aG input $USER, and log in again."
    return "Plug it in, or set it to 'auto' or 'off' in config.yaml."
