"""One supervised process: how it is started, ended, and when it may be started again."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from coach.processes.logs import last_line, open_log, rotate

MAX_RESTARTS, WINDOW_S = 5, 60.0
BACKOFF_S = (0.1, 0.2, 0.4, 0.8, 1.5)  # short: who dies often is to be back within three seconds too
UNFINISHED_STATUS = 3  # of a UI that ended of its own will, and the work in hand came to no end
USAGE_STATUS = 2  # its own words say that it was configured wrongly: trying again cannot help
SENTENCE = "coach: "
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Spec:
    """What to run.

    Args:
        log: where its output goes; None: it shares the terminal, Ctrl-C included.
        delay_s: how long after the supervisor's start it is started.
        address: where it will listen; it is left alone while another process of ours listens there.
    """

    name: str
    command: tuple[str, ...]
    log: Path | None = None
    delay_s: float = 0.0
    address: str = ""


class Child:
    """A process that is kept alive: at most 5 restarts in 60 s, the later the slower."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.process: subprocess.Popen[bytes] | None = None
        self.gave_up = False
        self.started_s = 0.0
        self._due_s = time.monotonic() + spec.delay_s
        self._deaths: deque[float] = deque()

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def due(self) -> bool:
        return self.process is None and not self.gave_up and time.monotonic() >= self._due_s

    @property
    def deaths(self) -> int:
        """Within the last minute."""
        while self._deaths and time.monotonic() - self._deaths[0] > WINDOW_S:
            self._deaths.popleft()
        return len(self._deaths)

    def postpone(self, seconds: float) -> None:
        self._due_s = time.monotonic() + seconds

    def start(self) -> None:
        log = self.spec.log
        output = None if log is None else open_log(log)
        try:
            self.process = subprocess.Popen(
                self.spec.command, stdin=None if log is None else subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=log is not None, preexec_fn=dies_with(os.getpid()),
            )  # fmt: skip
        finally:
            if output is not None:
                os.close(output)
        self.started_s = time.monotonic()

    def collect(self) -> tuple[int, str] | None:
        """Exit status and reason if it died since the last call; it is then up for a restart, or given up."""
        status = None if self.process is None else self.process.poll()
        if status is None:
            return None
        self.process = None
        count = self.deaths
        self._deaths.append(time.monotonic())
        if count >= MAX_RESTARTS or status == USAGE_STATUS:
            self.gave_up = True
        else:
            self.postpone(BACKOFF_S[count])
        return status, self._reason(status)

    def _reason(self, status: int) -> str:
        if status < 0:
            return f"killed by {signal.Signals(-status).name}"
        words = last_line(self.spec.log) if self.spec.log is not None else ""
        if words.startswith(SENTENCE):  # an expected failure, in one sentence
            return words.removeprefix(SENTENCE)
        return f"exit status {status}: {words}" if words else f"exit status {status}"

    def keep_log_small(self) -> None:
        if self.spec.log is not None:
            rotate(self.spec.log)

    def signal(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(number)


def interpreter() -> list[str]:
    """This Python. `-P` keeps packages in the working folder from taking the place of ours."""
    from_folder = Path(sys.argv[0]).name == "__main__.py" and Path(sys.argv[0]).parent.name == "coach"
    return [sys.executable, *([] if from_folder else ["-P"])]


def end(children: Sequence[Child], grace_s: float) -> None:
    """SIGTERM to all that live, SIGKILL to what is left after the grace; then none of them runs any more."""
    for child in children:
        child.signal(signal.SIGTERM)
    give_up_s = time.monotonic() + grace_s
    while any(child.alive for child in children) and time.monotonic() < give_up_s:
        time.sleep(0.01)
    for child in children:
        child.signal(signal.SIGKILL)
        if child.process is not None:
            child.process.wait()


def dies_with(parent: int) -> Callable[[], None] | None:
    """Run in the new process: have the kernel send it SIGTERM when the supervisor dies, even by kill -9 (Linux)."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def ask_kernel() -> None:
        prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
        if os.getppid() != parent:  # it died before we could ask
            os._exit(1)

    return ask_kernel
