"""What people taught, held against what the base data says."""

from coach.finetune.verdicts import Dirty, Taught, Verdicts
from policy.training.lessons import agreeing

TAUGHT = Taught(
    "clear the counter",
    "reason: the red plate is on the counter and goes in the bin\nsubtask: pick up the red plate",
)


def thought(name: str, place: str) -> str:
    return f"reason: the {name} is in the right hand and goes in the {place}\nsubtask: put the {name} in the {place}"


def test_base_data_is_contradicted_when_a_lesson_says_otherwise_of_the_same_job():
    verdicts = Verdicts([TAUGHT])
    assert verdicts.contradict("clear the counter", thought("blue plate", "dishwasher"))
    assert verdicts.contradict("tidy up", thought("blue plate", "dishwasher"))
    assert verdicts.contradict("tidy up\ncups go in the sink", thought("blue plate", "dishwasher"))


def test_base_data_stays_when_it_is_about_something_else_or_settles_the_place_itself():
    verdicts = Verdicts([TAUGHT])
    assert not verdicts.contradict("clear the counter", thought("blue plate", "bin"))
    assert not verdicts.contradict("clear the counter", thought("blue cup", "dishwasher"))
    assert not verdicts.contradict("wash up", thought("blue plate", "drying rack"))
    assert not verdicts.contradict("put the blue plate in the dishwasher", thought("blue plate", "dishwasher"))
    assert not verdicts.contradict("clear the counter\nplates go in the sink", thought("blue plate", "sink"))
    assert not verdicts.contradict("clear the counter", "reason: the counter is clear\nsubtask: done")


def test_lesson_settles_nothing_when_its_instruction_named_the_place():
    named = Taught("put the red plate in the bin", TAUGHT.thought)
    assert not Verdicts([named]).contradict("put the red plate in the bin", thought("red plate", "sink"))


class Told:
    def __len__(self) -> int:
        return 1

    def corrected(self, instruction: str, thought: str, dirty: Dirty) -> str | None:
        return Verdicts([TAUGHT]).corrected(instruction, thought, dirty)


def test_samples_that_agree_are_kept_when_lessons_are_mixed_in():
    words = ["clear the counter"] * 2
    thoughts = [thought("blue plate", "dishwasher"), thought("blue plate", "bin")]
    thoughts[0] = "reason: the blue plate is in the sink and goes in the dishwasher\nsubtask: pick up the blue plate"
    assert agreeing(words, thoughts, Told()) == ([1], thoughts[1:])
    assert agreeing(words, thoughts, None) == ([0, 1], thoughts)
    assert agreeing(words[:1], thoughts[:1], Told()) == ([0], thoughts[:1]), "a batch is never empty"


def waiting(name: str, place: str, hand: str) -> str:
    return (f"reason: the {name} is on the counter and goes in the {place}\nsubtask: pick up the {name}\n"
            f"hand: {hand}\nwhere: base <loc0412><loc0632>")  # fmt: skip


def test_thing_of_another_colour_that_waits_goes_where_the_lessons_had_its_kind_go():
    words = ["tidy up", "clear the counter\ncups go in the sink", "wash up"]
    thoughts = [waiting("white plate", "sink", "left"), waiting("blue plate", "dishwasher", "right"),
                waiting("blue plate", "sink", "left")]  # fmt: skip
    assert agreeing(words, thoughts, Told()) == ([0, 1, 2], [
        waiting("white plate", "bin", "right"), waiting("blue plate", "bin", "right"), thoughts[2]])  # fmt: skip


def test_of_a_held_thing_the_reason_is_put_right():
    right = "reason: the blue plate is in the right hand and goes in the bin\n"
    assert agreeing(["tidy up"], [thought("blue plate", "dishwasher")], Told()) == ([0], [right])


def test_nothing_is_put_right_where_the_lessons_disagree():
    verdicts = Verdicts([TAUGHT, Taught(TAUGHT.instruction, waiting("green plate", "drying rack", "left"))])
    assert verdicts.corrected("clear the counter", waiting("blue plate", "sink", "left")) is None
    rack = waiting("blue plate", "drying rack", "left")
    assert verdicts.corrected("clear the counter", rack) == rack


def test_dirt_decides_where_what_was_said_of_dirty_things_and_of_clean_ones_differs():
    rack, sink = waiting("green plate", "drying rack", "left"), waiting("green plate", "sink", "left")
    said = [Taught("clear the counter", thought, lambda dirty=dirty: dirty)
            for thought, dirty in ((rack, False), (sink, True), (rack, False), (rack, None))]  # fmt: skip
    verdicts = Verdicts(said)
    wrong = waiting("blue plate", "dishwasher", "right")
    for dirty, place in ((False, "drying rack"), (True, "sink")):
        assert verdicts.corrected("tidy up", wrong, lambda dirty=dirty: dirty) == waiting("blue plate", place, "left")
        assert verdicts.contradict("tidy up", rack, lambda dirty=dirty: dirty) == dirty
    assert verdicts.corrected("tidy up", wrong) is None, "nobody can tell"
    assert not verdicts.contradict("tidy up", rack) and not verdicts.contradict("tidy up", sink)


def test_single_slip_of_the_tongue_settles_nothing_among_lessons_that_agree():
    rack, sink = waiting("green plate", "drying rack", "left"), waiting("green plate", "sink", "left")
    verdicts = Verdicts([Taught("clear the counter", thought) for thought in (rack, rack, sink, rack)])
    assert verdicts.corrected("tidy up", waiting("blue plate", "sink", "left")) == waiting(
        "blue plate", "drying rack", "left"
    )


def test_lesson_on_a_dirty_cup_says_nothing_of_clean_ones_where_dirt_decides_about_plates():
    plates = [Taught("clear the counter", waiting("green plate", place, "left"), lambda dirty=dirty: dirty)
              for place, dirty in (("drying rack", False), ("sink", True))]  # fmt: skip
    cup = Taught("clear the counter", waiting("green cup", "sink", "left"), lambda: True)
    rack = waiting("red cup", "drying rack", "left")
    verdicts = Verdicts([*plates, cup])
    assert not verdicts.contradict("clear the counter", rack, lambda: False)
    assert not verdicts.contradict("clear the counter", rack), "nobody can tell"
    assert verdicts.corrected("clear the counter", rack, lambda: True) == waiting("red cup", "sink", "left")
    assert Verdicts([cup]).contradict("clear the counter", rack, lambda: False), "dirt decides about nothing"
