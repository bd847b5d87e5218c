"""A terminal that is killed is there again at once, says so, takes the next line and sees the work to its end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from bridge_stand_in import StandIn
from waiting import until

from coach.processes.forking import can_fork

pytestmark = pytest.mark.skipif(not can_fork("cpu"), reason="forks on Linux alone")


def _heed_signals() -> None:
    """Also where the tests themselves run with `nohup`, or behind the `&` of a script."""
    for number in (signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)


class Terminal:
    """`coach run --ui-only --headless` beside a stand-in for the bridge."""

    def __init__(self, home: Path, bridge: StandIn, *flags: str) -> None:
        self._out = home / "out"
        (home / "config.yaml").write_text(
            f"bridge_address: {bridge.address}\nevents_address: {bridge.events_address}\nperson: Ada\n"
        )
        command = [sys.executable, "-m", "coach", "run", "--ui-only", "--headless", *flags, "--home", str(home)]
        with self._out.open("w") as out:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out, stderr=out, text=True,
                                            start_new_session=True, preexec_fn=_heed_signals)  # fmt: skip

    def say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def end_input(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()

    def said(self, words: str) -> bool:
        return words in self._out.read_text()

    def forget(self) -> None:
        self._out.write_text("")

    def kill(self) -> None:
        parent = self.process.pid
        os.kill(int(Path(f"/proc/{parent}/task/{parent}/children").read_text().split()[0]), signal.SIGKILL)


@pytest.fixture
def bridge() -> Iterator[StandIn]:
    bridge = StandIn()
    yield bridge
    bridge.close()


@pytest.fixture
def terminal(tmp_path: Path, bridge: StandIn) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path, bridge, "--stay")
    terminal.say("help")
    until(lambda: terminal.said("robot:"))
    terminal.forget()
    yield terminal
    terminal.process.kill()
    terminal.process.wait()
    terminal.end_input()


def test_killed_terminal_is_there_again_says_so_and_takes_the_next_line(terminal: Terminal) -> None:
    terminal.kill()
    killed_s = time.monotonic()
    until(lambda: terminal.said("the ui process died (killed by SIGKILL)"))
    terminal.say("help")
    until(lambda: terminal.said("robot:"))
    assert time.monotonic() - killed_s < 3.0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_status_tells_of_the_signal_that_ended_it(terminal: Terminal, number: signal.Signals) -> None:
    terminal.process.send_signal(number)
    assert terminal.process.wait(10) in ((128 + number,) if number != signal.SIGTERM else (0, 128 + number))


def test_work_in_hand_is_seen_to_its_end_when_the_terminal_is_killed_behind_its_input(
    tmp_path: Path, bridge: StandIn
) -> None:
    terminal = Terminal(tmp_path, bridge)
    terminal.say("put the red cup in the sink")
    until(lambda: terminal.said("robot:"))
    terminal.end_input()
    time.sleep(0.3)
    terminal.kill()
    until(lambda: terminal.said("the ui process died (killed by SIGKILL)"))
    assert terminal.process.poll() is None, "the robot is still at work"
    bridge.finish()
    assert terminal.process.wait(10) == 0
