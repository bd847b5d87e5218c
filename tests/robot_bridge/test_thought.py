"""The grammar of a thought."""

import pytest

from robot_bridge.protocol.errors import ProtocolError
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
