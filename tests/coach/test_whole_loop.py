"""The shipped program with the shipped checkpoint: a person's words to thoughts, joints and a lesson that survives."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from coach.bench.home import free_addresses
from memory.store import Store
from robot_bridge.arms.kitchen.layout import make_layout

SEED = 10_000_003
DEADLINE_S = 90.0


class Program:
    """`coach run --headless` in a process group of its own, and the lines that it prints."""

    def __init__(self, home: Path) -> None:
        self.home = home
        config = home / "config.yaml"
        addresses = zip(("policy", "bridge", "events"), free_addresses(3), strict=True)
        config.write_text("".join(f"{name}_address: {at}\n" for name, at in addresses))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "coach", "run", "--headless", "--home", str(home), "--seed", str(SEED)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self.heard: list[str] = []

    def say(self, text: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def wait_for(self, *words: str) -> str:
        """The next line that holds all the words."""
        until = time.monotonic() + DEADLINE_S
        while True:
            try:
                line = self._lines.get(timeout=max(0.01, until - time.monotonic()))
            except queue.Empty:
                pytest.fail(f"no line with {words}; heard {self.heard}")
            self.heard.append(line)
            if all(word in line for word in words):
                return line

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    program = Program(tmp_path)
    yield program
    if program.process.poll() is None:
        program.kill()


@pytest.mark.render
def test_correction_changes_the_thought_and_survives_a_kill_when_the_model_works(program: Program):
    thing = make_layout(SEED).objects[0].name
    program.say(f"put the {thing} in the sink")
    program.wait_for("robot:", f"put the {thing} in the sink")
    program.wait_for("thought:", f"the {thing}", "sink")
    program.say("no, put it in the drying rack")
    program.wait_for("robot:", "drying rack")
    program.kill()  # right after the confirmation was shown
    with Store.open(program.home / "memory.db") as store:
        (lesson,) = store.corrections()
    assert lesson.words == "no, put it in the drying rack"
    assert "goes in the drying rack" in lesson.thought_should
    assert f"the {thing}" in lesson.thought_was and "sink" in lesson.thought_was
    assert lesson.checkpoint == "embedded"


@pytest.mark.render
def test_model_follows_the_corrected_thought_when_the_person_spoke(program: Program):
    thing = make_layout(SEED).objects[0].name
    program.say(f"put the {thing} in the sink")
    program.wait_for("thought:", f"the {thing}", "sink")
    program.say("no, put it in the drying rack")
    program.wait_for("thought:", "goes in the drying rack")
    program.say("stop")
    program.wait_for("robot:", "stop")
    program.say("what are you doing, and why?")
    program.wait_for("robot:", "stopped")
