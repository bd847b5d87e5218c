"""Paths of `coach bench wire` in processes of their own: a server, a client, and a slow line between them if wanted."""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

from coach.bench.wire_payload import OURS
from coach.processes.child import interpreter
from robot_bridge.protocol.errors import CoachError


@dataclass(frozen=True)
class Line:
    """A client that is ready to ask."""

    name: str
    client: subprocess.Popen[str]

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
        address = stack.enter_context(_process("wire_server", "ours" if ours is not None else name, folder))
        if link is not None:
            address = stack.enter_context(_process("wire_shaper", address, *map(str, link)))
        yield Line(name, stack.enter_context(_running("wire_client", name, address, folder, stdin=subprocess.PIPE)))


def serving(how: str) -> contextlib.AbstractContextManager[str]:
    """The address of a policy server with the shipped model, see `wire_serving.py`."""
    return _process("wire_server", "serving", how)


@contextlib.contextmanager
def _process(*command: str) -> Iterator[str]:
    """The address that a server prints."""
    with _running(*command, stdin=subprocess.DEVNULL) as server:
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        if not address.startswith("tcp://"):
            raise CoachError(f"{' '.join(command)} did not start; its reason stands above")
        yield address


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
