"""The same loop on stdin and stdout: a line in is an utterance, the robot's sentences and thoughts come out as lines.

robot: All right, I will put the red cup in the sink.
thought: pick up the red cup · the red cup is on the counter and goes in the sink
event: done: put the red cup in the sink
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO

from coach.session.replies import Reply
from coach.session.system import System
from robot_bridge.protocol.messages import Event, Message, Status, ThoughtEvent
from robot_bridge.protocol.thought import Thought

if TYPE_CHECKING:
    from coach.config import Config

WAKE_S = 30.0  # how long lines wait for a bridge that is still starting
DRAIN_S = 30.0


class Printer:
    """Prints whole lines, from any thread, each thought once."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._lock = threading.Lock()
        self._last_thought = ""
        self.status: Status | None = None
        self.awake = threading.Event()

    def line(self, prefix: str, text: str) -> None:
        with self._lock:
            print(f"{prefix}: {' '.join(text.split())}", file=self._out, flush=True)

    def deliver(self, message: Message) -> None:
        match message:
            case Status():
                self.status = message
                if message.policy_ok:
                    self.awake.set()
            case ThoughtEvent():
                self._thought(message.thought)
            case Event():
                self.line("event", message.text)

    def answered(self, reply: Reply) -> None:
        if reply.said:
            self.line("robot", reply.said)

    def _thought(self, thought: Thought) -> None:
        text = f"{thought.subtask} · {thought.reason}" if thought.reason else thought.subtask
        if text != self._last_thought:
            self._last_thought = text
            self.line("thought", text)


def run_headless(config: Config, lines: Iterable[str] = sys.stdin, out: TextIO = sys.stdout) -> int:
    """Until the end of the input, then until what was asked for is done or a person is needed.

    Raises: CoachError: the memory or an address cannot be used.
    """
    printer = Printer(out)
    system = System.open(config, printer.deliver, printer.answered)
    try:
        first = True
        for line in lines:
            if first:
                _wait_until_awake(printer)
                first = False
            system.submit(line.rstrip("\r\n"))
        system.drain(DRAIN_S)
    finally:
        system.close()
    return 0


def _wait_until_awake(printer: Printer) -> None:
    """The first line of a script may come before the arms are there."""
    if not printer.awake.wait(0.3):
        printer.line("event", "the arms are still waking up")
        printer.awake.wait(WAKE_S)
    time.sleep(0)
