"""`make soak`: the whole program at work on the simulated kitchen, while its processes are killed and frozen.

A person's lines go in, tasks and corrections; now and then one process is killed with -9 or frozen for some seconds (to
its peers that is a cut cable). After each the system has to come back by itself, say so, and go on. What is checked:

    lost      a lesson that the robot said it has kept, and that is not in the memory afterwards
    still     milliseconds from the end of the policy or terminal to the first target without speed; the bar is a tick
    back      seconds until what was killed answers again, and somebody has said so; the bar is three

A bar is told as met or MISSED. The exit status is 1 where something was lost or did not come back at all.

First the tests of single faults run: lines that are cut, delayed, doubled and mixed up, clocks that jump, disks that
are slow or full, a GPU without memory, peers of another version, two coaches.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from blows import BACK_S, FOLLOWED, Blow, summary
from program import GIVE_UP_S, SEED, Program

from coach.bench.report import commit, machine
from memory.store import Store
from robot_bridge.arms.kitchen.layout import make_layout

ROOT = Path(__file__).parents[2]
FAULT_TESTS = ("tests/robot_bridge/test_bridge_faults.py", "tests/robot_bridge/test_bridge_lost.py",
               "tests/robot_bridge/test_floor.py", "tests/robot_bridge/test_driver.py",
               "tests/policy/test_server_flood.py", "tests/memory/test_durability.py", "tests/coach/test_routines.py",
               "tests/coach/test_routines_half_year.py")  # fmt: skip
FROZEN_S = 4.0
MOST_DEATHS_A_MINUTE = 4  # the program gives a process up that dies more often
KEPT = "I have kept that lesson"
RESTING = ("idle", "holding", "stopped")


@dataclass
class Soak:
    """Args: minutes, kills: whichever is reached first ends it."""

    program: Program
    minutes: float
    kills: int
    chance: random.Random
    blows: list[Blow] = field(default_factory=list)
    kept: int = 0
    failures: list[str] = field(default_factory=list)

    def run(self) -> None:
        end_s = time.monotonic() + 60 * self.minutes
        things = [thing.name for thing in make_layout(SEED).objects]
        while time.monotonic() < end_s and len(self.blows) < self.kills:
            self._work(things)
            time.sleep(self.chance.uniform(0.3, 1.5))
            self._strike()
            if len(self.blows) % 10 == 0:
                print(f"{len(self.blows)} blows, {self.kept} lessons kept", file=sys.stderr, flush=True)

    def _work(self, things: list[str]) -> None:
        """A task in hand, and every other time a correction."""
        program = self.program
        state = program.client.status(5.0).state
        if state in RESTING:
            program.answer(f"put the {self.chance.choice(things)} in the sink")
        if self.chance.random() < 0.5:
            places = ("bin", "drying rack", "dishwasher", "sink")
            self.kept += KEPT in program.answer(f"no, put it in the {self.chance.choice(places)}")

    def _strike(self) -> None:
        program, pids = self.program, self.program.pids()
        deaths = Counter(blow.process for blow in self.blows if time.monotonic() - blow.at_s < 60)
        able = [name for name in pids if deaths[name] < MOST_DEATHS_A_MINUTE]
        if not able:  # everybody has died so often of late that the supervisor would give up: let them be for a while
            time.sleep(1.0)
            return
        weights = [1 if name.endswith("parent") else 20 for name in able]
        name = self.chance.choices(able, weights)[0]
        frozen = name == "policy" and self.chance.random() < 0.1
        moving = program.status is not None and program.status.state == "running"
        known_events, known_lines = len(program.events), len(program.told)
        blow = Blow(name, "frozen" if frozen else "killed", time.monotonic(), moving)
        self.blows.append(blow)
        if not frozen:
            blow.gone_ms = _kill(pids[name])
            # What is only about to die may still take a line that was meant for the next one.
            falls = [pids[name], *([pids["ui"]] if name == "ui parent" and "ui" in pids else [])]
            _until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in falls) or name not in program.pids(), 5)
        else:
            os.kill(pids[name], signal.SIGSTOP)
            time.sleep(FROZEN_S)
            os.kill(pids[name], signal.SIGCONT)
        from_s = time.monotonic() if frozen else blow.at_s
        back = self._ui_back if name.startswith("ui") else lambda: self._server_back(name, pids)
        if not _until(back, GIVE_UP_S):
            self.failures.append(f"{name} did not come back within {GIVE_UP_S:g} s")
            return
        blow.back_s = time.monotonic() - from_s
        _until(lambda: self._said(blow, known_events, known_lines), max(0.0, BACK_S - blow.back_s))
        self._judge(blow, known_events, known_lines)

    def _ui_back(self) -> bool:
        return bool(self.program.answer("what are you doing?", 15.0))

    def _server_back(self, name: str, before: dict[str, int]) -> bool:
        now = self.program.pids()
        alive = name in now and "policy" in now and "bridge" in now
        return alive and self.program.healthy()

    def _judge(self, blow: Blow, known_events: int, known_lines: int) -> None:
        """Whether somebody said so, and when the arms stood still."""
        events = self.program.events[known_events:]
        still = [e.data["since_s"] + e.data["after_ms"] / 1e3 for e in events if e.code == "still"]
        if blow.process in FOLLOWED and blow.gone_ms is not None and still:
            blow.still_ms = max(0.0, (still[0] - blow.at_s) * 1e3 - blow.gone_ms)
        blow.said = self._said(blow, known_events, known_lines)

    def _said(self, blow: Blow, known_events: int, known_lines: int) -> bool:
        name = blow.process.split()[0]
        events = self.program.events[known_events:]
        spoken = [*self.program.told[known_lines:], *(event.text for event in events)]
        sign = rf"the {name} process died|connection to the policy|policy .*answer|bridge has started"
        return any(re.search(sign, line) for line in spoken)


def _kill(pid: int) -> float:
    """Kill -9; milliseconds until the process has ended, which takes as long as the system needs for its memory."""
    process = os.pidfd_open(pid)
    try:
        since_s = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        select.select([process], [], [], 5.0)
        return (time.monotonic() - since_s) * 1e3
    finally:
        os.close(process)


def _until(what: Callable[[], bool], deadline_s: float) -> bool:
    until_s = time.monotonic() + deadline_s
    while time.monotonic() < until_s:
        try:
            if what():
                return True
        except OSError:  # a process that is just going away
            pass
        time.sleep(0.01)
    return False


def _single_faults() -> dict:
    """The tests of single faults, each in words."""
    run = subprocess.run([sys.executable, "-m", "pytest", "-q", "-rA", *FAULT_TESTS], cwd=ROOT, capture_output=True,
                         text=True)  # fmt: skip
    results = re.findall(r"^(PASSED|FAILED|ERROR) \S+::(test_\S+)", run.stdout, re.MULTILINE)
    return {name.removeprefix("test_").replace("_", " "): result.lower() for result, name in results}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--kills", type=int, default=200, metavar="N", help="end after so many (default: 200)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, metavar="FILE")
    parser.add_argument("--no-tests", action="store_true", help="leave the tests of single faults out")
    args = parser.parse_args()
    faults = {} if args.no_tests else _single_faults()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # a soak that is called off leaves nothing running
    home = Path(tempfile.mkdtemp(prefix="coach-soak-"))
    program = Program(home)
    began_s = time.monotonic()
    try:
        if not _until(program.healthy, 180):
            raise SystemExit(f"the program did not start: {program.told[-5:]}")
        soak = Soak(program, args.minutes, args.kills, random.Random(args.seed))
        soak.run()
    finally:
        program.close()
    with Store.open(home / "memory.db") as store:
        kept = store.count_corrections()
    table = {"bench": "soak", "command": f"make soak SOAK_MINUTES={args.minutes:g}", "seed": args.seed,
             "machine": machine(), "commit": commit(), "seconds": round(time.monotonic() - began_s),
             **summary(soak.blows), "lessons_said_to_be_kept": soak.kept, "lessons_in_memory": kept,
             "lost": max(0, soak.kept - kept), "failures": soak.failures, "load_average": os.getloadavg(),
             "single_faults": faults}  # fmt: skip
    print(json.dumps(table, indent=1))
    for what, told in table["bars"].items():
        print(f"{told.split()[0]:>6}: {what} ({told})", file=sys.stderr)
    if args.out:
        args.out.write_text(json.dumps(table, indent=1) + "\n")
    shutil.rmtree(home, ignore_errors=True)
    return 1 if soak.failures or table["lost"] else 0


if __name__ == "__main__":
    sys.exit(main())
