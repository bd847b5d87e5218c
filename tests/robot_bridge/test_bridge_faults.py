"""A whole bridge under the faults of the world: lines that break, delay, double and mix up; disks; memory; clocks."""

from __future__ import annotations

import errno
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from itertools import pairwise

import numpy as np
import pytest
import zmq
from bridge_rig import Rig
from fake_arms import MemoryArms
from fake_policy import PICKING
from faulty_line import FaultyLine

from robot_bridge.client import BridgeClient, EventSubscriber
from robot_bridge.protocol.codec import Codec
from robot_bridge.protocol.errors import UnreachableError, VersionError
from robot_bridge.protocol.messages import Error, Event, Intervention, Observation, Status, ThoughtEvent

TICK_S = 0.02
BACK_S = 3.0


@pytest.fixture
def open_line() -> Iterator[Callable[..., FaultyLine]]:
    """Opens a bad line to an address; every one is closed when the test is over."""
    with ExitStack() as lines:
        yield lambda *of, **how: lines.enter_context(closing(FaultyLine(*of, **how)))


def moved_after(rig: Rig, since_s: float) -> int:
    """Ticks later than one after this time in which the target still changed."""
    commands = [(at, target) for at, target in list(rig.arms.commands) if at > since_s + TICK_S]
    return sum(1 for (_, a), (_, b) in pairwise(commands) if (a != b).any())


def test_arms_hold_within_a_tick_when_the_process_of_the_policy_dies(policy, start_rig):
    rig = start_rig(think_deadline_s=3.0, act_deadline_s=3.0)
    rig.task()
    rig.until_moving()
    policy.kill()  # joins its thread: the connection is closed when this returns
    died_s = time.monotonic()
    event = rig.until_event("policy_silent")
    assert "the connection to the policy" in event.text and "broke" in event.text
    time.sleep(0.2)
    assert moved_after(rig, died_s) <= 1
    policy.start()
    back_s = time.monotonic()
    rig.until_event("policy_back")
    rig.until_moving()
    assert time.monotonic() - back_s < BACK_S


def test_arms_hold_and_go_on_when_the_line_to_the_policy_is_cut_and_mended(policy, open_line, start_rig):
    line = open_line(policy.address)
    rig = start_rig(policy_address=line.address)
    rig.task()
    rig.until_moving()
    line.cut()  # as a cable: nobody is told, nothing comes any more
    rig.until_event("policy_silent")
    silent_s = time.monotonic()
    rig.until_state("holding")
    assert moved_after(rig, silent_s) == 0
    line.mend()
    mended_s = time.monotonic()
    rig.until_event("policy_back")
    rig.until_moving()
    assert time.monotonic() - mended_s < BACK_S


def test_arms_go_on_undisturbed_when_messages_of_the_policy_come_twice_and_in_any_order(policy, open_line, start_rig):
    line = open_line(policy.address, chance=random.Random(4), double=0.4, shuffle=0.4)
    rig = start_rig(policy_address=line.address, think_deadline_s=1.5, act_deadline_s=1.5)
    rig.task()
    rig.until_moving()
    rig.until(lambda: line.doubled > 5 and line.shuffled > 5)
    assert rig.status().state == "running" and "policy_silent" not in rig.codes()
    steps = np.abs(np.diff(np.array([target for _, target in rig.arms.commands]), axis=0))
    assert (steps[:, :2] <= 2.0 * TICK_S + 1e-5).all(), "no jump above the velocity limit"


def test_words_count_once_and_late_ones_not_at_all_when_the_line_of_the_coach_is_bad(open_line, start_rig):
    rig = start_rig(coach_deadline_s=1.0)
    line = open_line(rig.address, chance=random.Random(5), double=1.0)
    coach = BridgeClient(line.address)
    task = Intervention(id="t", kind="task", instruction="put the red cup in the sink")
    assert coach.send(task).state == "running"
    coach.send(Intervention(id="p", kind="pause"))
    time.sleep(0.2)
    assert rig.client.status().state == "holding", "the second of the task did not set the arms going"
    line.delay_s = 4.0
    with pytest.raises(UnreachableError):
        coach.send(Intervention(id="r", kind="resume", text="go on"), 0.5)  # the person is told that it failed
    line.delay_s = 0.0
    assert "is not followed" in rig.until_event("late_words").text
    assert rig.client.status().state == "holding"
    coach.close()


def test_nothing_published_is_taken_twice_or_goes_backwards_when_the_line_doubles_and_mixes(open_line, start_rig):
    rig = start_rig()
    line = open_line(rig.events_address, publishes=True, chance=random.Random(6), double=0.5, shuffle=0.5)
    ears, heard = EventSubscriber(line.address), []
    rig.task()

    def listen() -> bool:
        message = ears.poll(0.1)
        heard.extend([message] if message is not None else [])
        kinds = Counter(type(message) for message in heard)
        enough = min(kinds[Status], kinds[Observation]) > 8 and kinds[ThoughtEvent] > 0
        return enough and ears.repeated > 5 and ears.overtaken > 0

    rig.until(listen)
    numbers = [message.sent for message in heard]
    assert len(numbers) == len(set(numbers))
    for kind in (Status, Observation):
        sequence = [message.sent for message in heard if isinstance(message, kind)]
        assert sequence == sorted(sequence)
    ears.close()


