"""Who serves an address: someone else, one of ours, nobody; and the small pieces around the supervisor."""

from __future__ import annotations

import dataclasses
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq

from coach.config import Config
from coach.processes import ports
from coach.processes.logs import last_line, rotate
from coach.processes.notices import Restart, notices_path, read_restarts, write_restart
from coach.processes.plan import server_specs, ui_spec
from policy.server import serve
from robot_bridge.protocol.errors import CoachError


class QuietPolicy:
    checkpoint, device, parameters = "quiet", "cpu", 1


@pytest.fixture
def other_program() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def config(home: Path, **addresses: str) -> Config:
    free = {f"{name}_address": f"tcp://127.0.0.1:{free_port()}" for name in ("policy", "bridge", "events")}
    return dataclasses.replace(Config(home=home), **{**free, **addresses})


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("tcp://127.0.0.1:5650", True), ("tcp://localhost:5650", True), ("tcp://[::1]:5650", True),
        ("ipc:///tmp/x", True), ("tcp://192.168.1.4:5650", False), ("tcp://gpu-host:5650", False),
    ],
)  # fmt: skip
def test_only_loopback_is_started_here_when_addresses_differ(address: str, local: bool) -> None:
    assert ports.is_local(address) is local


def test_sentence_names_port_and_key_when_another_program_holds_it(
    tmp_path: Path, other_program: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ports, "SETTLE_S", 0.1)
    taken = f"tcp://127.0.0.1:{other_program}"
    for key in ("policy_address", "bridge_address", "events_address"):
        with pytest.raises(CoachError, match=rf"{key} is {taken}, and another program.*set {key}"):
            server_specs(config(tmp_path, **{key: taken}), None)


def test_running_server_is_used_and_not_started_when_it_answers(tmp_path: Path) -> None:
    stop, ready = threading.Event(), threading.Event()
    address = f"tcp://127.0.0.1:{free_port()}"
    args = (QuietPolicy(), address, stop, None, lambda where: ready.set())
    thread = threading.Thread(target=serve, args=args)
    thread.start()
    assert ready.wait(3)
    try:
        mine = config(tmp_path, policy_address=address)
        file = tmp_path / "my.yaml"
        file.write_text("")
        specs = {spec.name: spec for spec in server_specs(mine, str(file))}
        assert specs["policy"].address == address, "left alone while it is there"
        assert specs["bridge"].address == ""
        assert str(file) in specs["bridge"].command
        assert {"--headless", "--ui-only", str(tmp_path)} <= set(ui_spec(mine, True, None).command)
    finally:
        stop.set()
        thread.join(5)
    assert not ports.in_use(address)


def test_remote_parts_are_never_started_when_the_configuration_names_other_machines(tmp_path: Path) -> None:
    remote = {"policy_address": "tcp://gpu-host:5650", "bridge_address": "tcp://192.168.1.4:5651"}
    assert server_specs(config(tmp_path, **remote), None) == []


def test_port_counts_as_free_when_only_closed_connections_linger() -> None:
    context = zmq.Context()
    server, client = context.socket(zmq.ROUTER), context.socket(zmq.DEALER)
    address = f"tcp://127.0.0.1:{server.bind_to_random_port('tcp://127.0.0.1')}"
    client.connect(address)
    client.send(b"x")
    assert server.poll(2000)
    assert ports.in_use(address)
    context.destroy(linger=0)
    deadline_s = time.monotonic() + 2
    while ports.in_use(address):
        assert time.monotonic() < deadline_s


def test_log_starts_afresh_and_keeps_the_old_half_when_it_is_full(tmp_path: Path) -> None:
    log = tmp_path / "bridge.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"old words\n" * 100)
        assert not rotate(log, max_bytes=10_000)
        assert rotate(log, max_bytes=1000)
        writer.write(b"new words\n")
    assert log.read_bytes() == b"new words\n"
    assert (tmp_path / "bridge.log.1").stat().st_size == 1000
    assert last_line(log) == "new words" and last_line(tmp_path / "none.log") == ""


def test_notices_are_read_when_a_line_is_half_written(tmp_path: Path) -> None:
    assert read_restarts(tmp_path) == []
    notices_path(tmp_path).parent.mkdir()
    restart = Restart(wall_s=5.0, process="policy", reason="killed by SIGKILL", count=1, text="it died")
    write_restart(tmp_path, restart)
    with notices_path(tmp_path).open("a") as file:
        file.write('not json\n{"wall_s": 6.0, "process": "br')
    assert read_restarts(tmp_path) == [restart]
    assert read_restarts(tmp_path, since=5.0) == []
