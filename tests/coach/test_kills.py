"""kill -9 at any moment of a conversation: what the robot has answered to is kept, and the next terminal goes on."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bridge_stand_in import StandIn
from killing import Mortal
from test_session_system import observed

from memory.store import Store

FEW, MANY = 12, 300
LONGEST_S = 0.5  # from a terminal's first answer, or from its start, to its death


def talk_and_die(terminals: Mortal, home: Path, bridge: StandIn, dice: random.Random) -> list[dict[str, Any]]:
    """Let a terminal talk, or only start, and kill it. Returns what was answered."""
    terminals.live(f"{home} {bridge.address} {bridge.events_address}")
    told = [terminals.next("told")] if dice.random() < 0.8 else []  # else it dies while it starts
    time.sleep(dice.uniform(0, LONGEST_S))
    return [json.loads(line) for line in [*told, *terminals.kill()]]


@pytest.fixture
def bridge() -> Iterator[StandIn]:
    """At work for ever, with pictures."""
    stand_in = StandIn()
    stand_in.work_on()
    over = threading.Event()

    def film() -> None:
        number = 0
        while not over.wait(0.05):
            number += 1
            stand_in.publish(observed(number % 200))

    filming = threading.Thread(target=film, daemon=True)
    filming.start()
    yield stand_in
    over.set()
    filming.join(5)
    stand_in.close()


def kill_again_and_again(tmp_path: Path, bridge: StandIn, kills: int, seed: int) -> None:
    terminals, dice = Mortal(Path(__file__).with_name("crash_session.py")), random.Random(seed)
    answered: list[dict[str, Any]] = []
    try:
        for number in range(kills):
            answered += talk_and_die(terminals, tmp_path, bridge, dice)
            bridge.work_on()
            if number % 10 == 0 or number == kills - 1:
                check(tmp_path, answered, bridge)
    finally:
        terminals.close()
    assert len(answered) >= kills / 2


def check(home: Path, answered: list[dict[str, Any]], bridge: StandIn) -> None:
    """All that was answered to is in the memory, whole; and what was taught reached the arms."""
    with Store.open(home / "memory.db") as store:
        store.check()
        lessons = {lesson.id: lesson for lesson in store.corrections(limit=1_000_000)}
        facts = {rule.text for rule in store.rules.holding()}
        said = {utterance.text for utterance in store.conversation(1_000_000)}
        found = len(store.search_corrections("no OR bit OR higher OR pick", limit=1_000_000))
        assert found <= len(lessons)
    sent = {intervention.id for intervention in bridge.interventions}
    for answer in answered:
        assert answer["words"] in said and answer["said"] in said
        if answer["correction"]:
            assert lessons[answer["correction"]].words == answer["words"] and answer["correction"] in sent
        if answer["words"].startswith("remember"):
            assert answer["words"] in facts, answer


def test_nothing_that_was_answered_is_lost_when_the_terminal_is_killed(tmp_path: Path, bridge: StandIn) -> None:
    kill_again_and_again(tmp_path, bridge, FEW, seed=11)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_nothing_that_was_answered_is_lost_in_hundreds_of_kills(tmp_path: Path, bridge: StandIn) -> None:
    kill_again_and_again(tmp_path, bridge, MANY, seed=12)