def test_arms_hold_and_try_again_by_themselves_when_the_gpu_is_out_of_memory(policy, start_rig):
    full = threading.Event()

    def think(request, count):
        if full.is_set():
            return Error(code="policy_failed", what="the policy failed: OutOfMemoryError: CUDA out of memory")
        return PICKING

    policy.thinks = think
    rig = start_rig()
    rig.task()
    rig.until_moving()
    full.set()
    event = rig.until_event("policy_failed")
    failed_s = time.monotonic()
    assert "out of memory" in event.text
    rig.until_state("holding")
    assert moved_after(rig, failed_s) == 0
    full.clear()
    cleared_s = time.monotonic()
    rig.until_event("policy_back")
    rig.until_moving()
    assert time.monotonic() - cleared_s < BACK_S


def test_person_is_asked_when_a_policy_fails_time_and_again(policy, start_rig):
    policy.acts = lambda request: Error(code="policy_failed", what="the policy failed: no actions",
                                        request_id=request.request_id)  # fmt: skip
    rig = start_rig()
    rig.task()
    event = rig.until_event("policy_error")
    assert "times in a row, at" in event.text and "; say resume to try once more" in event.text
    time.sleep(0.5)
    assert rig.client.status().state == "holding"


class SlowDisk(MemoryArms):
    """Their scene takes long to write down."""

    takes_s = 0.6
    written = 0

    def snapshot(self) -> bytes:
        time.sleep(self.takes_s)
        self.written += 1
        return super().snapshot()


def test_arms_and_pictures_go_on_when_the_disk_is_slow(start_rig, tmp_path):
    rig = start_rig(SlowDisk(), snapshot_path=tmp_path / "s", snapshot_period_s=0.05)
    rig.task()
    rig.until_moving()
    since_s, before = time.monotonic(), len(rig.all(Observation))
    rig.until(lambda: rig.arms.written > 1 and len(rig.all(Observation)) - before > 10)
    commands = [at for at, _ in rig.arms.commands if at > since_s]
    assert np.diff(commands).max() < SlowDisk.takes_s
    assert rig.status().state == "running"


def test_person_is_told_once_and_the_arms_go_on_when_the_disk_is_full(start_rig, tmp_path, monkeypatch):
    full = threading.Event()

    def write(path, content):
        if full.is_set():
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("robot_bridge.keeper.write_whole", write)
    rig = start_rig(snapshot_path=tmp_path / "s", snapshot_period_s=0.05)
    full.set()
    rig.task()
    assert "No space left" in rig.until_event("snapshot_failed").text
    rig.until_moving()
    time.sleep(0.3)
    assert rig.codes().count("snapshot_failed") == 1
    full.clear()
    rig.until_event("snapshot_back")


def test_nothing_happens_to_the_arms_when_the_clock_jumps(start_rig, monkeypatch):
    rig = start_rig()
    rig.task()
    rig.until_moving()
    true, offset = time.time, [0.0]
    monkeypatch.setattr(time, "time", lambda: true() + offset[0])
    since_s = time.monotonic()
    for jump_s in (86400.0, -86400.0 * 365, 0.0):
        offset[0] = jump_s
        time.sleep(0.3)
    codes = [m.code for m in rig.heard if isinstance(m, Event) and m.time_s > since_s]
    assert rig.status().state == "running" and not codes, codes
    assert rig.arms.moved_since(since_s) > 0.1


def test_peer_of_another_version_is_told_so_and_moves_nothing(start_rig):
    rig = start_rig()
    context = zmq.Context()
    line = context.socket(zmq.DEALER)
    line.linger = 0
    line.connect(rig.address)
    codec = Codec()
    parts = codec.encode(Intervention(id="t", kind="task", instruction="put the red cup in the sink"))
    line.send(parts[0].replace(b"\xa7version\x01", b"\xa7version\x02").replace(b"\xa4sent\x00", b"\xa4spin\x00"))
    assert line.poll(2000)
    reply = codec.decode(line.recv_multipart())
    assert isinstance(reply, Error) and reply.code == VersionError.code and "version 2" in reply.what
    assert "the same release" in reply.next_step and rig.client.status().state == "idle"
    line.close()
    context.term()


def test_arms_hold_when_the_policy_is_of_another_version(policy, start_rig):
    policy.acts = lambda request: Error(code="version", what="the peer speaks protocol version 1",
                                        request_id=request.request_id)  # fmt: skip
    rig = start_rig()
    rig.task()
    assert "protocol version" in rig.until_event("policy_error").text
    rig.until_state("holding")
    assert rig.arms.moved_since(0.0) == 0
