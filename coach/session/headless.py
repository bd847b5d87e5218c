"""The same loop on stdin and stdout: a line in is an utterance; the robot's sentences and thoughts come out as lines.

heard: put the red cup in the sink            (with the microphone)
robot: All right, I will put the red cup in the sink.
thought: pick up the red cup · the red cup is on the counter and goes in the sink
robot: Done: put the red cup in the sink. What is next?
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TextIO

from coach.session.replies import Reply
from coach.session.system import System
from robot_bridge.protocol.errors import CoachError
from robot_bridge.protocol.messages import Message, Status, ThoughtEvent
from robot_bridge.protocol.thought import Thought

if TYPE_CHECKING:
    from coach.config import Config

WAKE_S = 120.0  # how long the first line waits for a bridge and a policy that are still starting
PATIENCE_S = 0.5
DRAIN_S = 30.0
FINISH_S = 600.0  # how long the end of the input waits for the work in hand
LOOK_S = 0.2
NOTICES_S = 0.5


class Printer:
    """Prints whole lines, from any thread, each thought once."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._lock = threading.Lock()
        self._last_thought = ""
        self.awake = threading.Event()
        self.aloud: Callable[[str], None] = lambda text: None

    def line(self, prefix: str, text: str) -> None:
        with self._lock:
            print(f"{prefix}: {' '.join(text.split())}", file=self._out, flush=True)

    def deliver(self, message: Message) -> None:
        if isinstance(message, Status) and message.policy_ok:
            self.awake.set()
        elif isinstance(message, ThoughtEvent):
            self._thought(message.thought)

    def answered(self, reply: Reply) -> None:
        if reply.said:
            self.line("robot", reply.said)
            self.aloud(reply.said)

    def _thought(self, thought: Thought) -> None:
        text = f"{thought.subtask} · {thought.reason}" if thought.reason else thought.subtask
        if text != self._last_thought:
            self._last_thought = text
            self.line("thought", text)


def run_headless(config: Config, lines: Iterable[str] | None = None, out: TextIO | None = None,
                 microphone: bool = False, stay: bool = False, again: bool = False) -> int:  # fmt: skip
    """Until the end of the input and of the work in hand; with the microphone, or to stay, until it is interrupted.

    Args:
        again: it was killed in between, and what was asked for before is in hand.
    Returns:
        The exit status: 1 where the work in hand came to no end.

    Raises: CoachError: the memory or an address cannot be used.
    """
    printer = Printer(sys.stdout if out is None else out)
    system = System.open(config, printer.deliver, printer.answered)
    left = False
    typed, ended = sys.stdin if lines is None else lines, threading.Event()
    threading.Thread(target=_tell_restarts, args=(system, ended), name="notices", daemon=True).start()
    try:
        if microphone:
            from coach.session.headless_ears import listening, wait_for_the_end

            with listening(config, system, printer.line) as speech:
                printer.aloud = speech.say
                _take_lines(system, printer, typed)
                wait_for_the_end()
            return 0
        heard = _take_lines(system, printer, typed)
        if stay:
            from coach.session.headless_ears import wait_for_the_end

            wait_for_the_end()
            return 0
        system.drain(DRAIN_S)
        status = _wait_until_finished(system) if heard or again else 0
        left = True
        return status
    finally:
        ended.set()
        system.close(left)


def _tell_restarts(system: System, ended: threading.Event) -> None:
    """Say that a process died and comes back, where nobody has said so yet."""
    while not ended.wait(NOTICES_S):
        with contextlib.suppress(CoachError):  # a disk that fails must not silence the robot
            for restart in system.restarts():
                if not restart.told:
                    print(f"coach: {restart.text}", file=sys.stderr, flush=True)


def _take_lines(system: System, printer: Printer, lines: Iterable[str]) -> int:
    """How many there were."""
    number = 0
    for number, line in enumerate(lines, start=1):
        if number == 1:
            _wait_until_awake(printer)
        system.submit(line.rstrip("\r\n"))
    return number


def _wait_until_awake(printer: Printer) -> None:
    """The first line of a script may come before the arms are there."""
    if not printer.awake.wait(PATIENCE_S):
        print("coach: the arms are still waking up", file=sys.stderr, flush=True)
        if not printer.awake.wait(WAKE_S):
            print(f"coach: nothing answers within {WAKE_S:.0f} s; it goes on all the same", file=sys.stderr, flush=True)


def _wait_until_finished(system: System) -> int:
    """What was asked for is done first; holding arms wait for a person, who has gone."""
    until = time.monotonic() + FINISH_S
    try:
        idle = 0
        while idle < 2 and time.monotonic() < until:  # between two tasks of a queue it is idle for a moment
            idle = 0 if system.at_work else idle + 1
            time.sleep(LOOK_S)
            system.drain(DRAIN_S)
        unfinished = f"not finished: {system.unfinished}" if system.unfinished else ""
    except CoachError as error:  # the bridge is gone, and so is the work
        unfinished = str(error)
    if unfinished:
        print(f"coach: {unfinished}", file=sys.stderr, flush=True)
    return 1 if unfinished else 0
