"""The program under blows: `coach run --headless` in a process of its own, and who is who in it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import zmq

from coach.bench.home import free_addresses
from robot_bridge.client import BridgeClient, EventSubscriber
from robot_bridge.policy_link import PolicyLink
from robot_bridge.protocol.errors import CoachError
from robot_bridge.protocol.messages import Event, Status

SEED = 10_000_035
GIVE_UP_S = 240.0
NAMES = {"--ui-only": "ui", "bridge": "bridge", "policy": "policy"}  # of what a process was started with


class Program:
    """`coach run --headless`, its lines, and what its bridge publishes."""

    def __init__(self, home: Path) -> None:
        self.home = home
        addresses = dict(zip(("policy", "bridge", "events"), free_addresses(3), strict=True))
        (home / "config.yaml").write_text("".join(f"{name}_address: {at}\n" for name, at in addresses.items()))
        command = [sys.executable, "-m", "coach", "run", "--headless", "--home", str(home), "--seed", str(SEED)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        stderr=subprocess.STDOUT, start_new_session=True)  # fmt: skip
        self.told: list[str] = []
        self.events: list[Event] = []
        self.status: Status | None = None
        self._policy = addresses["policy"]
        self.client = BridgeClient(addresses["bridge"])
        self._ears = EventSubscriber(addresses["events"], ["Status", "Event"])
        for run in (self._read, self._listen):
            threading.Thread(target=run, daemon=True).start()

    def say(self, text: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def answer(self, text: str, deadline_s: float = GIVE_UP_S) -> str:
        """What the robot says to these words; empty if it says nothing in time."""
        known = len(self.told)
        self.say(text)
        until_s = time.monotonic() + deadline_s
        while time.monotonic() < until_s:
            for line in self.told[known:]:
                if line.startswith("robot:"):
                    return line
            time.sleep(0.005)
        return ""

    def healthy(self) -> bool:
        """Bridge and policy server answer, and the bridge knows it."""
        context = zmq.Context()
        link = PolicyLink(context, self._policy, share=False)
        try:
            link.health(0.5, lambda: False)
            return self.client.status(0.5).policy_ok
        except CoachError:
            return False
        finally:
            link.close()
            context.term()

    def pids(self) -> dict[str, int]:
        """The processes that live now; `policy` is the one that serves, `policy parent` the one that forks it."""
        found: dict[str, int] = {}
        for child in _children(self.process.pid):
            words = Path(f"/proc/{child}/cmdline").read_text().split("\0")
            name = next((name for flag, name in NAMES.items() if flag in words), "")
            if name:
                found[f"{name} parent"] = child
                for forked in _children(child):
                    found[name] = forked
        if "policy" not in found:  # its parent was killed: it serves on until the next one is ready
            found |= self._left_behind()
        return found

    def _left_behind(self) -> dict[str, int]:
        for mark in self.home.glob("run/policy-*.json"):
            server = int(json.loads(mark.read_text())["server"])
            if Path(f"/proc/{server}").exists():
                return {"policy": server}
        return {}

    def close(self) -> None:
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(20)
        self.client.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.told.append(line.rstrip("\n"))

    def _listen(self) -> None:
        while self.process.poll() is None:
            message = self._ears.poll(0.2)
            if isinstance(message, Event):
                self.events.append(message)
            elif isinstance(message, Status):
                self.status = message


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
