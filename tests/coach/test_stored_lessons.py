"""Lessons of the memory as training draws them: what a dish looked like when it was spoken about decides."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from coach.finetune.stored_lessons import StoredLessons
from memory.records import CorrectionDraft
from memory.store import Store
from robot_bridge.protocol.messages import Observation

WORDS = "clear the counter"
RACK, SINK = "drying rack", "sink"


def thought(place: str, colour: str = "red") -> str:
    return (f"reason: the {colour} plate is on the counter and goes in the {place}\n"
            f"subtask: pick up the {colour} plate\nhand: left\nwhere: base <loc0412><loc0632>")  # fmt: skip


def seen(time_s: float, dirty: bool) -> Observation:
    picture = np.full((24, 24, 3), 200 if dirty else 50, np.uint8)
    return Observation(sequence=int(10 * time_s), time_s=time_s, images={"base": picture},
                       state=np.zeros(38, np.float32))  # fmt: skip


def looks(picture: np.ndarray, name: str) -> float | None:
    return (float(picture.mean()) - 100) / 10 if name.endswith("plate") else None


@pytest.fixture
def store(tmp_path: Path):
    """A clean plate that went in the rack, and one that got dirty a moment before it was sent to the sink."""
    with Store.open(tmp_path / "memory.db") as store:
        for number, (place, before, after) in enumerate(((RACK, False, False), (SINK, False, True))):
            at = 100.0 * (number + 1)
            frames = [seen(at - 1.5, before), seen(at - 0.4, after), seen(at + 0.5, after)]
            store.add_correction(CorrectionDraft(
                id=f"c{number}", words=f"no, the {place}", thought_was=thought("dishwasher"),
                thought_should=thought(place), thought_final=thought(place), instruction_was=WORDS,
                instruction_now=WORDS, embodiment="kitchen",
                time_s=at, observation_sequence=int(10 * at)), frames)  # fmt: skip
        store.flush()
        yield store


def test_plate_that_was_clean_a_moment_before_is_no_lesson_on_dirty_ones(store: Store) -> None:
    drawn = list(islice(StoredLessons(store, "kitchen", looks).draws([0]), 60))
    places = {(RACK if RACK in one.thought else SINK, looks(one.pictures["base"], "red plate") > 0) for one in drawn}
    assert places == {(RACK, False), (SINK, True)}
    blind = list(islice(StoredLessons(store, "kitchen").draws([0]), 60))
    assert any(SINK in one.thought and looks(one.pictures["base"], "red plate") < 0 for one in blind)


def test_base_data_is_put_right_by_what_the_plate_looks_like(store: Store) -> None:
    lessons, wrong = StoredLessons(store, "kitchen", looks), thought("dishwasher", "white")
    assert lessons.corrected(WORDS, wrong, lambda: True) == thought(SINK, "white")
    assert lessons.corrected(WORDS, wrong, lambda: False) == thought(RACK, "white")
    assert lessons.corrected(WORDS, wrong, lambda: None) is None
    assert StoredLessons(store, "kitchen").corrected(WORDS, wrong, lambda: True) is None, "without eyes they disagree"
