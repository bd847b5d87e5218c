"""Gamepads and pedals as streams of bytes; keys of the pad; what is kept of a motion."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
from app_support import running_status
from test_app import opened
from test_session_system import Bench as SystemBench
from test_session_system import bench, observed  # noqa: F401 - a fixture
from waiting import until

from coach.app.keymap import resolve_keys
from coach.app.say_line import SayLine
from coach.app.takeover_pad import TakeoverPad
from coach.takeover.controls import DEFAULTS, resolve_controls
from coach.takeover.events import EV_ABS, EV_KEY, EVENT, Device, list_devices
from coach.takeover.listener import Listener, Wanted
from coach.takeover.operator import SPEEDS, Operator
from robot_bridge.protocol.errors import ConfigError, UnreachableError, UsageError
from robot_bridge.protocol.messages import Jog

LISTING = """I: Bus=0003 Vendor=045e Product=028e Version=0114
N: Name="Microsoft X-Box 360 pad"
H: Handlers=event7 js0
B: EV=20000b
B: KEY=7cdb000000000000 0 0 0 0
B: ABS=3003f

I: Bus=0003 Vendor=3553 Product=b001 Version=0111
N: Name="PCsensor FootSwitch Keyboard"
H: Handlers=sysrq kbd event9 leds
B: KEY=1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe

