"""Paths of `coach bench wire` in processes of their own: a server, a client, and a slow line between them if wanted."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from coach.bench.wire_payload import OURS
from coach.processes.child import interpreter
from robot_bridge.protocol.errors import CoachError


@dataclass(frozen=True)
class Line:
    """A client that is ready to ask, and the server behind it."""

    name: str
    client: subprocess.Popen[str]
    server: subprocess.Popen[str]

    def processor_s(self) -> float | None:
        """Processor time of both ends since they started; None where the system does not say."""
        try:
            return sum(_processor_s(process.pid) for process in (self.client, self.server))
        except (OSError, ValueError):
            return None

    def ask(self, size: str, trips: int) -> dict[str, Any]:
        """What the client tells of so many round trips, see `wire_client.py`. Raises: CoachError: it has ended."""
        assert self.client.stdin is not None and self.client.stdout is not None
        try:
            print(f"{size} {trips}", file=self.client.stdin, flush=True)
        except BrokenPipeError:
            raise self._gone() from None
        told = self.client.stdout.readline()
        if not told:
            raise self._gone()
        return json.loads(told)

    def _gone(self) -> CoachError:
        return CoachError(f"the client of {self.name} has ended; its reason stands above")


@contextlib.contextmanager
def line(name: str, keys: str, link: tuple[float, float] | None = None) -> Iterator[Line]:
    """A server process and a client of it.

    Args:
        keys: a folder with keys, used by the paths that encrypt.
        link: Mbit/s and ms there and back of a slow line between the two.

    Raises:
        CoachError: the server did not start.
    """
    ours = OURS.get(name)
    folder = keys if ours is not None and ours.encrypted else ""
    with contextlib.ExitStack() as stack:
        kind = "ours" if ours is not None else name
        server, address = stack.enter_context(_listening("wire_server", kind, folder))
        if link is not None:
            _, address = stack.enter_context(_listening("wire_shaper", address, *map(str, link)))
        client = stack.enter_context(_running("wire_client", name, address, folder, stdin=subprocess.PIPE))
        yield Line(name, client, server)


@contextlib.contextmanager
def serving(how: str) -> Iterator[str]:
    """The address of a policy server with the shipped model, see `wire_serving.py`."""
    with _listening("wire_server", "serving", how) as (_, address):
        yield address


@contextlib.contextmanager
def _listening(*command: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server and the address that it prints."""
    with _running(*command, stdin=subprocess.DEVNULL) as server:
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        if not address.startswith("tcp://"):
            raise CoachError(f"{' '.join(command)} did not start; its reason stands above")
        yield server, address


@contextlib.contextmanager
def _running(module: str, *arguments: str, stdin: int | IO[str]) -> Iterator[subprocess.Popen[str]]:
    command = [*interpreter(), "-m", f"coach.bench.{module}", *arguments]
    process = subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for end in (process.stdin, process.stdout):
            if end is not None:
                with contextlib.suppress(BrokenPipeError):
                    end.close()


def _processor_s(pid: int) -> float:
    """Source: proc(5), /proc/PID/stat, utime and stime."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
