"""The real program on a pseudo-terminal: how soon it paints, and that it needs a terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

FIRST_PAINT_S = 0.7
TICKS = os.sysconf("SC_CLK_TCK")


def start(home: Path) -> tuple[subprocess.Popen[bytes], int]:
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    command = [sys.executable, "-m", "coach", "run", "--ui-only", "--home", str(home)]
    environment = os.environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    process = subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal, env=environment,
                               start_new_session=True)  # fmt: skip
    os.close(terminal)
    return process, controller


def read_until(controller: int, text: bytes, deadline_s: float) -> bytes:
    seen, until = b"", time.monotonic() + deadline_s
    while text not in seen:
        left = until - time.monotonic()
        assert left > 0, f"{text!r} did not appear: {seen[-500:]!r}"
        if select.select([controller], [], [], left)[0]:
            seen += os.read(controller, 65536)
    return seen


def processor_s(pid: int) -> float:
    """What the process has used, so that other work on the machine does not count."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def test_the_screen_is_painted_within_its_time_when_the_program_starts(tmp_path: Path) -> None:
    best = float("inf")
    for _ in range(2):
        process, controller = start(tmp_path)
        try:
            read_until(controller, b"waking up", 20)
            best = min(best, processor_s(process.pid))
            os.write(controller, b"\x11")  # ctrl+q
            read_until(controller, b"\x1b[?1049l", 10)
            assert process.wait(10) == 0
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                process.wait()
            os.close(controller)
    assert best < FIRST_PAINT_S


def test_the_terminal_is_given_back_when_the_screen_is_terminated(tmp_path: Path) -> None:
    process, controller = start(tmp_path)
    try:
        read_until(controller, b"\x1b[?1049h", 30.0)  # the alternate screen is entered
        read_until(controller, b"red cup", 30.0)  # the line to speak in
        process.send_signal(signal.SIGTERM)
        read_until(controller, b"\x1b[?1049l", 30.0)  # and left again
        assert process.wait(timeout=30) == 0
    finally:
        process.kill()
        process.wait()
        os.close(controller)


def test_one_sentence_names_headless_when_there_is_no_terminal(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "coach", "run", "--ui-only", "--home", str(tmp_path)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)
    assert done.returncode == 1 and done.stdout == ""
    assert "--headless" in done.stderr and done.stderr.count("\n") == 1


def test_a_key_for_two_things_is_told_before_anything_is_started(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("keys: {stop: s}\n")
    done = subprocess.run([sys.executable, "-m", "coach", "--home", str(tmp_path)], capture_output=True, text=True,
                          timeout=60, check=False)  # fmt: skip
    assert done.returncode == 2 and "needed for typing" in done.stderr and done.stderr.count("\n") == 1
    assert not (tmp_path / "logs").exists()
