"""Names of things in thoughts whose instruction names none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from policy.model.scene import CELLS, SceneHead, Sight
from policy.model.second_look import SecondLook

NAMES = ("red cup", "red bowl", "blue cup")
PICK = (
    "reason: the {0} is on the counter and goes in the sink\nsubtask: pick up the {1}\nhand: left\n"
    "where: base <loc0512><loc0512>"
)
HELD = (
    "reason: the {0} is in the left hand and goes in the sink\nsubtask: put the {1} in the sink\nhand: left\n"
    "where: base <loc0100><loc0100>"
)
Look = Callable[[str, str], str]


def second_look(*presence: float) -> SecondLook:
    """A second look at a picture in which every place holds these."""
    head = SceneHead(8, len(NAMES))
    head.chances = lambda tokens: torch.tensor([presence]).expand(len(tokens), -1)  # type: ignore[method-assign]
    return SecondLook(Sight(head, NAMES, np.zeros(14)))


def look_at(*presence: float) -> Look:
    look, tokens = second_look(*presence), torch.zeros(16, 8)
    return lambda text, doing: look.opening(text, doing, tokens)


@pytest.mark.parametrize(
    ("text", "doing", "presence", "opening"),
    [
        pytest.param(PICK.format("red cup", "red cup"), "", (0.9, 0.1, 0.0), "", id="seen as said"),
        pytest.param(PICK.format("red bowl", "red bowl"), "", (0.9, 0.1, 0.0), "reason: the red cup",
                     id="seen otherwise"),
        pytest.param(PICK.format("red bowl", "red bowl"), "", (0.9, 0.8, 0.0), "", id="could be either"),
        pytest.param(PICK.format("red bowl", "red bowl"), "", (0.6, 0.0, 0.0), "", id="hardly seen"),
        pytest.param(PICK.format("red bowl", "red bowl"), "pick up the red cup", (0.3, 0.9, 0.0), "reason: the red cup",
                     id="a hand hides what is being picked up"),
        pytest.param(PICK.format("red cup", "red cup"), "pick up the red cup", (0.1, 0.99, 0.0), "reason: the red bowl",
                     id="it was never a cup"),
        pytest.param(PICK.format("red cup", "red cup"), "put the blue cup in the sink", (0.1, 0.9, 0.0),
                     "reason: the red bowl", id="the next thing is seen in the open"),
        pytest.param(HELD.format("red bowl", "red bowl"), "pick up the red cup", (0.0, 1.0, 0.0), "reason: the red cup",
                     id="what is held keeps its name"),
        pytest.param(HELD.format("red cup", "red cup"), "put the red cup in the sink", (0.0, 1.0, 0.0), "",
                     id="held as before"),
        pytest.param(HELD.format("red bowl", "red bowl"), "", (0.0, 0.0, 0.0), "", id="nothing known of before"),
        pytest.param("reason: nothing is in the left hand, " + PICK.format("red bowl", "red bowl")[8:], "",
                     (0.9, 0.1, 0.0), "reason: nothing is in the left hand, the red cup", id="after a miss"),
        pytest.param("reason: the counter is clear\nsubtask: done", "put the red cup in the sink", (1.0, 0.0, 0.0), "",
                     id="a thought about nothing"),
    ],
)  # fmt: skip
def test_right_name_is_found_when_a_thought_has_another(
    text: str, doing: str, presence: tuple[float, ...], opening: str
) -> None:
    assert look_at(*presence)(text, doing) == opening


def test_subtask_is_about_the_thing_of_the_reason_when_they_differ() -> None:
    text = PICK.format("red cup", "red bowl")
    assert look_at(0.9, 0.1, 0.0)(text, "") == text[: text.index("red bowl")] + "red cup"


def test_no_second_look_is_needed_when_the_instruction_names_the_thing() -> None:
    look = SecondLook(Sight(SceneHead(8, len(NAMES)), NAMES, np.zeros(14)))
    assert look.needed("clear the counter")
    assert not look.needed("put the red cup in the sink")


@pytest.mark.parametrize(
    ("doing", "presence", "opening"),
    [
        pytest.param("put the blue cup in the sink", (0.98, 0.0, 0.0), "reason: the red cup", id="one is left"),
        pytest.param("put the red cup in the sink", (0.98, 0.0, 0.0), "", id="it was just put away"),
        pytest.param("", (0.9, 0.0, 0.0), "", id="hardly seen"),
    ],
)
def test_work_goes_on_when_something_is_left_where_the_pointer_points(
    doing: str, presence: tuple[float, ...], opening: str
) -> None:
    look, tokens = second_look(*presence), torch.zeros(16, 8)
    done = "reason: the counter is clear\nsubtask: done"
    assert look.opening(done, doing, tokens, (0.5, 0.5)) == opening
    assert look.opening(done, doing, tokens) == "", "without a pointer nothing is known"


def test_thing_of_a_thought_is_told_and_whether_it_waits() -> None:
    look = second_look(0.9, 0.99, 0.3)
    assert look.thing_of(PICK.format("red cup", "red cup")) == "red cup" and look.thing_of("subtask: done") == ""
    assert look.waits(PICK.format("red cup", "red cup")) and not look.waits(HELD.format("red cup", "red cup"))


def counter_and_sink() -> Sight:
    """In a picture of 2 × 2 patches a red cup and a sponge stand on the right, a red bowl on the left, in the sink."""
    head = SceneHead(8, 3)
    out = torch.zeros(4, 3, 4)
    out[..., 0] = -9.0
    out[3, 0, 0], out[0, 1, 0], out[1, 2, 0] = 2.0, 9.0, 3.0
    head._all = lambda tokens: out  # type: ignore[method-assign]
    head.counter[:, CELLS // 2 :] = 1.0
    return Sight(head, ("red cup", "red bowl", "blue sponge"), np.zeros(14))


@pytest.mark.parametrize(
    ("instruction", "standing"),
    [
        ("clear the counter", ["blue sponge", "red cup"]),
        ("wash up the dishes", ["red cup"]),
        ("put the sponges in the sink", ["blue sponge"]),
    ],
)
def test_what_stands_on_the_counter_is_told_when_the_chore_is_about_it(instruction: str, standing: list[str]) -> None:
    assert SecondLook(counter_and_sink()).standing(torch.zeros(4, 8), instruction) == standing


def test_nothing_is_known_to_stand_there_when_a_checkpoint_has_no_map() -> None:
    sight = counter_and_sink()
    weights = {name: tensor for name, tensor in sight.head.state_dict().items() if name != "counter"}
    sight.head.load_state_dict(weights)
    assert sight.standing(torch.zeros(4, 8), "clear the counter") == []
