"""`coach bench wire`: how long an observation takes to become a chunk where the policy itself takes no time.

Every path has its server in a process of its own, all of them up at once and idle but one. Rounds are interleaved: each
round asks every path in turn, so that a busy machine is busy for all; ratios are taken within a round.
"""

from __future__ import annotations

import contextlib
import importlib.util
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path as Folder

import numpy as np

from coach.bench.report import Report, Row, commit, machine
from coach.bench.wire_payload import SIZES, Path, answer, payload
from coach.processes.child import interpreter
from robot_bridge.protocol.errors import CoachError
from robot_bridge.protocol.security.key_files import make_pair

TRIPS = 12  # round trips of one path in one round
WARM_UP = 3
START_S = 60.0
NEEDS = {
    "openpi": (("openpi_client", "websockets", "msgpack"), "pip install --no-deps openpi-client websockets msgpack"),
    "gr00t": (("msgpack",), "pip install msgpack"),
    "lerobot": (("grpc", "torch"), "pip install grpcio"),
}
PEERS = {"openpi": "openpi websocket", "gr00t": "GR00T-style REQ/REP", "lerobot": "LeRobot-style gRPC + pickle"}
OURS = {"shared_curve": "shared memory + CURVE", "shared": "shared memory", "tcp": "TCP", "tcp_curve": "TCP + CURVE"}


@dataclass(frozen=True)
class _Line:
    name: str
    client: Path


def measure(rounds: int, sizes: tuple[str, ...], command: str, tell: Callable[[str], None]) -> Report:
    """The report of so many rounds of each size.

    Raises:
        CoachError: a server did not start, or an answer was wrong.
    """
    notes = [f"{PEERS[name]} was left out: {NEEDS[name][1]}" for name in PEERS if not _installed(name)]
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="coach-wire-") as home, contextlib.ExitStack() as stack:
        folder = str(Folder(home) / "keys")
        make_pair(Folder(folder))
        lines = [stack.enter_context(_line(name, folder)) for name in [*OURS, *filter(_installed, PEERS)]]
        for size in sizes:
            tell(f"size {size}")
            rows += _rows(size, _rounds(lines, size, rounds))
    return Report("wire", command, tuple(rows), rounds, 0, "none", machine(), commit(), tuple(notes))


def _installed(name: str) -> bool:
    return all(importlib.util.find_spec(module) is not None for module in NEEDS[name][0])


def _rounds(lines: list[_Line], size: str, rounds: int) -> dict[str, list[float]]:
    """Path → the median of each round, µs."""
    seen = payload(size)
    for line in lines:
        for _ in range(WARM_UP):
            if not np.array_equal(line.client.round_trip(seen), answer()):
                raise CoachError(f"the answer over {line.name} was not what its server sent")
    medians: dict[str, list[float]] = {line.name: [] for line in lines}
    for number in range(rounds):
        for at in range(len(lines)):
            line = lines[(at + number) % len(lines)]  # nobody is always the first
            times = []
            for _ in range(TRIPS):
                asked_s = time.perf_counter()
                line.client.round_trip(seen)
                times.append((time.perf_counter() - asked_s) * 1e6)
            medians[line.name].append(float(np.median(times)))
    return medians


def _rows(size: str, medians: dict[str, list[float]]) -> Iterator[Row]:
    height, width = SIZES[size]
    label = f"({size}) 3×{height}×{width}×3"
    names = {**OURS, **PEERS}
    for name, values in medians.items():
        yield Row.of(f"{label}, {names[name]}", "µs", values)
    for ours in OURS:
        for peer in (name for name in PEERS if name in medians):
            ratios = [theirs / mine for theirs, mine in zip(medians[peer], medians[ours], strict=True)]
            yield Row.of(f"{label}, {names[peer]} ÷ {names[ours]}", "×", ratios)


@contextlib.contextmanager
def _line(name: str, folder: str) -> Iterator[_Line]:
    """A server process and a client of it."""
    kind, keys = ("ours", folder if name.endswith("curve") else "") if name in OURS else (name, "")
    command = [*interpreter(), "-m", "coach.bench.wire_server", kind, keys]
    with contextlib.ExitStack() as stack:
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        stack.callback(server.wait)
        stack.callback(server.kill)
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        if not address.startswith("tcp://"):
            raise CoachError(f"the server for {name} did not start", next_step=f"run {' '.join(command)} to see why")
        yield stack.enter_context(_client(name, address, keys))


@contextlib.contextmanager
def _client(name: str, address: str, keys: str) -> Iterator[_Line]:
    client: Path
    if name in OURS:
        from coach.bench.wire_ours import Ours

        client = Ours(address, keys, share=name.startswith("shared"))
    elif name == "openpi":
        from coach.bench.wire_openpi import OpenPi

        client = OpenPi(address, keys)
    elif name == "gr00t":
        from coach.bench.wire_gr00t import Gr00tLike

        client = Gr00tLike(address, keys)
    else:
        from coach.bench.wire_lerobot import LeRobotLike

        client = LeRobotLike(address, keys)
    with contextlib.closing(client):
        yield _Line(name, client)
