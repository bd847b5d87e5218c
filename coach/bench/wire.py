"""`coach bench wire`: how long an observation takes to become a chunk where the policy itself takes no time.

Every path has a server and a client in processes of their own, all of them up at once and idle but two. Rounds are
interleaved: each round asks every path in turn, so that a busy machine is busy for all; ratios are taken within a
round.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path as Folder

import numpy as np

from coach.bench import wire_links
from coach.bench.report import Report, Row, commit, machine
from coach.bench.wire_copies import copies
from coach.bench.wire_lines import Line, line
from coach.bench.wire_payload import OURS, SIZES
from robot_bridge.protocol.security.key_files import make_pair
from robot_bridge.protocol.shared_frames import available

TRIPS = 12  # round trips of one path in one round
LINK_ROUNDS = 4  # for each slow line; a round trip there takes up to two seconds
NEEDS = {
    "openpi": (("openpi_client", "websockets", "msgpack"), "pip install --no-deps openpi-client websockets msgpack"),
    "gr00t": (("msgpack",), "pip install msgpack"),
    "lerobot": (("grpc", "torch"), "pip install grpcio"),
}
PEERS = {"openpi": "openpi websocket", "gr00t": "GR00T-style REQ/REP", "lerobot": "LeRobot-style gRPC + pickle"}
COMPARED = ("shared_curve", "shared", "tcp", "tcp_curve")
NAMES = {**{name: OURS[name].title for name in COMPARED}, **PEERS}
WHAT_THE_PEERS_ARE = (
    "openpi: its own client (package openpi-client) and a server that speaks its protocol; GR00T and LeRobot: their "
    "wire protocols repeated, client and server, LeRobot's without its default pause of 33 ms.",
    "Slow lines are a TCP proxy in a process of its own (no netem): bandwidth, delay and a router's buffer, without "
    "TCP's slow start.",
)


def measure(rounds: int, command: str, tell: Callable[[str], None]) -> Report:
    """The report of so many rounds of each size, and of slow lines.

    Raises:
        CoachError: a server did not start, or an answer was wrong.
    """
    peers = [name for name in PEERS if _installed(name)]
    notes = [f"{PEERS[name]} was left out: {NEEDS[name][1]}" for name in PEERS if name not in peers]
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="coach-wire-") as home:
        keys = str(Folder(home) / "keys")
        make_pair(Folder(keys))
        rows = list(_side_by_side(rounds, keys, peers, tell))
        rows += wire_links.rows(min(rounds, LINK_ROUNDS), keys, "openpi" in peers, tell)
    notes.append(f"load average {load:.1f} before and {os.getloadavg()[0]:.1f} after, of {os.cpu_count()} cores")
    return Report("wire", command, tuple(rows), rounds, 0, "none", machine(), commit(), (*WHAT_THE_PEERS_ARE, *notes))


def _installed(name: str) -> bool:
    return all(importlib.util.find_spec(module) is not None for module in NEEDS[name][0])


def _side_by_side(rounds: int, keys: str, peers: list[str], tell: Callable[[str], None]) -> Iterator[Row]:
    with contextlib.ExitStack() as stack:
        lines = [stack.enter_context(line(name, keys)) for name in [*COMPARED, *peers]]
        for size in SIZES:
            times, processor = medians(lines, size, rounds, tell)
            yield from ratios(size, times)
            for name, microseconds in processor.items():
                yield Row.of(f"{_label(size)}, {NAMES[name]}, processor time of both ends", "µs", [microseconds])
            if available():
                yield Row.of(
                    f"{_label(size)}, copies of the pictures in one request, shared memory", "", [copies(size)]
                )


def medians(
    lines: list[Line], size: str, rounds: int, tell: Callable[[str], None]
) -> tuple[dict[str, list[float]], dict[str, float]]:
    """Path → the median of each round, µs; path → processor time of both ends in one round trip, µs."""
    found: dict[str, list[float]] = {each.name: [] for each in lines}
    for each in lines:
        each.ask(size, 1)
    before = {each.name: each.processor_s() for each in lines}
    for number in range(rounds):
        tell(f"size {size}, round {number + 1} of {rounds}")
        for at in range(len(lines)):
            each = lines[(at + number) % len(lines)]  # nobody is always the first
            found[each.name].append(float(np.median(each.ask(size, TRIPS)["us"])))
    used = {each.name: (before[each.name], each.processor_s()) for each in lines}
    trips = rounds * TRIPS
    return found, {name: (b - a) / trips * 1e6 for name, (a, b) in used.items() if a is not None and b is not None}


def ratios(size: str, times: dict[str, list[float]]) -> Iterator[Row]:
    """Times of all paths, then peer ÷ ours of each pair."""
    for name, values in times.items():
        yield Row.of(f"{_label(size)}, {NAMES[name]}", "µs", values)
    for ours in COMPARED:
        for peer in (name for name in PEERS if name in times):
            each = [theirs / mine for theirs, mine in zip(times[peer], times[ours], strict=True)]
            yield Row.of(f"{_label(size)}, {NAMES[peer]} ÷ {NAMES[ours]}", "×", each)


def _label(size: str) -> str:
    height, width = SIZES[size]
    return f"({size}) 3×{height}×{width}×3"
