"""Programs to be killed at any moment, one death after another.

A program calls `die_for_each_line`: for each line on its stdin a fresh child works until it is killed. The child is
forked, since a new interpreter for each of hundreds of deaths would take a test's time. On its stdout stand `pid N`
when the child runs, what the child itself says, and `gone` after its death.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

TESTS = Path(__file__).parent


def die_for_each_line(work: Callable[[str], None]) -> None:
    """Args: work: what a child does with its line until it is killed; it speaks with `say`."""
    for line in sys.stdin:
        child = os.fork()
        if not child:
            try:
                work(line.strip())
            finally:
                os._exit(1)
        say("pid", str(child))
        os.waitpid(child, 0)
        say("gone", "")


def say(word: str, rest: str) -> None:
    """One line in one system call, so that a kill cannot cut it in half."""
    os.write(1, f"{word} {rest}\n".encode())


class Mortal:
    """A program of `die_for_each_line`, seen from the test. Args: script: its file."""

    def __init__(self, script: Path) -> None:
        path = f"{TESTS.parent}{os.pathsep}{TESTS}"  # in this order: the folders of tests/ bear the packages' names
        self._process = subprocess.Popen([sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         text=True, bufsize=1, env={**os.environ, "PYTHONPATH": path})  # fmt: skip
        self._pid = 0

    def live(self, line: str) -> None:
        """The next child begins to work on this line."""
        assert self._process.stdin
        self._process.stdin.write(f"{line}\n")
        self._pid = int(self.next("pid"))

    def next(self, word: str) -> str:
        """What it says next."""
        assert self._process.stdout
        said, _, rest = self._process.stdout.readline().strip().partition(" ")
        assert said == word, f"it failed before it was killed: {said} {rest}"
        return rest

    def kill(self) -> list[str]:
        """kill -9. Returns what it had said and nobody had read."""
        assert self._process.stdout
        os.kill(self._pid, signal.SIGKILL)
        return [line.strip().partition(" ")[2] for line in iter(self._process.stdout.readline, "gone \n")]

    def close(self) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()
