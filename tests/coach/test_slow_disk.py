"""A disk that stands still delays nobody: who listens goes on, what is lost is counted and told."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from waiting import until

from coach.config import Config
from coach.session import backlog
from coach.session.backlog import Backlog
from coach.session.episodes import Episodes
from coach.session.recorder import Recorder
from memory.store import Store
from robot_bridge.protocol.messages import Message, Observation, Status, ThoughtEvent
from robot_bridge.protocol.thought import Thought

RUNNING = Status(time_s=0.0, state="running", embodiment="kitchen", arms="kitchen", policy_ok=True, task_id="T",
                 instruction="clear the counter")  # fmt: skip


def seen(number: int) -> Observation:
    return Observation(sequence=number, time_s=number / 10, state=np.zeros(38, np.float32),
                       images={"base": np.zeros((8, 8, 3), np.uint8)})  # fmt: skip


def thought(number: int) -> ThoughtEvent:
    return ThoughtEvent(time_s=number / 10, task_id="T", observation_sequence=number,
                        thought=Thought(subtask="pick up the red cup"))  # fmt: skip


class Line:
    """The subscription, fed by a test."""

    def __init__(self) -> None:
        self.messages: queue.Queue[Message] = queue.Queue()

    def poll(self, timeout_s: float) -> Message | None:
        try:
            return self.messages.get(timeout=timeout_s)
        except queue.Empty:
            return None

    def close(self) -> None:
        pass


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "memory.db") as opened:
        yield opened


def test_listener_goes_on_and_the_person_is_told_once_when_the_disk_stands_still(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "ROOM", 20)
    monkeypatch.setattr(backlog, "MOST", 30)
    line, delivered, told = Line(), list[Message](), list[str]()
    recorder = Recorder(store, Episodes(Config(home=tmp_path), store), lambda: line, delivered.append,
                        lambda event, status: None, tell=told.append)  # fmt: skip
    line.messages.put(RUNNING)
    until(lambda: len(store.episodes()) == 1 and not len(recorder._backlog))
    held, free = threading.Event(), threading.Event()

    def hold() -> None:
        with store.reading():
            held.set()
            free.wait(30)

    threading.Thread(target=hold, daemon=True).start()
    assert held.wait(5)
    for number in range(60):
        line.messages.put(thought(number))
    for number in range(60):
        line.messages.put(seen(number))
    until(lambda: len(delivered) == 121, 2.0)  # a put that waits takes a second each
    assert len(told) == 1 and "the disk is too slow" in told[0] and "lessons are kept" in told[0]
    free.set()
    until(lambda: store.lost_frames == 60)
    line.messages.put(seen(61))
    until(lambda: len(store.frames(1)) == 1)
    assert 29 <= len(store.thoughts(1)) <= 31 and recorder._backlog.lost_others == 60 - len(store.thoughts(1))
    recorder.close()
    assert store.lost_frames == 60 and len(told) == 1


def test_person_is_told_again_when_another_outage_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog, "ROOM", 2)
    told: list[int] = []
    waiting = Backlog(lambda: told.append(1))
    for outage in (1, 2):
        for number in range(5):
            waiting.put(seen(number))
        waiting.put(RUNNING)
        waiting.put(thought(9))
        assert (len(waiting), len(told), waiting.lost_frames, waiting.lost_others) == (3, outage, 3 * outage, 0)
        for _ in range(3):
            assert waiting.get(0.0) is not None  # nobody ever waits in vain while the cameras run


def test_frames_that_the_store_gave_up_are_counted_too(store: Store, tmp_path: Path) -> None:
    store._writer.dropped = 5
    recorder = Recorder(store, Episodes(Config(home=tmp_path), store), Line, lambda message: None,
                        lambda event, status: None)  # fmt: skip
    until(lambda: store.lost_frames == 5)
    recorder.close()
    assert store.lost_frames == 5
