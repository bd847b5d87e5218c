"""A real process at the end of real pipes: what it says arrives, and when it dies it is started again."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from waiting import until

from coach.speech.messages import Listen, Ready, Trouble
from coach.speech.worker import Worker

SCRIPT = """
import msgspec
from coach.speech.messages import Ready, send
from coach.speech.worker import own_pipes, serve_pipes
incoming, outgoing = own_pipes()
print("a library says hello")  # not into the messages
count = 0
def take(raw):
    global count
    count += 1
    if b"nothing" in raw:
        raise SystemExit("the process has had enough")
    send(outgoing, Ready(model=f"{count} {len(raw)}"))
serve_pipes(take, incoming)
"""


class Bench:
    def __init__(self, folder: Path) -> None:
        (folder / "scripted_process.py").write_text(SCRIPT)
        self.told: list[Any] = []
        self.log = folder / "scripted.log"
        self.worker = Worker("listener", "scripted_process", [], self.log, self.told.append,
                             lambda: [Listen(to="all")])  # fmt: skip

    def until(self, true: Callable[[], bool]) -> None:
        until(true, 30.0, lambda: self.told)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    bench = Bench(tmp_path)
    yield bench
    bench.worker.close()
    assert bench.worker.pid == 0


def test_messages_go_both_ways_and_prints_go_to_the_log(bench: Bench):
    bench.until(lambda: len(bench.told) == 1)  # the greeting
    bench.worker.send(Listen(to="stop"))
    bench.until(lambda: len(bench.told) == 2)
    assert isinstance(bench.told[1], Ready)
    assert "hello" in bench.log.read_text()


def test_a_killed_process_is_started_again_and_greeted(bench: Bench):
    bench.until(lambda: len(bench.told) == 1)
    os.kill(bench.worker.pid, signal.SIGKILL)
    bench.until(lambda: len(bench.told) == 2)
    assert bench.worker.starts == 2


def test_the_reason_is_told_when_it_keeps_ending(bench: Bench):
    bench.until(lambda: len(bench.told) == 1)
    for count in (2, 3):
        bench.worker.send(Listen(to="nothing"))
        bench.until(lambda count=count: bench.worker.starts == count and isinstance(bench.told[-1], Ready))
    troubles = [message.text for message in bench.told if isinstance(message, Trouble)]
    assert troubles == ["the listener ended (the process has had enough) and is started again"]


def test_a_process_that_does_not_keep_up_is_never_waited_for(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    bench.until(lambda: len(bench.told) == 1)
    os.kill(bench.worker.pid, signal.SIGSTOP)
    start_s = time.perf_counter()
    taken = [bench.worker.send(Listen(to="all")) for _ in range(100_000)]
    assert time.perf_counter() - start_s < 3.0
    assert not all(taken)
    os.kill(bench.worker.pid, signal.SIGCONT)
