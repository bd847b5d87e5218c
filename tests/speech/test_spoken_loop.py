"""Real parts from end to end: a voice in the air, the real microphone stream of the real program, the simulated
kitchen, and a lesson in SQLite. The task is typed; what the robot is told while it works is spoken."""

from __future__ import annotations

import os
import queue
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from virtual_microphone import VirtualMicrophone

from coach.bench.home import free_addresses
from coach.speech.ears.paths import SPOTTER, TINY_WHISPER
from robot_bridge.arms.kitchen.layout import make_layout

pytestmark = [pytest.mark.microphone, pytest.mark.render, pytest.mark.timeout(400)]
SEED = 10_000_003
READY_S, ANSWER_S = 120.0, 30.0
VOICES = ("en-us", "en-gb", "en-us+m1", "en-gb+m3")


class Program:
    """`coach run --headless --microphone`, and the lines that it prints."""

    def __init__(self, home: Path, microphone: VirtualMicrophone, voice: str) -> None:
        names = ("policy", "bridge", "events")
        ports = "".join(f"{name}_address: {at}\n" for name, at in zip(names, free_addresses(3), strict=True))
        (home / "config.yaml").write_text(f"{ports}speech: {{model: embedded, voice: {voice}, ask_below: 0.0}}\n")
        command = [sys.executable, "-m", "coach", "run", "--headless", "--microphone", "--home", str(home)]
        self.process = subprocess.Popen([*command, "--seed", str(SEED)], stdin=subprocess.PIPE, text=True,
                                        stdout=subprocess.PIPE, start_new_session=True,
                                        env=microphone.environment)  # fmt: skip
        self._lines: queue.Queue[str] = queue.Queue()
        self.seen: list[str] = []
        threading.Thread(target=self._read, daemon=True).start()

    def type(self, text: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{text}\n")
        self.process.stdin.flush()

    def wait_for(self, pattern: str, deadline_s: float = ANSWER_S) -> str:
        """The next line that holds it; empty where none came in time."""
        until = time.monotonic() + deadline_s
        while (left_s := until - time.monotonic()) > 0:
            try:
                line = self._lines.get(timeout=left_s)
            except queue.Empty:
                break
            self.seen.append(line)
            if re.search(pattern, line):
                return line
        return ""

    def end(self) -> None:
        if self.process.poll() is not None:
            return
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))


def say_until(program: Program, microphone: VirtualMicrophone, text: str, pattern: str) -> str:
    """The ears of the package mishear a sentence now and then: it is said again, in another voice."""
    for voice in VOICES:
        microphone.say(text, voice)
        line = program.wait_for(pattern, 12.0)
        if line:
            return line
    pytest.fail(f"'{text}' was never answered with '{pattern}'; the program said: {program.seen}")


@pytest.fixture
def program(tmp_path: Path, microphone: VirtualMicrophone) -> Iterator[Program]:
    for path in (TINY_WHISPER, SPOTTER):
        if not path.exists():
            pytest.skip(f"{path.name} is not here: coach ears train makes it")
    program = Program(tmp_path, microphone, "off")
    assert program.wait_for("speech: .*synthetic English", READY_S), program.seen
    yield program
    program.end()


def test_a_spoken_correction_changes_what_the_robot_does_and_is_a_row_in_the_memory(
    program: Program, microphone: VirtualMicrophone, tmp_path: Path
):
    thing = make_layout(SEED).objects[0].name
    program.type(f"put the {thing} in the sink")
    assert program.wait_for(f"thought: .*{thing}.* goes in the sink", 60.0), program.seen
    say_until(program, microphone, "no, put it in the drying rack", "robot: Thank you.*drying rack")
    assert program.wait_for(f"thought: .*{thing}.* goes in the drying rack", 60.0), program.seen
    say_until(program, microphone, "stop", "robot: .*stopped")
    program.end()
    with sqlite3.connect(tmp_path / "memory.db") as db:
        words, should = db.execute("SELECT words, thought_should FROM corrections ORDER BY number DESC").fetchone()
        wav, model = db.execute("SELECT wav, model FROM recordings").fetchone()
        kinds = [kind for (kind,) in db.execute("SELECT kind FROM interventions ORDER BY wall_s")]
    assert "drying rack" in words.lower() and "goes in the drying rack" in should
    assert wav[:4] == b"RIFF" and len(wav) > 20_000 and model == "embedded"
    assert "correction" in kinds and "stop" in kinds
