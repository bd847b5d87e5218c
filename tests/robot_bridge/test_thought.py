"""The grammar of a thought."""

import pytest

from robot_bridge.protocol.errors import ProtocolError
from robot_bridge.protocol.messages import Context, Going
from robot_bridge.protocol.messages.to_policy import PATIENCE
from robot_bridge.protocol.thought import Thought, Where

TEXT = "reason: the red cup is on the counter\nsubtask: pick up the red cup\nhand: left\nwhere: base <loc0412><loc0633>"


def test_text_survives_when_parsed_and_written_again():
    assert str(Thought.parse(TEXT)) == TEXT


def test_point_stays_in_its_bin_when_written_and_read():
    point = Where(camera="base", x=0.62, y=0.4)
    read = Where.parse(str(point))
    assert abs(read.x - point.x) < 1 / 1024 and abs(read.y - point.y) < 1 / 1024


def test_point_is_clamped_when_outside_the_picture():
    assert str(Where(camera="base", x=1.2, y=-0.1)) == "base <loc0000><loc1023>"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "reason: only",
        "subtask: a\nsubtask: b",
        "subtask a",
        "subtask: a\nwhere: base 1 2",
        "feeling: fine\nsubtask: a",
    ],
)
def test_protocol_error_when_the_text_is_no_thought(text: str):
    with pytest.raises(ProtocolError):
        Thought.parse(text)


def test_done_and_ask_are_recognised():
    assert Thought(subtask="done").is_done and Thought(subtask="ask which cup").is_question


@pytest.mark.parametrize(
    ("reason", "errand"),
    [
        ("the red cup is on the counter and goes in the sink", "put the red cup in the sink"),
        ("nothing is in the left hand, the red cup is in the bin and goes in the drying rack",
         "put the red cup in the drying rack"),
        ("the red cup is in the left hand and goes in the sink", "put the red cup in the sink"),
        ("the red cup is on the counter and goes in the hand", "pick up the red cup"),
        ("the red cup is in the sink", ""),
        ("the counter is clear", ""),
        ("there is no red cup in sight", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_errand_is_what_the_reason_is_about(reason: str, errand: str):
    assert Thought(reason=reason, subtask="any").errand == errand


def test_words_for_the_next_thought_tell_what_is_under_way():
    context = Context(instruction="clear the counter", notes=("cups go in the bin",))
    picking = Thought(reason="the red cup is on the counter and goes in the bin", subtask="pick up the red cup")
    then = context.after(picking)
    assert (then.doing, then.going.errand, then.notes) == (
        "pick up the red cup",
        "put the red cup in the bin",
        context.notes,
    )
    assert then.after(Thought(reason="there is no red cup in sight", subtask="ask for help")) == then
    assert then.after(Thought(reason="the counter is clear", subtask="done")).going == Going()


def test_what_takes_too_long_is_left_for_later():
    cup = Thought(reason="the red cup is on the counter and goes in the bin", subtask="pick up the red cup")
    plate = Thought(reason="the blue plate is on the counter and goes in the sink", subtask="pick up the blue plate")
    going = Going()
    for _ in range(PATIENCE):
        going = going.after(cup)
        assert going.errand == "put the red cup in the bin" and going.aside == ()
    going = going.after(cup)
    assert (going.errand, going.aside) == ("", ("red cup",))
    assert going.after(plate).aside == ("red cup",) and going.after(plate).lasting == 0
    assert going.after(Thought(reason="the counter is clear", subtask="done")) == Going(), "the next chore begins anew"


def test_what_did_not_come_off_is_forgotten_when_it_is_put_away_and_remembered_when_it_fails_again():
    cup = Thought(reason="the red cup is on the counter and goes in the bin", subtask="pick up the red cup")
    plate = Thought(reason="the blue plate is on the counter and goes in the sink", subtask="pick up the blue plate")
    going = Going(errand=cup.errand, aside=("red cup",))
    assert going.after(plate, "put the red cup in the bin").aside == ()
    assert going.after(plate, "pick up the red cup").aside == ("red cup",)
    for _ in range(PATIENCE):
        going = going.after(cup)
    assert (going.aside, going.twice) == (("red cup",), ("red cup",))
    assert going.after(plate, "put the red cup in the bin").twice == ()
