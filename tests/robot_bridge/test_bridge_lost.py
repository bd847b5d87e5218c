"""A whole bridge whose policy or coach is killed: the arms hold once the connection breaks, and it is told why."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
import pytest
from bridge_rig import Rig
from fake_arms import MemoryArms
from zmtp_peer import ZmtpPeer

from robot_bridge.client import BridgeClient
from robot_bridge.protocol.messages import Event, Intervention
from robot_bridge.rates import memory_mb

TICK_S = 0.02
MB = 1 << 20
COACH = """
import sys, time
from robot_bridge.client import BridgeClient
from robot_bridge.protocol.messages import Intervention
line = BridgeClient(sys.argv[1], coach="anna")
line.take_floor("anna")
line.send(Intervention(id="a", kind="task", instruction="put the red cup in the sink", by="anna"))
print("at work", flush=True)
while True:
    line.heartbeat("anna")
    time.sleep(0.1)
"""

POLICY = """
import time
from fake_policy import FakePolicy, sweep
print(FakePolicy(acts=lambda request: sweep(request, horizon=60, speed=0.2)).address, flush=True)
time.sleep(600)
"""


def moved_after(rig: Rig, since_s: float) -> int:
    """Ticks later than one after this time in which the target still changed."""
    commands = [(at, target) for at, target in list(rig.arms.commands) if at > since_s + TICK_S]
    return sum(1 for (_, a), (_, b) in pairwise(commands) if (a != b).any())


@pytest.fixture
def anna() -> Iterator[Callable[[str], subprocess.Popen]]:
    """Starts a coach in a process of its own, who gives a task and is heard from then on."""
    made: list[subprocess.Popen] = []

    def start(address: str) -> subprocess.Popen:
        made.append(subprocess.Popen([sys.executable, "-c", COACH, address], stdout=subprocess.PIPE, text=True))
        assert made[-1].stdout and made[-1].stdout.readline() == "at work\n"
        return made[-1]

    yield start
    for process in made:
        process.kill()
        process.wait()


def test_arms_hold_within_a_tick_when_the_process_of_the_coach_is_killed(start_rig, anna):
    rig = start_rig(coach_deadline_s=30.0)
    coach = anna(rig.address)
    rig.until_moving()
    coach.kill()
    coach.wait()  # its connections are closed when this returns
    died_s = time.monotonic()
    event = rig.until_event("coach_silent")
    rig.until_state("holding")
    assert "the line to the coach broke" in event.text
    time.sleep(0.2)
    assert moved_after(rig, died_s) <= 1
    anna(rig.address)
    rig.until_event("coach_back")
    rig.until_moving()


def test_arms_go_on_when_a_coach_loses_one_of_its_lines_or_a_watching_one_leaves(start_rig, anna):
    rig = start_rig(coach_deadline_s=30.0)
    anna(rig.address)
    rig.until_moving()
    second, watching = BridgeClient(rig.address, coach="anna"), BridgeClient(rig.address, coach="ben")
    for line in (second, watching):
        line.heartbeat("somebody")
        line.close()
    time.sleep(0.3)
    assert "coach_silent" not in rig.codes() and rig.status().state == "running"


def test_arms_hold_within_a_tick_when_the_policy_dies_while_the_pilot_is_busy(policy, start_rig, monkeypatch):
    busy, go = threading.Event(), threading.Event()

    def check_late(chunk, *rest):
        if rig.arms.moved_since(0.0) > 0.02:
            busy.set()
            go.wait(5)
        return check_chunk(chunk, *rest)

    check_chunk = sys.modules["robot_bridge.pilot"].check_chunk
    monkeypatch.setattr("robot_bridge.pilot.check_chunk", check_late)
    rig = start_rig(think_deadline_s=3.0, act_deadline_s=3.0)
    rig.task()
    assert busy.wait(5)
    rig.until_moving()
    policy.kill()
    died_s = time.monotonic()
    time.sleep(0.2)
    still = moved_after(rig, died_s)
    go.set()
    assert still <= 1
    rig.until_event("policy_silent")
    policy.start()
    rig.until_event("policy_back")
    rig.until_moving()


@pytest.fixture
def frozen_policy() -> Iterator[subprocess.Popen]:
    """A policy in a process of its own, whose chunks last three seconds."""
    process = subprocess.Popen([sys.executable, "-c", POLICY], stdout=subprocess.PIPE, text=True,
                               env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})  # fmt: skip
    yield process
    process.kill()
    process.wait()


def test_arms_hold_before_the_chunk_ends_when_the_policy_is_frozen(frozen_policy, start_rig):
    assert frozen_policy.stdout
    rig = start_rig(policy_address=frozen_policy.stdout.readline().strip(), think_deadline_s=5.0, act_deadline_s=5.0)
    rig.task()
    rig.until_moving()
    os.kill(frozen_policy.pid, signal.SIGSTOP)
    frozen_s = time.monotonic()
    rig.until_event("policy_silent")
    rig.until_state("holding")
    assert time.monotonic() - frozen_s < 2.0, "long before its deadline"
    still_s = time.monotonic()
    time.sleep(0.2)
    assert rig.arms.moved_since(still_s) == 0
    os.kill(frozen_policy.pid, signal.SIGCONT)
    rig.until_event("policy_back")
    rig.until_moving()


class Reaching(MemoryArms):
    """Arms that can be nudged, far enough that it takes a second."""

    def nudge(self, offset, hand):
        return np.array([-0.9 if self.commands[-1][1][0] > 0 else 0.9, 0.0, 0.05], np.float32)


@pytest.mark.parametrize("state", ["idle", "holding"])
def test_nudge_ends_when_the_coach_falls_silent_meanwhile(start_rig, state):
    rig = start_rig(Reaching(), coach_deadline_s=0.3)
    if state == "holding":
        rig.task()
        rig.say("pause")
    rig.until_state(state)
    rig.say("nudge", offset=(0.05, 0.0, 0.0))
    rig.until_moving()
    rig.beating = False
    event = rig.until_event("coach_silent")
    time.sleep(0.2)
    assert rig.arms.moved_since(event.time_s + TICK_S) == 0 and abs(rig.arms.commands[-1][1][0]) < 0.85
    assert rig.codes().count("coach_silent") == 1
    rig.beating = True
    time.sleep(0.3)
    assert rig.client.status().state == state and rig.arms.moved_since(event.time_s + TICK_S) == 0


def break_bridge(rig: Rig, policy, monkeypatch) -> None:
    def fail(*_):
        raise ValueError("a bug")

    monkeypatch.setattr("robot_bridge.pilot.check_chunk", fail)


@pytest.mark.parametrize(
    ("code", "do", "says"),
    [
        ("policy_silent", lambda rig, policy, _: policy.kill(), "the arms hold still until it answers"),
        ("coach_silent", lambda rig, *_: setattr(rig, "beating", False), "open the terminal again"),
        ("cameras_silent", lambda rig, *_: setattr(rig.arms, "blind", True), "check the cameras' power and cables"),
        ("bridge_failed", break_bridge, "say resume to try once more"),
    ],
)
def test_account_of_a_loss_says_what_when_the_last_command_and_what_to_do(
    policy, start_rig, monkeypatch, caplog, code, do, says
):
    rig = start_rig(coach_deadline_s=0.5, observation_deadline_s=0.2)
    rig.task()
    rig.until_moving()
    do(rig, policy, monkeypatch)
    event: Event = rig.until_event(code)
    clock = r"\d\d:\d\d:\d\d\.\d{3}"
    assert re.search(rf"^.+, at {clock}; last command {clock}: (shoulder|elbow) to -?\d\.\d\d rad.*; ", event.text)
    assert says in event.text and event.data["next_step"] in event.text and event.data["what"] in event.text
    assert set(event.data["last_command"]) == {"shoulder", "elbow", "gripper"}
    assert event.data["wall_s"] == pytest.approx(time.time(), abs=5)
    assert any(f"{code}: {event.data['what']}" in record.message for record in caplog.records)
    rig.until(lambda: says in rig.status().detail)


def test_memory_stays_and_the_arms_go_on_when_peers_send_parts_without_an_end(start_rig):
    rig = start_rig()
    rig.task()
    rig.until_moving()
    before_mb = memory_mb()
    for address, kind, size in ((rig.address, "DEALER", 200_000), (rig.events_address, "SUB", 4000)):
        peer = ZmtpPeer(address, kind)
        assert not peer.send_parts(500 * MB // size, size), "cut off before it was through"
        assert peer.sent_bytes < 250 * MB
        peer.close()
    assert memory_mb() - before_mb < 200
    assert rig.client.send(Intervention(id="p", kind="pause")).state == "holding"
