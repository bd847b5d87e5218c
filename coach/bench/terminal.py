"""Memory of what a person starts: `coach run` in a terminal of its own, beside servers that run already."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from pathlib import Path

import msgspec
import yaml

from coach.bench.home import memory_mb
from coach.config import Config
from coach.processes.plan import coach_command
from robot_bridge.protocol.errors import CoachError

SETTLE_S = 6.0
END_S = 8.0
ROWS, COLUMNS = 40, 140


def terminal_memory_mb(config: Config) -> dict[str, float]:
    """Resident sets of the UI process, which shares most of it with its waiting parent, and of the supervisor, some
    seconds after their start.

    Raises:
        CoachError: the UI did not stay up.
    """
    file = config.home / "config.yaml"
    addresses = {name: getattr(config, name) for name in ("policy_address", "bridge_address", "events_address")}
    file.write_text(yaml.safe_dump(msgspec.to_builtins(addresses)), "utf-8")
    screen, keyboard = pty.openpty()
    fcntl.ioctl(keyboard, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color"}
    command = coach_command(["run"], config, str(file))
    process = subprocess.Popen(command, stdin=keyboard, stdout=keyboard, stderr=keyboard, start_new_session=True,
                               env=environment)  # fmt: skip
    os.close(keyboard)
    try:
        shown = _watch(screen, SETTLE_S)
        ui = _only_child(process.pid)
        if not ui:
            words = " ".join(shown.decode("utf-8", "replace").split())[-300:]
            raise CoachError(f"the terminal UI did not stay up: {words}", next_step="try `coach run`")
        forked = _only_child(ui)
        return {"terminal UI": memory_mb(forked or ui), "supervisor": memory_mb(process.pid)}
    finally:
        process.send_signal(signal.SIGTERM)
        _watch(screen, END_S, process)
        process.kill()
        process.wait()
        os.close(screen)


def _watch(screen: int, seconds: float, process: subprocess.Popen[bytes] | None = None) -> bytes:
    """Read what is drawn, else the UI would wait for us; the last of it. Ends with the process, if one is given."""
    end_s, shown = time.monotonic() + seconds, b""
    while time.monotonic() < end_s and (process is None or process.poll() is None):
        if select.select([screen], [], [], 0.1)[0]:
            with contextlib.suppress(OSError):  # the other end is closed
                shown = (shown + os.read(screen, 65536))[-4000:]
    return shown


def _only_child(pid: int) -> int:
    """0 where there is none, or the system does not say."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return 0
    return int(children[0]) if children else 0
