"""What is learnt from the thoughts after a correction: the way, and that it is over only where it was."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from coach.finetune.aftermath import aftermath
from coach.finetune.stored_lessons import StoredLessons
from memory.records import CorrectionDraft, Outcome
from memory.store import Store
from robot_bridge.protocol.messages import Event, Intervention, Observation, ThoughtEvent
from robot_bridge.protocol.thought import Thought

WORDS, RACK = "clear the counter", "in the drying rack"


class Played:
    """An episode as the store would hold it."""

    def __init__(self, store: Store) -> None:
        self.store, self.number = store, store.begin_episode("t", WORDS, "h", "c", "kitchen", "ann")

    def see(self, *times_s: float) -> None:
        for time_s in times_s:
            self.store.add_frame(self.number, Observation(sequence=int(10 * time_s), time_s=time_s,
                                 state=np.zeros(38, np.float32),
                                 images={"base": np.zeros((24, 24, 3), np.uint8)}))  # fmt: skip
        self.store.flush()

    def think(self, time_s: float, reason: str, subtask: str, cause: str = "") -> None:
        self.store.add_thought(self.number, ThoughtEvent(time_s=time_s, task_id="t", cause=cause,
                               observation_sequence=int(10 * time_s),
                               thought=Thought(reason=reason, subtask=subtask)))  # fmt: skip

    def put(self, time_s: float, thing: str, place: str, cause: str = "") -> None:
        self.think(time_s, f"the {thing} is in the right hand and goes {place}", f"put the {thing} {place}", cause)

    def pick_up(self, time_s: float, thing: str, place: str) -> None:
        self.think(time_s, f"the {thing} is on the counter and goes {place}", f"pick up the {thing}")

    def tell(self, time_s: float, thing: str, place: str, outcome: Outcome = "followed", name: str = "") -> None:
        lesson = name or f"{thing} {place}"
        self.store.add_correction(CorrectionDraft(
            id=lesson, words="no", episode_id=self.number, time_s=time_s, observation_sequence=int(10 * time_s),
            instruction_was=WORDS, instruction_now=WORDS, embodiment="kitchen",
            thought_should=f"reason: the {thing} is on the counter and goes {place}\n"))  # fmt: skip
        self.store.set_outcome(lesson, outcome)

    def act(self, kind: str, known: bool = True) -> None:
        self.store.add_intervention(Intervention(id=kind, kind=kind), self.number if known else None)

    def end(self, outcome: str = "done", **things: str) -> None:
        seen = {name.replace("_", " "): {"place": place} for name, place in things.items()}
        self.store.add_event(self.number, Event(time_s=99.0, level="info", code="task_done", text="done",
                                                task_id="t", data={"things": seen}))  # fmt: skip
        self.store.end_episode(self.number, outcome)

    def over(self) -> set[tuple[float, str]]:
        """When it is taught that which errand is over."""
        found = [one for after in aftermath(self.store, "kitchen").values() for one in after]
        return {(one.time_s, one.instruction) for one in found if one.instruction != WORDS}


@pytest.fixture
def played(tmp_path: Path):
    """A red cup is to go in the rack, and goes there; then a blue one is on its way there."""
    with Store.open(tmp_path / "memory.db") as store:
        played = Played(store)
        played.tell(2.0, "red cup", RACK)
        played.put(4.0, "red cup", RACK)
        played.pick_up(6.0, "green bowl", "in the sink")
        played.pick_up(9.0, "blue cup", RACK)
        played.put(12.0, "blue cup", RACK)
        yield played


RED, BLUE = (6.0, f"put the red cup {RACK}"), (17.0, f"put the blue cup {RACK}")
PLATE = (17.0, "yellow plate", "in the dishwasher")


def test_errand_is_not_taught_as_done_when_new_words_came_while_it_was_in_the_hand(played: Played) -> None:
    played.tell(13.0, "blue cup", "in the bin")
    played.put(13.0, "blue cup", "in the bin", "blue cup in the bin")
    played.put(15.0, "blue cup", "in the bin")
    played.pick_up(*PLATE)
    played.end(blue_cup="bin", red_cup="drying rack")
    assert played.over() == {RED, (17.0, "put the blue cup in the bin")}


def test_nothing_of_a_lesson_is_taught_from_when_the_next_one_holds(played: Played) -> None:
    played.tell(13.0, "blue cup", "in the bin")
    [after] = aftermath(played.store, "kitchen").values()
    assert [one.time_s for one in after] == [4.0, 6.0, 6.0, 9.0], (
        "the way to the rack was what the next words were against"
    )


@pytest.mark.parametrize(("kind", "known"), [("stop", False), ("undo", True), ("takeover", True), ("task", True)])
def test_errand_is_not_taught_as_done_when_a_person_stepped_in(played: Played, kind: str, known: bool) -> None:
    played.act(kind, known)
    played.pick_up(*PLATE)
    played.end()
    assert played.over() == {RED}


def test_errand_is_not_taught_as_done_when_a_lesson_was_taken_back_in_between(played: Played) -> None:
    played.tell(13.0, "blue cup", "in the bin", "undone")
    played.pick_up(*PLATE)
    played.end()
    assert BLUE not in played.over()


def test_errand_is_taught_as_done_when_the_thing_was_seen_there_in_the_end(played: Played) -> None:
    played.act("praise")
    played.pick_up(*PLATE)
    played.end(blue_cup="drying rack")
    assert played.over() >= {RED, BLUE}


@pytest.mark.parametrize("place", ["floor", "sink"])
def test_errand_is_not_taught_as_done_when_the_thing_ended_elsewhere(played: Played, place: str) -> None:
    played.pick_up(*PLATE)
    played.end(blue_cup=place)
    assert played.over() == {RED}


def test_errand_is_not_taught_as_done_when_the_thing_was_dropped(played: Played) -> None:
    played.pick_up(*PLATE)
    played.think(19.0, "the blue cup is on the floor and goes in the sink", "pick up the blue cup")
    played.end(blue_cup="drying rack")
    assert played.over() == {RED}


def test_later_thought_tells_when_nothing_else_does(played: Played) -> None:
    played.pick_up(*PLATE)
    played.end("left")
    assert played.over() == {RED}, "of the red cup it is on record that the words were followed"
    played.think(18.0, f"the blue cup is {RACK} and goes in the sink", "pick up the blue cup")
    assert played.over() >= {RED, BLUE}


def test_long_aftermath_is_not_drawn_more_often_than_its_lesson(tmp_path: Path) -> None:
    with Store.open(tmp_path / "memory.db") as store:
        for thing, times in (("red cup", 30), ("blue bowl", 1)):
            played = Played(store)
            played.see(*(float(t) for t in range(40)))
            played.tell(2.0, thing, RACK)
            for number in range(times):
                played.put(4.0 + number, thing, RACK)
            played.end()
        drawn = Counter("cup" in one.thought for one in islice(StoredLessons(store, "kitchen").draws([0]), 1000))
        assert 450 < drawn[True] < 550


def test_repeated_lesson_does_not_drown_the_rare_one_in_what_came_after(tmp_path: Path) -> None:
    with Store.open(tmp_path / "memory.db") as store:
        for number in range(10):
            played, thing = Played(store), "blue bowl" if number == 9 else "red cup"
            played.see(*(float(t) for t in range(6)))
            played.tell(2.0, thing, RACK, name=f"lesson {number}")
            played.put(4.0, thing, RACK)
            played.end()
        after = [
            one
            for one in islice(StoredLessons(store, "kitchen").draws([0]), 2000)
            if "in the right hand" in one.thought
        ]
        rare = sum("bowl" in one.thought for one in after) / len(after)
        assert 0.2 < rare < 0.3, "one against √9"