I: Bus=0011 Vendor=0001 Product=0001 Version=ab41
N: Name="AT Translated Set 2 keyboard"
H: Handlers=sysrq kbd event0 leds
B: KEY=402000000 3803078f800d001 feffffdfffefffff fffffffffffffffe
"""
A, SOUTH, WEST, START, STRANGE = 30, 304, 308, 315, 300
STICK_X, STICK_RY = 0, 4


def event(kind: int, code: int, value: int) -> bytes:
    return EVENT.pack(0, 0, kind, code, value)


@dataclass
class Line:
    """A bridge that notes what it is asked."""

    jogs: list[Jog] = field(default_factory=list)
    error: Exception | None = None

    def request(self, message: Jog, deadline_s: float) -> None:
        self.jogs.append(message)
        if self.error:
            raise self.error

    def close(self) -> None:
        pass


class Desk:
    """A person with a device: a named pipe stands for it."""

    def __init__(self, path: Path, kind: str, controls: dict[str, str]) -> None:
        os.mkfifo(path)
        self.line, self.commands, self.told, self.taken = Line(), list[str](), list[str](), False
        self.operator = Operator(lambda: self.line, self.told.append)
        self._hold = os.open(path, os.O_RDWR)  # a pipe ends with its last writer
        self.there = [Device("a pad", str(path), kind)]
        self.listener = Listener(self.operator, resolve_controls(controls), Wanted(), self._command,
                                 lambda: self.taken, self.told.append, lambda: self.there)  # fmt: skip
        until(lambda: bool(self.listener.devices))

    def _command(self, command: str) -> None:
        self.commands.append(command)
        self.taken = command == "takeover" if command in ("takeover", "release") else self.taken

    def do(self, *events: tuple[int, int, int]) -> None:
        os.write(self._hold, b"".join(event(*values) for values in events))

    def close(self) -> None:
        self.listener.close()
        self.operator.close()
        os.close(self._hold)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    made: list[Desk] = []

    def make(kind: str = "gamepad", **controls: str) -> Desk:
        made.append(Desk(tmp_path / "event7", kind, controls))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_gamepads_and_pedals_are_told_from_keyboards_when_listed() -> None:
    found = {device.name: (device.path, device.kind) for device in list_devices(LISTING)}
    assert found["Microsoft X-Box 360 pad"] == ("/dev/input/event7", "gamepad")
    assert found["PCsensor FootSwitch Keyboard"] == ("/dev/input/event9", "pedal")
    assert found["AT Translated Set 2 keyboard"] == ("/dev/input/event0", "")


def test_stick_moves_the_hand_when_the_arms_are_taken_over(desk: Callable[..., Desk]) -> None:
    mine = desk()
    mine.do((EV_ABS, STICK_X, 32767))
    time.sleep(0.15)
    assert not mine.line.jogs, "nobody has taken over"
    mine.do((EV_KEY, START, 1), (EV_KEY, START, 0))
    until(lambda: len(mine.line.jogs) > 5)  # it goes on while the stick stays there
    assert mine.commands == ["takeover"]
    assert mine.line.jogs[-1].direction == pytest.approx((1.0, 0.0, 0.0), abs=0.01)
    mine.do((EV_ABS, STICK_X, 0), (EV_ABS, STICK_RY, -32768))
    until(lambda: mine.line.jogs[-1].direction[2] > 0.99)
    mine.do((EV_ABS, STICK_RY, 100), (EV_KEY, START, 1))
    until(lambda: mine.commands == ["takeover", "release"])
    time.sleep(0.1)
    sent = len(mine.line.jogs)
    time.sleep(0.15)
    assert len(mine.line.jogs) == sent


def test_held_button_grips_and_another_switches_the_hand(desk: Callable[..., Desk]) -> None:
    mine = desk()
    mine.taken = True
    mine.do((EV_KEY, WEST, 1), (EV_KEY, WEST, 0), (EV_KEY, SOUTH, 1))
    until(lambda: len(mine.line.jogs) > 2)
    assert mine.line.jogs[-1].grip == -1.0 and mine.line.jogs[-1].hand == "left"


def test_pedal_takes_over_while_it_is_held_when_configured_so(desk: Callable[..., Desk]) -> None:
    mine = desk("pedal", KEY_A="takeover_while_held")
    mine.do((EV_KEY, A, 1))
    until(lambda: mine.taken)
    mine.do((EV_KEY, A, 2), (EV_KEY, A, 0))
    until(lambda: not mine.taken)
    assert mine.commands == ["takeover", "release"]


def test_strange_button_is_told_once_when_pressed(desk: Callable[..., Desk]) -> None:
    mine = desk()
    mine.do((EV_KEY, STRANGE, 1), (EV_KEY, STRANGE, 1))
    until(lambda: any("KEY_300 does nothing yet" in words for words in mine.told))
    assert len([words for words in mine.told if "KEY_300" in words]) == 1


def test_unreadable_device_is_told_in_a_sentence(tmp_path: Path) -> None:
    told: list[str] = []
    operator = Operator(Line, told.append)
    gone = str(tmp_path / "event5")
    listener = Listener(operator, DEFAULTS, Wanted(gamepad="off", pedal=gone), lambda command: None, lambda: False,
                        told.append, tuple)  # fmt: skip
    until(lambda: bool(told))
    assert "cannot be read" in told[0] and gone in told[0] and not listener.devices
    listener.close()
    operator.close()


@pytest.mark.parametrize(("controls", "why"), [
    ({"BTN_SUOTH": "open"}, "did you mean 'BTN_SOUTH'"), ({"KEY_A": "takover"}, "did you mean 'takeover'"),
    ({"ABS_RX": "up_down"}, "given to both"), ({"ABS_X": "stop"}, "left_right"),
])  # fmt: skip
def test_controls_are_refused_in_a_sentence_when_they_cannot_be(controls: dict, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        resolve_controls(controls)


def test_only_the_newest_motion_waits_when_the_bridge_is_slow() -> None:
    line = Line()
    slow = lambda message, deadline_s: (time.sleep(0.1), line.jogs.append(message))  # noqa: E731
    line.request = slow  # type: ignore[method-assign]
    operator = Operator(lambda: line, lambda words: None)
    for way in ("left", "right", "up", "down", "open"):
        operator.press(way)
        time.sleep(0.01)
    until(lambda: bool(line.jogs) and line.jogs[-1].grip == 1.0)
    assert len(line.jogs) == 2
    operator.close()


def test_speed_stays_within_its_gears_and_a_lost_bridge_is_told() -> None:
    told: list[str] = []
    line = Line(error=UnreachableError("the bridge is silent"))
    operator = Operator(lambda: line, told.append)
    for _ in range(9):
        operator.shift(1)
    assert operator.speed == SPEEDS[-1]
    operator.press("left")
    until(lambda: told == ["the bridge is silent"])
    line.error = UsageError("nobody has taken over")
    operator.press("left")
    operator.close()
    assert len(told) == 1


@pytest.mark.parametrize(("keys", "why"), [
    ({"jog_up": "f"}, "given to both"), ({"jog_up": "f7"}, "given to both"), ({"jog_up": "tab"}, "from part to part"),
    ({"jogup": "w"}, "did you mean 'jog_up'"), ({"stop": "s"}, "needed for typing"),
])  # fmt: skip
def test_keys_of_the_pad_are_refused_when_they_conflict(keys: dict, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        resolve_keys(keys)


async def test_pad_moves_the_hand_while_words_can_still_be_said(tmp_path: Path) -> None:
    async with opened(tmp_path, keys={"jog_up": "w"}) as app:
        await app.pilot.press("f7")
        assert app.system.acts == ["takeover"]
        pad, line = app.find(TakeoverPad), app.find(SayLine)
        assert not pad.display
        app.system.deliver(running_status(state="takeover"))
        await app.until(lambda: pad.display and pad.has_focus)
        await app.pilot.press("left", "left", "w", "c", "h", "plus")
        assert app.system.operator.pressed == ["left", "left", "up", "close"]
        assert "left hand" in pad.border_title and "no gamepad" in pad.border_subtitle
        await app.pilot.press("tab", *"no, left", "enter")
        assert app.system.heard == ["no, left"] and len(app.system.operator.pressed) == 4
        await app.pilot.press("tab")
        assert pad.has_focus
        await app.pilot.press("escape")
        assert len(app.system.stops) == 1
        await app.pilot.press("enter")
        assert app.system.acts == ["takeover", "release"]
        app.system.deliver(running_status())
        await app.until(lambda: not pad.display and line.has_focus)


async def test_focus_stays_in_the_line_when_a_person_is_typing_while_the_arms_are_taken_over(tmp_path: Path) -> None:
    async with opened(tmp_path) as app:
        await app.pilot.press(*"no, the")
        app.system.deliver(running_status(state="takeover"))
        await app.until(lambda: app.find(TakeoverPad).display)
        assert app.find(SayLine).has_focus


def _recorded(system: Any, task_id: str) -> list[str]:
    system._store.flush()
    episode = next(episode for episode in system._store.episodes() if episode.task_id == task_id)
    return [frame.takeover for frame in system._store.frames(episode.id)]


def test_frames_of_a_takeover_are_kept_when_there_is_no_task(bench: SystemBench) -> None:  # noqa: F811
    system = bench.open()
    bench.bridge.state |= {"state": "takeover"}
    bench.bridge.publish(bench.bridge.status)
    for number in range(1, 6):
        bench.bridge.publish(msgspec.structs.replace(observed(number), takeover="" if number == 5 else "by-hand"))
    until(lambda: any(e.ended_s for e in system._store.episodes()))
    assert _recorded(system, "by-hand") == ["by-hand"] * 4
    [episode] = system._store.episodes()
    assert episode.instruction == "moved by hand" and episode.outcome == "done"
    assert len(system._store.takeover_frames("by-hand")) == 4
    system.close()
