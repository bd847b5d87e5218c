"""The supervisor with real, tiny children: restarts, giving up, leaving nothing behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from waiting import until

from coach.processes.child import UNFINISHED_STATUS
from coach.processes.notices import read_restarts
from coach.processes.supervisor import STARTUP_S

DRIVER = """
import json, sys
from pathlib import Path
from coach.processes.child import Spec
from coach.processes.lock import HomeLock
from coach.processes.supervisor import Supervisor
from robot_bridge.protocol.errors import CoachError
home, talks, *specs = json.loads(sys.argv[1])
specs = [Spec(name, tuple(command), Path(log) if log else None, 0.0, address) for name, command, log, address in specs]
try:
    with HomeLock(Path(home)):
        status = Supervisor(specs, Path(home), talks).run()
except CoachError as error:
    sys.exit(str(error))
sys.exit(status)
"""
# A server that says who it is and waits; it stops on SIGTERM like ours do.
STAYS = "import os, pathlib, sys, time; pathlib.Path(sys.argv[1]).open('a').write(f'{os.getpid()}\\n'); time.sleep(60)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + STAYS
DIES = "import sys; print('the weights are gone'); sys.exit(1)"


class Home:
    """A home folder and the supervisors started on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[subprocess.Popen[str]] = []

    def script(self, name: str, code: str) -> list[str]:
        path = self.folder / f"{name}.py"
        path.write_text(textwrap.dedent(code))
        return [sys.executable, "-S", str(path), str(self.folder / f"{name}.pids")]

    def supervise(self, ui: str, talks: bool = True, **servers: str) -> subprocess.Popen[str]:
        specs: list = [["ui", self.script("ui", ui), None, ""]]
        for name, code in servers.items():
            specs.append([name, self.script(name, code), str(self.folder / "logs" / f"{name}.log"), ""])
        return self.launch(specs, talks)

    def launch(self, specs: list, talks: bool = True) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", DRIVER, json.dumps([str(self.folder), talks, *specs])]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
        self.started.append(process)
        return process

    def pids(self, name: str, count: int = 1) -> list[int]:
        """The process ids that this child has had, once there are `count`."""
        path = self.folder / f"{name}.pids"
        until(lambda: path.exists() and path.read_text().count("\n") >= count)
        return [int(line) for line in path.read_text().split()]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path)
    yield home
    for process in home.started:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(10)
        assert process.stderr is not None
        process.stderr.close()


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_everything_ends_when_the_ui_is_closed(home: Home) -> None:
    supervisor = home.supervise("import time; time.sleep(0.5)", bridge=STAYS, policy=STAYS)
    bridge, policy = home.pids("bridge")[0], home.pids("policy")[0]
    assert runs(bridge) and runs(policy)
    assert supervisor.wait(5) == 0
    assert not runs(bridge) and not runs(policy)
    assert read_restarts(home.folder) == []


def test_server_that_ignores_the_request_is_killed_when_the_ui_is_closed(home: Home) -> None:
    supervisor = home.supervise("import time; time.sleep(0.3)", bridge=STUBBORN)
    pid = home.pids("bridge")[0]
    started_s = time.monotonic()
    assert supervisor.wait(8) == 0
    assert not runs(pid)
    assert time.monotonic() - started_s < 5


def test_server_is_restarted_and_the_ui_can_read_it_when_it_is_killed(home: Home) -> None:
    before_s = time.time()
    home.supervise(STAYS, policy=STAYS, bridge=STAYS)
    first = home.pids("policy")[0]
    os.kill(first, signal.SIGKILL)
    second = home.pids("policy", 2)[1]
    assert runs(second) and len(home.pids("bridge")) == 1
    (restart,) = read_restarts(home.folder)
    assert (restart.process, restart.count, restart.gave_up) == ("policy", 1, False)
    assert "SIGKILL" in restart.reason and "policy" in restart.text and restart.wall_s >= before_s
    assert read_restarts(home.folder, since=restart.wall_s) == []


def test_it_gives_up_with_one_sentence_and_the_log_when_a_server_dies_again_and_again(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        sys.modules[__name__], "DRIVER", "import coach.processes.child as c; c.BACKOFF_S = (0.02,) * 5\n" + DRIVER
    )
    supervisor = home.supervise(STAYS, policy=DIES)
    until(lambda: any(r.gave_up for r in read_restarts(home.folder)))
    restarts = read_restarts(home.folder)
    assert [r.count for r in restarts] == [1, 2, 3, 4, 5, 6]
    assert "the weights are gone" in restarts[-1].text
    assert "policy.log" in restarts[-1].text and "start coach again" in restarts[-1].text
    assert runs(home.pids("ui")[0]), "the UI lives on without it"
    supervisor.send_signal(signal.SIGTERM)
    assert supervisor.wait(5) == 128 + signal.SIGTERM
    assert supervisor.stderr is not None and restarts[-1].text in supervisor.stderr.read()


