"""A server that is killed is there again at once; what ends by itself, or is asked to end, ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from waiting import until

from coach.processes.child import MAX_RESTARTS
from coach.processes.forking import MOST_EARLY, can_fork
from coach.processes.orphans import Orphans

PROGRAM = """
import os, sys, time
from pathlib import Path
from coach.processes.forking import keep_forking
from coach.processes.orphans import Orphans

def serve():
    print(os.getpid(), flush=True)
    if sys.argv[1] == "ends":
        return 7
    if sys.argv[1] == "dies":
        os.kill(os.getpid(), 9)
    time.sleep(60)
    return 0

def died(reason, count):
    print(reason, count, flush=True)

sys.exit(keep_forking(serve, died, Orphans(Path(sys.argv[2])) if len(sys.argv) > 2 else None))
"""


@pytest.fixture
def program():
    started = []

    def start(*how: str) -> subprocess.Popen:
        started.append(subprocess.Popen([sys.executable, "-c", PROGRAM, *how], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True))  # fmt: skip
        return started[-1]

    yield start
    for process in started:
        process.terminate()  # a parent that is killed leaves its server behind
        process.communicate()


def gone(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rsplit(")", 1)[1].split()[0] == "Z"


def test_server_is_there_again_at_once_when_it_is_killed(program):
    parent = program("lives")
    first = int(parent.stdout.readline())
    assert first != parent.pid
    os.kill(first, signal.SIGKILL)
    killed_s = time.monotonic()
    assert parent.stdout.readline() == "killed by SIGKILL 1\n"
    second = int(parent.stdout.readline())
    assert second != first and time.monotonic() - killed_s < 2.0
    parent.send_signal(signal.SIGTERM)
    parent.wait(5)
    until(lambda: gone(second))  # a parent that is ended before it listens for that leaves it to the kernel


def test_exit_status_is_the_servers_when_it_ends_by_itself(program):
    assert program("ends").wait(20) == 7


def test_parent_gives_up_when_the_server_dies_again_and_again(program):
    said, complained = program("dies").communicate(timeout=20)
    assert said.count("killed by SIGKILL") == MOST_EARLY == MAX_RESTARTS, "as often as any other process of ours"
    assert "dies again and again" in complained


def test_server_does_not_outlive_its_parent_when_that_is_killed(program):
    parent = program("lives")
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    until(lambda: gone(child))


def test_server_serves_on_until_the_next_parent_is_ready_when_its_parent_is_killed(program, tmp_path):
    mark = str(tmp_path / "run" / "server.json")
    parent = program("lives", mark)
    server = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    time.sleep(0.3)
    assert not gone(server)
    heir = program("lives", mark)
    successor = int(heir.stdout.readline())
    assert gone(server) and successor != server
    other = program("lives", mark)
    assert int(other.stdout.readline()) and not gone(successor), "one that has its parent is left alone"


def test_server_ends_when_who_started_its_parent_is_gone_as_well(tmp_path):
    starter = subprocess.Popen(
        [sys.executable, "-c", "import subprocess, sys; subprocess.run(sys.argv[1:])", sys.executable, "-c", PROGRAM,
         "lives", str(tmp_path / "server.json")], stdout=subprocess.PIPE, text=True)  # fmt: skip
    assert starter.stdout is not None
    server = int(starter.stdout.readline())
    starter.kill()
    starter.wait()
    time.sleep(0.3)
    assert not gone(server), "its parent looks after it"
    os.kill(json.loads((tmp_path / "server.json").read_text())["parent"], signal.SIGKILL)
    until(lambda: gone(server))
    starter.stdout.close()


def test_mark_that_cannot_be_read_is_as_none(tmp_path):
    mark = tmp_path / "server.json"
    for text in ("", "[]", '{"server": 1}', '{"server": "x", "parent": 1, "began": 2}'):
        mark.write_text(text)
        Orphans(mark).succeed()


def test_no_fork_when_a_gpu_would_have_to_survive_it():
    assert not can_fork("cuda") and can_fork("cpu")
