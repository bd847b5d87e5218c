"""How long it takes from a stop to the first target without speed, with every core busy and the bridge under fire.

A key, a button and a word pull the same line; a pedal's event is read, understood and pulls it too. The bar is one tick
from the arrival at the bridge; on a machine so busy that the control loop itself comes late, one tick is as long as the
loop's own ticks were meanwhile.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import pairwise

import numpy as np
import pytest
from bridge_rig import Rig

from coach.config import Config
from coach.interpreter import interpret
from coach.session.stop_line import StopLine
from coach.session.system import System
from coach.takeover.events import EV_KEY, EVENT
from robot_bridge.client import BridgeClient
from robot_bridge.protocol.errors import CoachError
from robot_bridge.protocol.messages import Event, StatusRequest

TICK_MS = 20.0
TIMES = 9
B = 48  # the key that a pedal sends for stop


@pytest.fixture(scope="module")
def burners() -> Iterator[None]:
    """A process that only computes for each core."""
    loads = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count() or 1)]
    yield
    for load in loads:
        load.kill()
        load.wait()


@pytest.fixture
def rig(burners: None, start_rig: Callable[..., Rig]) -> Iterator[Rig]:
    """A bridge at work while somebody asks for its status without a pause."""
    bridge = start_rig(think_deadline_s=3.0, act_deadline_s=3.0)
    quiet = threading.Event()

    def ask() -> None:
        client = BridgeClient(bridge.address)
        while not quiet.is_set():
            try:
                client.request(StatusRequest())
            except CoachError:
                continue
        client.close()

    asking = threading.Thread(target=ask)
    asking.start()
    bridge.task()
    bridge.until_moving()
    yield bridge
    quiet.set()
    asking.join()


def still_ms(rig: Rig, since_s: float) -> float:
    """From this time to the command after which no target changed any more."""
    rig.until(lambda: rig.client.status().state == "stopped")
    time.sleep(0.3)
    commands = list(rig.arms.commands)
    changed = [now for (_, a), (now, b) in pairwise(commands) if (a != b).any()]
    first_still = next(at for at, _ in commands if at > changed[-1])
    return max(0.0, (first_still - since_s) * 1e3)


def check(rig: Rig, stop: Callable[[], object]) -> None:
    """Stop again and again: what came to a stand later than within a tick is a failure."""
    took_ms = []
    for _ in range(TIMES):
        since_s = time.monotonic()
        stop()
        took_ms.append(still_ms(rig, since_s))
        rig.say("resume")
        rig.until_moving()
    inside = [m.data["after_ms"] for m in rig.heard if isinstance(m, Event) and m.code == "still"]
    ticks_ms = np.diff([at for at, _ in rig.arms.commands]) * 1e3
    longest_ms = max(TICK_MS, float(np.percentile(ticks_ms, 99)))
    print(f"from the press, p50 and p95: {np.percentile(took_ms, (50, 95))} ms")
    print(f"from arrival at the bridge, p50, p95, max: {np.percentile(inside, (50, 95, 100))} ms")
    print(f"ticks of the loop, p50 and p99: {np.percentile(ticks_ms, (50, 99))} ms")
    assert len(inside) >= TIMES // 2 and np.percentile(inside, 95) <= longest_ms
    if longest_ms < TICK_MS * 1.25:  # nobody else needs the machine
        assert max(inside) <= TICK_MS  # the bar; on its way there a press may wait for a core of its own
        assert np.median(took_ms) <= TICK_MS


def by_word(line: StopLine) -> None:
    words = "oh no, stop!"
    assert any(item.kind == "stop" for item in interpret(words, None).items)
    line.pull(words)


@pytest.mark.parametrize("stop", [lambda line: line.pull(), by_word], ids=["key or button", "word"])
def test_first_target_without_speed_comes_within_a_tick_when_stopped_under_full_load(rig, stop):
    with closing(StopLine(lambda: BridgeClient(rig.address))) as line:
        check(rig, lambda: stop(line))


def test_first_target_without_speed_comes_within_a_tick_when_a_pedal_is_pressed_under_full_load(rig, tmp_path):
    pedal = tmp_path / "event9"
    os.mkfifo(pedal)  # as its device file: events of a kernel come out of it
    config = Config(home=tmp_path / "home", bridge_address=rig.address, events_address=rig.events_address,
                    gamepad="off", pedal=str(pedal))  # fmt: skip
    with (
        open(os.open(pedal, os.O_RDWR), "wb", buffering=0) as foot,
        closing(System.open(config, lambda message: None, lambda reply: None)) as terminal,
    ):
        rig.until(lambda: terminal.devices)
        check(rig, lambda: [foot.write(EVENT.pack(0, 0, EV_KEY, B, down)) for down in (1, 0)])


def test_first_target_without_speed_comes_within_a_tick_when_the_coach_is_lost_under_full_load(rig):
    rig.beating = False
    event = rig.until_event("coach_silent")
    time.sleep(0.3)
    assert rig.arms.moved_since(event.time_s + TICK_MS / 1e3) == 0
