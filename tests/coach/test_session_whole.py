"""The session with the real bridge and the real policy server: arms in memory, a model of a few lines."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from waiting import until

from coach.config import Config
from coach.session import sight
from coach.session.replies import Reply
from coach.session.system import System
from memory.store import Store
from policy.server import serve as serve_policy
from robot_bridge.config import BridgeConfig
from robot_bridge.protocol.embodiment import load_embodiment
from robot_bridge.protocol.messages import Context, Message, Observation, Status
from robot_bridge.protocol.thought import Thought
from robot_bridge.server import serve as serve_bridge


class MemoryArms:
    """Arms that are where they were last told to be."""

    name = "memory"

    def __init__(self) -> None:
        self.embodiment = load_embodiment("kitchen")
        self._joints = self.embodiment.home

    def connect(self) -> None:
        """They always are."""

    def read(self) -> np.ndarray:
        return self._joints.copy()

    def command(self, target: np.ndarray) -> None:
        self._joints = target

    def pictures(self) -> dict[str, np.ndarray]:
        return {camera.name: np.zeros((8, 8, 3), np.uint8) for camera in self.embodiment.cameras}

    def reset(self, seed: int) -> None:
        self._joints = self.embodiment.home

    def close(self) -> None:
        """Nothing is open."""


class SmallPolicy:
    """Thinks what the instruction says, goes on from forced text, waves the left waist.

    While the arms rest, it knows that there is no bottle; while they move, it is told of one and believes it.
    """

    checkpoint, device, parameters = "small", "cpu", 1
    rest = load_embodiment("kitchen").home

    def think(self, observation: Observation, context: Context, forced: str = "",
              on_token: Callable[[int, str], None] | None = None) -> tuple[Thought, int]:  # fmt: skip
        thing, _, place = context.instruction.removeprefix("put the ").partition(" in the ")
        whole = (
            f"reason: the {thing} is on the counter and goes in the {place}\nsubtask: pick up the {thing}\nhand: left"
        )
        if "bottle" in thing and not forced and np.allclose(observation.state[: len(self.rest)], self.rest, atol=0.05):
            whole = f"reason: there is no {thing} in sight\nsubtask: ask for help"
        rest = whole.removeprefix(forced).split(" ")
        for index, piece in enumerate(rest):
            if on_token is not None:
                on_token(index, piece)
        return Thought.parse(whole), len(rest)

    def act(self, observation: Observation, context: Context, thought: Thought) -> tuple[np.ndarray, float]:
        actions = np.repeat(observation.state[None], 10, axis=0).astype(np.float32)
        actions[:, 0] += np.linspace(0.0, 0.1, 10, dtype=np.float32)
        return actions, 0.1


@dataclass
class Whole:
    system: System
    config: Config
    delivered: list[Message] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)

    @property
    def status(self) -> Status | None:
        return next((m for m in reversed(self.delivered) if isinstance(m, Status)), None)

    def until(self, true: Callable[[], bool]) -> None:
        until(true, told=lambda: self.status)

    def say(self, text: str) -> Reply:
        count = len(self.replies)
        self.system.submit(text)
        self.until(lambda: len(self.replies) > count)
        return self.replies[count]


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    stop, addresses, listening = threading.Event(), {}, threading.Event()
    policy_up = threading.Event()

    def policy_ready(where: str) -> None:
        addresses["policy_address"] = where
        policy_up.set()

    def bridge_ready(requests: str, events: str) -> None:
        addresses.update(bridge_address=requests, events_address=events)
        listening.set()

    any_port = "tcp://127.0.0.1:*"
    threads = [threading.Thread(target=lambda: serve_policy(SmallPolicy(), any_port, stop, ready=policy_ready))]
    threads[0].start()
    assert policy_up.wait(10)
    settings = BridgeConfig(any_port, any_port, addresses["policy_address"])
    threads.append(threading.Thread(target=lambda: serve_bridge(settings, MemoryArms(), stop, bridge_ready)))
    threads[1].start()
    assert listening.wait(10)
    config = Config(home=tmp_path, **addresses)
    delivered: list[Message] = []
    replies: list[Reply] = []
    system = System.open(config, delivered.append, replies.append)
    yield Whole(system, config, delivered, replies)
    system.close()
    stop.set()
    for thread in threads:
        thread.join(10)


def test_a_task_is_corrected_stopped_and_remembered_when_all_parts_are_real(whole: Whole) -> None:
    whole.until(lambda: whole.status is not None and whole.status.policy_ok)
    task = whole.say("put the red cup in the sink")
    whole.until(lambda: bool(whole.status and whole.status.thought and "in the sink" in whole.status.thought.reason))
    whole.until(lambda: len(whole.system._frames_around()) >= 3)
    lesson = whole.say("no, put it in the drying rack")
    whole.until(lambda: bool(whole.status and whole.status.thought and "drying rack" in whole.status.thought.reason))
    whole.until(lambda: bool(whole.system.corrections()[0].thought_final))
    assert "drying rack" in whole.say("what are you doing, and why?").said
    assert "stopped" in whole.say("stop").said
    whole.until(lambda: whole.status is not None and whole.status.state == "stopped")
    assert "sink" in whole.say("resume").said or "drying rack" in whole.replies[-1].said
    whole.until(lambda: whole.status is not None and whole.status.state == "running")
    whole.system.close()
    with Store.open(whole.config.memory_path) as store:
        kept = store.correction(lesson.correction_id)
        assert "goes in the sink" in kept.thought_was and "goes in the drying rack" in kept.thought_final
        assert store.correction_frames(kept.id)
        episode = store.episodes()[0]
        assert episode.task_id == task.task_id and episode.frames > 0
        assert store.thoughts(episode.id) and store.actions(episode.id)


def test_second_terminal_watches_may_stop_and_coaches_once_it_asks(whole: Whole, tmp_path: Path) -> None:
    whole.until(lambda: whole.status is not None and whole.status.policy_ok)
    whole.say("put the red cup in the sink")
    other = Config(home=tmp_path / "other", person="ben", policy_address=whole.config.policy_address,
                   bridge_address=whole.config.bridge_address, events_address=whole.config.events_address)  # fmt: skip
    heard: list[Message] = []
    said: list[Reply] = []
    ben = Whole(System.open(other, heard.append, said.append), other, heard, said)
    try:
        watching = ben.say("put the red cup in the bin")
        assert not watching.ok and "person coaches the robot now" in watching.said and "let me coach" in watching.said
        assert "stopped" in ben.say("stop").said
        ben.until(lambda: ben.status is not None and ben.status.state == "stopped")
        ben.system.submit("let me coach")
        ben.until(lambda: any("You coach me now" in reply.said for reply in said))
        whole.until(lambda: any("en coaches the robot now" in reply.said for reply in whole.replies))
        ben.system.submit("put the red cup in the bin")
        ben.until(lambda: ben.status is not None and ben.status.instruction == "put the red cup in the bin")
    finally:
        ben.system.close()


def test_thing_that_is_not_there_is_told_and_not_learnt_until_the_person_insists(
    whole: Whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sight, "LOOK_S", 10.0)  # a busy machine is slow
    whole.until(lambda: whole.status is not None and whole.status.policy_ok)
    whole.say("put the red cup in the sink")
    whole.until(lambda: bool(whole.status and whole.status.thought and "red cup" in whole.status.thought.reason))
    whole.until(lambda: whole.system._store.episodes()[0].frames > 3)
    refused = whole.say("no, put the white bottle in the bin")
    assert refused.said == ("There is no white bottle in sight, so I hold still. "
                            "Name another thing, or say it again once it is there.")  # fmt: skip
    assert not refused.ok and whole.system.corrections() == []
    whole.until(lambda: whole.status is not None and whole.status.state == "holding")
    other = whole.say("no, put the blue plate in the bin")
    assert other.correction_id and "blue plate" in other.said, "what is there is not doubted"
    insisted = whole.say("no, put the white bottle in the bin")
    assert insisted.correction_id and "white bottle in the bin" in insisted.said
    whole.until(lambda: whole.status is not None and whole.status.state == "running")


def test_task_about_what_is_not_there_is_not_begun_in_the_middle_of_another(
    whole: Whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sight, "LOOK_S", 10.0)
    whole.until(lambda: whole.status is not None and whole.status.policy_ok)
    first = whole.say("put the red cup in the sink")
    whole.until(lambda: bool(whole.status and whole.status.thought and "red cup" in whole.status.thought.reason))
    whole.until(lambda: whole.system._store.episodes()[0].frames > 3)
    refused = whole.say("put the white bottle in the bin")
    assert not refused.ok and "There is no white bottle in sight" in refused.said
    whole.until(lambda: whole.status is not None and whole.status.state == "holding")
    assert whole.status is not None and whole.status.task_id == first.task_id
    seen = whole.say("put the blue plate in the bin")
    assert seen.ok and seen.task_id != first.task_id, "what is there is not doubted"
