"""A session over a stand-in bridge, with a clock that jumps: for tests of what the robot does by itself."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bridge_stand_in import StandIn

from coach.config import Config
from coach.interpreter import interpret
from coach.session.session import Session
from coach.session.stop_line import StopLine
from memory.store import Store
from robot_bridge.client import BridgeClient

CUP = "put the red cup in the sink every day at 7"
IDLE = {"state": "idle", "task_id": "", "instruction": "", "thought": None}


@dataclass
class Bench:
    bridge: StandIn
    store: Store
    config: Config
    client: BridgeClient
    stop_line: StopLine
    session: Session = field(init=False)
    ahead_s: float = 0.0

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """The program ends and begins again; what it knows is in the memory."""
        self.session = Session(self.config, self.store, self.client, interpret, self.stop_line, clock=self.clock)

    def clock(self) -> float:
        return time.time() + self.ahead_s

    def say(self, *words: str) -> str:
        return [self.session.hear(text).said for text in words][-1]

    def wait(self, seconds: float) -> None:
        self.ahead_s += seconds

    def until_due(self) -> None:
        """The clock jumps to a second after the next run of the first routine."""
        routine = self.store.routines.active()[0]
        coming = self.session.due_runs._scheduler.upcoming(routine)
        assert coming is not None
        self.ahead_s = coming + 1 - time.time()

    def look(self) -> str:
        return self.session.look_at_routines().said

    def announce(self, wish: str = CUP) -> None:
        """A routine is agreed to, comes due, and is announced."""
        self.say(wish, "yes")
        self.until_due()
        assert "I begin in 20 seconds" in self.look()

    @property
    def states(self) -> list[str]:
        return [run.state for run in self.store.routines.runs()]

    @property
    def begun(self) -> list[str]:
        """The tasks that the bridge was sent."""
        return [sent.instruction for sent in self.bridge.interventions if sent.kind == "task"]


@contextlib.contextmanager
def open_bench(home: Path) -> Iterator[Bench]:
    bridge = StandIn()
    config = Config(home=home, bridge_address=bridge.address, events_address=bridge.events_address, person="Ada")
    client, stop_line = BridgeClient(bridge.address), StopLine(lambda: BridgeClient(bridge.address))
    try:
        with Store.open(config.memory_path) as store:
            yield Bench(bridge, store, config, client, stop_line)
    finally:
        stop_line.close()
        client.close()
        bridge.close()