def test_it_does_not_try_again_when_a_server_was_configured_wrongly(home: Home) -> None:
    home.supervise(STAYS, bridge="import sys; print('no body octopus'); sys.exit(2)")
    until(lambda: read_restarts(home.folder))
    time.sleep(0.4)
    (notice,) = read_restarts(home.folder)
    assert notice.gave_up and "no body octopus" in notice.text


def test_ui_is_restarted_when_it_crashes_and_not_when_it_could_not_start(home: Home) -> None:
    home.supervise(STAYS, bridge=STAYS)
    os.kill(home.pids("ui")[0], signal.SIGSEGV)
    assert runs(home.pids("ui", 2)[1])
    assert read_restarts(home.folder)[0].process == "ui"
    assert len(home.pids("bridge")) == 1, "the robot's side did not notice"


def test_all_ends_with_status_1_when_the_ui_says_that_the_work_came_to_no_end(home: Home) -> None:
    late = f"import sys, time; time.sleep({STARTUP_S + 0.3}); sys.exit({UNFINISHED_STATUS})"
    assert home.supervise(late, bridge=STAYS).wait(20) == 1
    assert read_restarts(home.folder) == []


def test_exit_status_is_passed_on_when_the_ui_cannot_start(home: Home) -> None:
    supervisor = home.supervise("import sys; sys.exit(1)", bridge=STAYS)
    assert supervisor.wait(5) == 1
    assert read_restarts(home.folder) == []


def test_no_orphan_is_left_when_the_supervisor_is_killed_outright(home: Home) -> None:
    supervisor = home.supervise(STAYS, bridge=STAYS, policy=STAYS)
    children = [home.pids(name)[0] for name in ("ui", "bridge", "policy")]
    supervisor.kill()
    until(lambda: not any(map(runs, children)))


def test_all_ends_with_130_when_interrupted(home: Home) -> None:
    supervisor = home.supervise(STAYS, bridge=STAYS)
    children = [home.pids(name)[0] for name in ("ui", "bridge")]
    os.killpg(supervisor.pid, signal.SIGINT)  # as the terminal does: supervisor and UI hear it, the bridge does not
    assert supervisor.wait(6) == 130
    assert not any(map(runs, children))


def test_second_coach_names_the_first_when_the_home_is_in_use(home: Home) -> None:
    first = home.supervise(STAYS)
    home.pids("ui")
    second = home.supervise(STAYS)
    assert second.wait(5) == 1
    assert second.stderr is not None
    words = second.stderr.read()
    assert f"process {first.pid}" in words and "--home" in words
    assert len(home.pids("ui")) == 1
    first.kill()
    first.wait()
    until(lambda: not runs(home.pids("ui")[0]))
    home.supervise(STAYS)
    home.pids("ui", 2)  # the lock went with its holder


def test_terminal_is_usable_again_when_the_ui_crashes_in_full_screen(home: Home) -> None:
    import pty

    ui = """
        import os, signal, sys, termios, tty
        if sys.stdin.isatty() and not os.path.exists(sys.argv[1]):
            open(sys.argv[1], 'w').write(f'{os.getpid()}\\n')
            tty.setraw(0); os.write(2, b'\\x1b[?1049h\\x1b[?1003h'); os.kill(os.getpid(), signal.SIGKILL)
    """
    specs = [["ui", home.script("ui", ui), None, ""]]
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(sys.executable, [sys.executable, "-c", DRIVER, json.dumps([str(home.folder), False, *specs])])
    import termios

    output = b""
    while b"\x1b[?1049l" not in output:
        output += os.read(terminal, 4096)
    assert b"\x1b[?1003l" in output and b"\x1b[?25h" in output
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    modes = termios.tcgetattr(terminal)[3]
    assert modes & termios.ECHO and modes & termios.ICANON
    os.close(terminal)


def test_server_is_started_when_the_one_that_held_its_address_goes_away(home: Home) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"tcp://127.0.0.1:{other.getsockname()[1]}"
        bridge = ["bridge", home.script("bridge", STAYS), str(home.folder / "bridge.log"), address]
        home.launch([["ui", home.script("ui", STAYS), None, ""], bridge])
        home.pids("ui")
        time.sleep(0.3)
        assert not (home.folder / "bridge.pids").exists()
    assert runs(home.pids("bridge")[0])
