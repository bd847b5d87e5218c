"""A throw-away home with its own bridge and policy on free ports, for measurements on the real processes."""

from __future__ import annotations

import dataclasses
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from coach.config import Config
from coach.processes.child import Child, end
from coach.processes.logs import last_line
from coach.processes.plan import server_specs
from robot_bridge.client import BridgeClient
from robot_bridge.protocol.errors import CoachError

START_S = 90.0
GRACE_S = 3.0


@dataclass(frozen=True)
class Running:
    """The servers of a throw-away home."""

    config: Config
    children: tuple[Child, ...]

    def pid(self, name: str) -> int:
        """Of the process that serves; its parent only waits for it to die."""
        parent = next(child.process.pid for child in self.children if child.spec.name == name and child.process)
        try:
            forked = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        except OSError:
            forked = []
        return int(forked[0]) if forked else parent

    def check(self) -> None:
        """Raises: CoachError: one of them died."""
        for child in self.children:
            if not child.alive and child.spec.log is not None:
                raise CoachError(f"the {child.spec.name} process died: {last_line(child.spec.log)}",
                                 next_step=f"try `coach {child.spec.name} serve` by itself")  # fmt: skip


@contextmanager
def running_servers(config: Config) -> Iterator[Running]:
    """Bridge and policy of this configuration, but with home and ports of their own; ready when handed out.

    Raises:
        CoachError: one of them did not start.
    """
    with tempfile.TemporaryDirectory(prefix="coach-bench-") as folder:
        policy, bridge, events = free_addresses(3)
        own = dataclasses.replace(config, home=Path(folder), policy_address=policy, bridge_address=bridge,
                                  events_address=events, encryption="auto", policy_key="", bridge_key="")  # fmt: skip
        own.prepare_home()
        running = Running(own, tuple(Child(spec) for spec in server_specs(own, None, delay_s=0.0)))
        try:
            for child in running.children:
                child.start()
            _wait_until_ready(running)
            yield running
        finally:
            end(running.children, GRACE_S)


def _wait_until_ready(running: Running) -> None:
    client = BridgeClient(running.config.bridge_address)
    give_up_s = time.monotonic() + START_S
    try:
        while time.monotonic() < give_up_s:
            running.check()
            try:
                if client.status().policy_ok:
                    return
            except CoachError:
                pass
            time.sleep(0.1)
    finally:
        client.close()
    raise CoachError(f"bridge and policy were not ready within {START_S:g} s", next_step="try `coach doctor`")


def free_addresses(count: int) -> list[str]:
    """Addresses of this machine on which nobody listens at the moment."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    addresses = [f"tcp://127.0.0.1:{server.getsockname()[1]}" for server in sockets]
    for server in sockets:
        server.close()
    return addresses


def memory_mb(pid: int) -> float:
    """Resident set of a process, 0 where the system does not say (Linux does)."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:")), 0.0)
