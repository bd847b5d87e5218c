"""Shared pictures are whole or refused, leave nothing behind, and are given up where they cannot work."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import msgspec
import numpy as np
import pytest
import zmq
from fake_policy import PICKING

from policy.server import serve
from robot_bridge.policy_link import LOCAL_REFUSALS, PolicyLink
from robot_bridge.protocol import shared_frames
from robot_bridge.protocol.codec import Codec
from robot_bridge.protocol.errors import FramesError, UnreachableError
from robot_bridge.protocol.messages import WIDTH, Context, Observation, ThinkRequest
from robot_bridge.protocol.shared_frames import MARK, NAME, SLOTS, FrameReader, FrameWriter, available, header_of
from robot_bridge.protocol.thought import Thought

pytestmark = pytest.mark.skipif(not available(), reason="shared frames need memfd and /proc, which Linux has")

WRITER = """
import sys, time, zmq
import numpy as np, msgspec
from robot_bridge.protocol.shared_frames import FrameWriter
context = zmq.Context()
line = context.socket(zmq.PUSH)
line.sndhwm = 1
line.connect(sys.argv[1])
writer = FrameWriter()
pictures = [np.full((1200, 1600, 3), value, np.uint8).data.cast("B") for value in range(8)]
value = 0
while True:
    value = (value + 1) % 8
    parts = writer.pack([b"header", pictures[value]])
    try:
        line.send(msgspec.msgpack.encode([bytes(part) for part in parts]), zmq.NOBLOCK)
    except zmq.Again:
        pass
