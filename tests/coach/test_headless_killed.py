"""A terminal that is killed is there again at once, says so, and takes the next line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bridge_stand_in import StandIn
from waiting import until

from coach.processes.forking import can_fork


@pytest.mark.skipif(not can_fork("cpu"), reason="forks on Linux alone")
def test_killed_terminal_is_there_again_says_so_and_takes_the_next_line(tmp_path: Path) -> None:
    bridge = StandIn()
    (tmp_path / "config.yaml").write_text(
        f"bridge_address: {bridge.address}\nevents_address: {bridge.events_address}\nperson: Ada\n"
    )
    command = [sys.executable, "-m", "coach", "run", "--ui-only", "--headless", "--stay", "--home", str(tmp_path)]
    (tmp_path / "out").touch()
    with (tmp_path / "out").open("w") as out:
        program = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out, stderr=out, text=True)

    def said(words: str) -> bool:
        return words in (tmp_path / "out").read_text()

    def say(line: str) -> None:
        assert program.stdin is not None
        program.stdin.write(f"{line}\n")
        program.stdin.flush()

    try:
        say("help")
        until(lambda: said("robot:"))
        terminal = int(Path(f"/proc/{program.pid}/task/{program.pid}/children").read_text().split()[0])
        (tmp_path / "out").write_text("")
        os.kill(terminal, signal.SIGKILL)
        killed_s = time.monotonic()
        until(lambda: said("the ui process died (killed by SIGKILL)"))
        say("help")
        until(lambda: said("robot:"))
        assert time.monotonic() - killed_s < 3.0
        program.send_signal(signal.SIGTERM)
        assert program.wait(10) == 0
    finally:
        program.kill()
        program.wait()
        assert program.stdin is not None
        program.stdin.close()
        bridge.close()
