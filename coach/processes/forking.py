"""A server that is there again at once when it was killed: a parent that has everything loaded forks it once more.

Importing PyTorch takes seconds, a fork a few milliseconds. The parent itself only waits. It must have started no
threads and touched no GPU; where that cannot be had (`can_fork`), the server runs as it always did.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from coach.processes.child import dies_with
from coach.processes.notices import Restart, notices_path, write_restart
from coach.processes.orphans import Orphans

if TYPE_CHECKING:
    from coach.config import Config

log = logging.getLogger(__name__)

EARLY_S = 10.0  # a server that dies sooner after its start
MOST_EARLY = 5  # so many times in a row would die again: its parent gives up, and is started anew or not
AGAIN_S = 0.05
ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def can_fork(device: str) -> bool:
    """Whether a loaded policy survives a fork here: on Linux, as long as it computes on the CPU."""
    has_gpu = any(Path(node).exists() for node in ("/dev/nvidiactl", "/dev/nvidia0", "/dev/kfd"))
    return sys.platform == "linux" and (device == "cpu" or (device == "auto" and not has_gpu))


def noting(config: Config, name: str) -> Callable[[str, int], None]:
    """Tells the UI of a server that died."""

    def died(reason: str, count: int) -> None:
        text = f"the {name} process died ({reason}) and is being started again"
        log.warning(text)
        with contextlib.suppress(OSError):  # a full disk must not end the parent
            notices_path(config.home).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_restart(config.home, Restart(time.time(), name, reason, count, False, text))

    return died


def keep_forking(serve: Callable[[], int], died: Callable[[str, int], None], orphans: Orphans | None = None,
                 shares_terminal: bool = False) -> int:  # fmt: skip
    """Run `serve` in a forked process, and again when that is killed; its exit status once it ends by itself.

    Args:
        serve: returns its exit status; may raise, which ends the forked process as it would end this one.
        died: is told how it died, and how often so in a row.
        orphans: where given, a forked process whose parent is killed serves on until the next parent is ready; else it
            ends with it.
        shares_terminal: Ctrl-C reaches the forked process by itself, which decides what it means.
    """
    early = 0
    if orphans is not None:
        orphans.succeed()
    while True:
        began_s, parent, starter = time.monotonic(), os.getpid(), os.getppid()
        child = os.fork()
        if child == 0:
            if orphans is not None:
                orphans.outlive(parent, starter)
            elif (ask_kernel := dies_with(parent)) is not None:
                ask_kernel()
            return serve()
        status, asked = _wait(child, shares_terminal)
        if not os.WIFSIGNALED(status):
            return os.WEXITSTATUS(status)
        if shares_terminal and (asked or os.WTERMSIG(status) == signal.SIGINT):  # as a shell tells of it
            return 128 + (asked[-1] if asked else signal.SIGINT)
        if asked:
            return 0
        early = early + 1 if time.monotonic() - began_s < EARLY_S else 1
        reason = f"killed by {signal.Signals(os.WTERMSIG(status)).name}"
        if early > MOST_EARLY:
            print(f"coach: it dies again and again: {reason}", file=sys.stderr, flush=True)
            return 1
        died(reason, early)
        time.sleep(AGAIN_S * early)


def _wait(child: int, shares_terminal: bool) -> tuple[int, list[int]]:
    """The exit status of the child, and the signals that told us to end, each of which is passed on to it."""
    asked: list[int] = []

    def pass_on(number: int, frame: object) -> None:
        if shares_terminal and number == signal.SIGINT and _in_foreground():
            return  # Ctrl-C: the child has heard it as well
        asked.append(number)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, number if shares_terminal else signal.SIGTERM)

    heeded = [number for number in ENDING if signal.getsignal(number) != signal.SIG_IGN]  # nohup
    before = {number: signal.signal(number, pass_on) for number in heeded}
    try:
        return os.waitpid(child, 0)[1], asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _in_foreground() -> bool:
    """Whether what is pressed on the terminal goes to this process and its children."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:  # there is none
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