"""


def message(size: int = 60, value: int = 3) -> list:
    images = {name: np.full((size, size * 2, 3), value + i, np.uint8) for i, name in enumerate(("base", "left"))}
    seen = Observation(sequence=1, time_s=1.0, state=np.arange(WIDTH, dtype=np.float32), images=images)
    return Codec().encode(ThinkRequest(request_id=5, observation=seen, context=Context(instruction="x")))


@pytest.fixture
def ends():
    writer, reader = FrameWriter(), FrameReader()
    yield writer, reader
    writer.close()
    reader.close()


def start_writer(context: zmq.Context) -> tuple[subprocess.Popen, zmq.Socket]:
    line = context.socket(zmq.PULL)
    line.conflate = True
    port = line.bind_to_random_port("tcp://127.0.0.1")
    process = subprocess.Popen([sys.executable, "-c", WRITER, f"tcp://127.0.0.1:{port}"],
                               env={**os.environ, "PYTHONPATH": os.getcwd()})  # fmt: skip
    return process, line


def mapped() -> int:
    return Path("/proc/self/maps").read_text().count(f"memfd:{shared_frames.NAME}")


def test_message_is_the_same_when_its_pictures_are_shared(ends):
    writer, reader = ends
    for size in (60, 60, 200, 60):  # the third needs a larger segment
        parts = message(size)
        packed = writer.pack(parts)
        assert packed[0].startswith(MARK) and sum(map(len, packed)) < 1000
        assert [bytes(part) for part in reader.unpack(packed)] == [bytes(part) for part in parts]
    assert Codec().decode(reader.unpack(writer.pack(message()))).observation.images["left"][0, 0, 0] == 4


def test_small_messages_travel_as_always_when_sharing_is_not_worth_it(ends):
    parts = message(8)
    assert ends[0].pack(parts) == parts and ends[1].unpack(parts) is parts


def test_pictures_in_use_stay_as_they_are_when_others_follow(ends):
    writer, reader = ends
    kept = [Codec().decode(reader.unpack(writer.pack(message(value=value)))).observation.images for value in range(9)]
    assert [images["base"][0, 0, 0] for images in kept] == list(range(9))
    del kept
    reader.unpack(writer.pack(message()))
    buffers = {id(buffer) for buffer in reader._pool}
    for _ in range(20):
        reader.unpack(writer.pack(message()))
    assert {id(buffer) for buffer in reader._pool} == buffers, "the same memory serves again"


def test_overwritten_pictures_are_refused_when_they_are_read_too_late(ends):
    writer, reader = ends
    late = writer.pack(message())
    for value in range(SLOTS - 1):
        writer.pack(message(value=value))
    reader.unpack(late)
    writer.pack(message())
    with pytest.raises(FramesError, match="overwritten before"):
        reader.unpack(late)


def test_no_torn_picture_is_ever_shown_when_a_writer_runs_at_full_speed():
    context, reader = zmq.Context(), FrameReader()
    process, line = start_writer(context)
    whole = refused = 0
    try:
        assert line.poll(20_000)
        until_s = time.monotonic() + 2.0
        while time.monotonic() < until_s or (whole < 10 and time.monotonic() < until_s + 10):
            assert line.poll(10_000)
            try:
                _, picture = reader.unpack(msgspec.msgpack.decode(line.recv()))
            except FramesError:
                refused += 1
                continue
            pixels = np.frombuffer(picture, np.uint8)
            assert (pixels == pixels[0]).all(), "two pictures in one"
            whole += 1
    finally:
        process.kill()
        process.wait()
        reader.close()
        context.destroy(linger=0)
    assert whole >= 10, (whole, refused)


def test_picture_is_refused_when_it_is_overwritten_in_the_middle_of_reading(ends):
    writer, reader = ends
    parts = writer.pack(message())
    make_room = reader._buffer

    def meanwhile(size: int) -> np.ndarray:
        for _ in range(SLOTS):
            writer.pack(message(value=9))
        return make_room(size)

    reader._buffer = meanwhile
    with pytest.raises(FramesError, match="while they were read"):
        reader.unpack(parts)


def test_place_serves_again_when_what_was_in_it_has_been_read(ends):
    writer, reader = ends
    for value in range(3 * SLOTS):
        parts = writer.pack(message(value=value))
        assert Codec().decode(reader.unpack(parts)).observation.images["base"][0, 0, 0] == value
        writer.read()
    assert sum(count > 0 for count in writer._counts) == 1
    writer.pack(message())
    with pytest.raises(FramesError, match="overwritten before"):
        reader.unpack(parts)


def test_nothing_is_left_behind_when_the_writer_is_killed():
    context, reader = zmq.Context(), FrameReader()
    before = mapped()
    for _ in range(2):
        process, line = start_writer(context)
        assert line.poll(20_000)
        ticket = msgspec.msgpack.decode(line.recv())
        with contextlib.suppress(FramesError):  # overwritten already: mapped all the same
            reader.unpack(ticket)
        process.send_signal(signal.SIGKILL)
        process.wait()
        line.close()
        assert mapped() == before + 1, "the segment of the writer before is let go"
    reader.forget_the_dead()
    assert mapped() == before, "and that of the last one, without another one coming"
    reader.close()
    assert mapped() == before
    assert not list(Path("/dev/shm").glob(f"*{shared_frames.NAME}*"))
    context.destroy(linger=0)


def ticket(**changes: object) -> list:
    writer = ticket.writer = FrameWriter()  # type: ignore[attr-defined]
    (packed,) = writer.pack(message())
    header = bytes(header_of([packed]))
    plain = msgspec.msgpack.decode(packed[len(MARK) + 2 : len(packed) - len(header)])
    fields = ("boot", "pid", "fd", "inode", "slot_bytes", "slot", "count", "sizes")
    for name, value in changes.items():
        plain[fields.index(name)] = value
    changed = msgspec.msgpack.encode(plain)
    return [MARK + len(changed).to_bytes(2, "little") + changed + header]


@pytest.mark.parametrize(
    "changes",
    [
        {"boot": "elsewhere"}, {"boot": ""}, {"pid": 1 << 40}, {"pid": -1}, {"fd": 0}, {"fd": 999}, {"inode": 1},
        {"slot": SLOTS}, {"slot": -1}, {"slot_bytes": 4096}, {"slot_bytes": 1 << 62}, {"count": 1},
        {"sizes": [-8, 8]}, {"sizes": [1 << 40]}, {"sizes": [1 << 20] * 3}, {"sizes": [1] * 40}, {"sizes": "x"},
        {"pid": "self"},
    ],
)  # fmt: skip
def test_ticket_is_refused_when_it_lies(ends, changes):
    with pytest.raises(FramesError):
        ends[1].unpack(ticket(**changes))
    assert len(ends[1].unpack(ticket())) == 4


def test_file_of_another_kind_is_not_opened_when_a_ticket_names_it(ends, tmp_path):
    with (tmp_path / f"memfd:{shared_frames.NAME}").open("w+b") as file:
        file.truncate(1 << 20)
        with pytest.raises(FramesError, match="no shared memory of ours"):
            ends[1].unpack(ticket(fd=file.fileno()))
    unsealed = os.memfd_create(shared_frames.NAME)
    os.ftruncate(unsealed, 1 << 20)
    with pytest.raises(FramesError):
        ends[1].unpack(ticket(fd=unsealed, inode=os.fstat(unsealed).st_ino))
    os.close(unsealed)


SERVER = """
import sys, threading
sys.path.insert(0, "tests/fuzz")
from targets import EchoPolicy
from policy.server import serve
serve(EchoPolicy(), sys.argv[1], threading.Event(), ready=lambda address: print(address, flush=True))
"""


def start_server(address: str) -> tuple[subprocess.Popen, str]:
    process = subprocess.Popen([sys.executable, "-c", SERVER, address], stdout=subprocess.PIPE, text=True,
                               env={**os.environ, "PYTHONPATH": os.getcwd()})  # fmt: skip
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def segments() -> int:
    """Segments that this process holds."""
    held = set()
    for link in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):  # the folder's own, closed meanwhile
            if NAME in os.readlink(link):
                held.add(link.stat().st_ino)
    return len(held)


def test_sharing_goes_on_without_a_leak_when_the_policy_server_is_killed_and_comes_back():
    context, before = zmq.Context(), segments()
    process, address = start_server("tcp://127.0.0.1:*")
    link = PolicyLink(context, address)
    picture = np.zeros((90, 90, 3), np.uint8)
    seen = Observation(sequence=1, time_s=1.0, state=np.zeros(WIDTH, np.float32), images={"base": picture})
    try:
        for _ in range(2):
            assert (
                link.act(seen, Context(instruction="x"), Thought(subtask="x"), 10.0, lambda: False).actions.any() == 0
            )
            process.send_signal(signal.SIGKILL)
            process.wait()
            with pytest.raises(UnreachableError):
                link.act(seen, Context(instruction="x"), Thought(subtask="x"), 0.2, lambda: False)
            process, _ = start_server(address)
        link.act(seen, Context(instruction="x"), Thought(subtask="x"), 10.0, lambda: False)
        assert link.shares_memory and segments() == before + 1
    finally:
        process.kill()
        process.wait()
        link.close()
        context.term()
    assert segments() == before


class SeeingPolicy:
    checkpoint, device, parameters = "seeing", "cpu", 1

    def __init__(self) -> None:
        self.seen: list[np.ndarray] = []

    def think(self, observation, context, forced="", on_token=None):
        self.seen.append(observation.images["base"])
        return Thought.parse(PICKING), 0

    def act(self, observation, context, thought):
        return np.zeros((5, WIDTH), np.float32), 0.1


def _too_late(reader: FrameReader, ticket: object) -> list:
    raise FramesError("shared pictures were overwritten before they were read")


@pytest.mark.parametrize("reachable", [True, False])
def test_policy_sees_the_picture_when_memory_is_shared_and_when_it_cannot_be(reachable, monkeypatch):
    policy, stop, ready, where = SeeingPolicy(), threading.Event(), threading.Event(), []

    def note(address: str) -> None:
        where.append(address)
        ready.set()

    if not reachable:
        monkeypatch.setattr(shared_frames, "NAME", "of another user")
        monkeypatch.setattr(shared_frames.os, "readlink", lambda path: "elsewhere")
    thread = threading.Thread(target=serve, args=(policy, "tcp://127.0.0.1:*", stop, None, note), daemon=True)
    thread.start()
    assert ready.wait(5)
    context = zmq.Context()
    link = PolicyLink(context, where[0])
    try:
        pictures = {"base": np.arange(90 * 90 * 3, dtype=np.uint8).reshape(90, 90, 3)}
        seen = Observation(sequence=1, time_s=1.0, state=np.zeros(WIDTH, np.float32), images=pictures)
        for _ in range(LOCAL_REFUSALS):
            reply = link.think(seen, Context(instruction="x"), "", 4.0, lambda token: None, lambda: False)
            assert reply.thought.subtask == "pick up the red cup"
            np.testing.assert_array_equal(policy.seen[-1], pictures["base"])
        assert link.shares_memory is reachable
        if reachable:  # overwritten in the middle of reading, for once: then it goes through the socket, for once
            with monkeypatch.context() as spoilt:
                spoilt.setattr(FrameReader, "_read", _too_late)
                link.think(seen, Context(instruction="x"), "", 4.0, lambda token: None, lambda: False)
            np.testing.assert_array_equal(policy.seen[-1], pictures["base"])
            assert link.shares_memory
    finally:
        link.close()
        context.term()
        stop.set()
        thread.join(5)
