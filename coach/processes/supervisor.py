"""The parent of UI, bridge and policy: starts them, restarts what dies, and leaves nothing behind.

The UI comes first and shares the terminal; when it ends of its own will, everything ends. Bridge and policy run in
sessions of their own and write to log files. A process that dies unexpectedly is started again and noted in
`notices.py`, for the UI to say so. The children get SIGTERM from the kernel should this process be killed outright.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from coach.processes.child import MAX_RESTARTS, UNFINISHED_STATUS, WINDOW_S, Child, Spec, end
from coach.processes.lock import HomeLock
from coach.processes.notices import Restart, notices_path, write_restart
from coach.processes.plan import forget_snapshots, server_specs, ui_spec
from coach.processes.ports import in_use
from coach.processes.terminal import Terminal

if TYPE_CHECKING:
    from coach.config import Config

POLL_S = 0.05
GRACE_S = 3.0
INTERRUPT_GRACE_S = 2.0
STARTUP_S = 2.0  # a UI that fails this early has said why, and would fail again
HOUSEKEEPING_S = 1.0
INTERRUPTED, FAILED = 130, 1


def run(config: Config, headless: bool = False, config_file: str | None = None, ui_flags: Sequence[str] = ()) -> int:
    """Run the whole system until its UI ends; the UI's exit status.

    Args:
        config_file: what `--config` was, handed on to the children.
        ui_flags: further flags for the UI process.

    Raises:
        CoachError: another coach runs on this home, or a port is taken by another program.
    """
    config.prepare_home()
    with HomeLock(config.home):
        forget_snapshots(config.home)
        specs = [ui_spec(config, headless, config_file, ui_flags), *server_specs(config, config_file)]
        return Supervisor(specs, config.home, talks=headless or "--web" in ui_flags).run()


class Supervisor:
    """Keeps the children of these specs alive. The first one is the UI.

    Args:
        talks: say what happens on stderr at once; a full-screen UI shows it itself, then it is said at the end.
    """

    def __init__(self, specs: Sequence[Spec], home: Path, talks: bool = False) -> None:
        self._children = [Child(spec) for spec in specs]
        self._ui = self._children[0]
        self._home, self._talks = home, talks
        self._terminal = Terminal()
        self._signal: signal.Signals | None = None
        self._interrupted_s = 0.0
        self._farewell: list[str] = []
        self._housekeeping_s = 0.0
        notices_path(home).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        notices_path(home).unlink(missing_ok=True)

    def run(self) -> int:
        """Until the UI ends, or SIGINT, SIGTERM or SIGHUP; the exit status."""
        with self._signals():
            try:
                while (status := self._step()) is None:
                    time.sleep(POLL_S)
                return status
            finally:
                self._end()

    def _step(self) -> int | None:
        if self._signal is not None:
            status = self._obey(self._signal)
            if status is not None:
                return status
        for child in self._children:
            died = child.collect()
            if died is not None:
                status = self._handle_death(child, *died)
                if status is not None:
                    return status
            if child.due and self._signal is None:
                self._start(child)
        if time.monotonic() > self._housekeeping_s + HOUSEKEEPING_S:
            self._housekeeping_s = time.monotonic()
            for child in self._children:
                child.keep_log_small()
        return None

    def _start(self, child: Child) -> None:
        """Start it, or look again later while another server of ours holds its address."""
        if child.spec.address and in_use(child.spec.address):
            child.postpone(HOUSEKEEPING_S)
            return
        try:
            child.start()
        except OSError as error:
            child.postpone(GRACE_S)
            self._note(child, f"cannot be started: {error.strerror}")

    def _handle_death(self, child: Child, status: int, reason: str) -> int | None:
        """An exit status if this ends everything."""
        if child is self._ui:
            early = time.monotonic() - child.started_s < STARTUP_S and child.deaths == 1
            if status in (0, UNFINISHED_STATUS):
                return FAILED if status else 0
            if status in (INTERRUPTED, -signal.SIGINT) or self._signal is not None:
                return INTERRUPTED
            self._terminal.restore(whole_screen=status < 0)
            if status > 0 and early:
                return status
        self._note(child, reason)
        return FAILED if child is self._ui and child.gave_up else None

    def _note(self, child: Child, reason: str) -> None:
        name, log = child.spec.name, child.spec.log
        text = f"the {name} process died ({reason}) and is being started again"
        if child.gave_up:
            tries = (
                f"; {MAX_RESTARTS} restarts within {WINDOW_S:g} s did not help" if child.deaths > MAX_RESTARTS else ""
            )
            advice = f"read {log}, then start coach again" if log else "start coach again"
            text = f"the {name} process does not run ({reason}){tries}; {advice}"
            if not self._talks:
                self._farewell.append(text)
        if self._talks:
            print(f"coach: {text}", file=sys.stderr, flush=True)
        with contextlib.suppress(OSError):  # a full disk must not end the supervisor
            died = Restart(time.time(), name, reason, child.deaths, child.gave_up, text, told=self._talks)
            write_restart(self._home, died)

    def _obey(self, number: signal.Signals) -> int | None:
        """After Ctrl-C, which the UI heard too, it may end by itself; any other signal ends everything at once."""
        if number is not signal.SIGINT:
            return 128 + number
        if not self._interrupted_s:
            self._interrupted_s = time.monotonic()
        if self._ui.alive and time.monotonic() < self._interrupted_s + INTERRUPT_GRACE_S:
            return None
        return INTERRUPTED

    def _end(self) -> None:
        """SIGTERM to all that live, SIGKILL to what is left after 3 s; then none of them runs any more."""
        end(self._children, GRACE_S)
        if self._ui.process is not None:
            self._terminal.restore(whole_screen=self._ui.process.returncode < 0)
        for text in self._farewell:
            print(f"coach: {text}", file=sys.stderr, flush=True)

    @contextmanager
    def _signals(self) -> Iterator[None]:
        def remember(number: int, frame: object) -> None:
            self._signal = signal.Signals(number)

        before = {number: signal.signal(number, remember) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
