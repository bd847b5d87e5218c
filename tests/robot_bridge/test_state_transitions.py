"""Every state under everything that can be said or happen: what follows is written down here once more, by hand.

`-` means refused, with nothing changed. A word or a trigger that the table of the bridge gains fails here until it
stands in this one too; the drawing in `states.py` shows each way from one state to another.
"""

from __future__ import annotations

import re
import typing

import pytest

import robot_bridge.states
from robot_bridge.protocol.errors import UsageError
from robot_bridge.protocol.messages import BridgeState, InterventionKind
from robot_bridge.states import TRANSITIONS, StateMachine

STATES = typing.get_args(BridgeState)
BY_ITSELF = ("hold", "recover", "finish", "fault", "heal")
EVERYTHING = (*typing.get_args(InterventionKind), *BY_ITSELF)

# The columns are the states that it is said or happens in.
EXPECTED = """
            idle      running   holding   takeover  stopped   fault
stop        stopped   stopped   stopped   stopped   stopped   fault
pause       holding   holding   holding   holding   stopped   fault
resume      -         running   running   running   running   -
undo        -         running   running   takeover  -         -
restart     running   running   running   takeover  -         -
task        running   running   running   takeover  running   -
correction  running   running   running   takeover  stopped   -
nudge       idle      running   holding   takeover  -         -
takeover    takeover  takeover  takeover  takeover  -         -
release     -         -         -         running   -         -
praise      idle      running   holding   takeover  stopped   fault
reset       idle      -         idle      -         stopped   fault
hold        idle      holding   holding   takeover  stopped   fault
recover     idle      running   running   takeover  stopped   fault
finish      idle      idle      idle      takeover  stopped   fault
fault       fault     fault     fault     fault     stopped   fault
heal        idle      holding   holding   holding   stopped   holding
"""


def expected() -> dict[tuple[str, str], str]:
    head, *rows = (line.split() for line in EXPECTED.strip().splitlines())
    return {(state, row[0]): to for row in rows for state, to in zip(head, row[1:], strict=True)}


WAYS = expected()
ARROWS = re.findall(r"^    (\w+) ─+ (.*) ──▶ (\w+)$", robot_bridge.states.__doc__ or "", re.MULTILINE)


def test_every_pair_of_state_and_word_or_trigger_is_written_down():
    assert set(WAYS) == {(state, trigger) for state in STATES for trigger in EVERYTHING}
    assert {trigger for row in TRANSITIONS.values() for trigger in row} <= set(EVERYTHING)


@pytest.mark.parametrize(("state", "trigger"), sorted(WAYS))
def test_what_follows_is_as_written_down(state, trigger):
    machine, to = StateMachine(state), WAYS[state, trigger]
    if to == "-":
        with pytest.raises(UsageError) as refused:
            machine.apply(trigger)
        assert machine.state == state and refused.value.allowed and refused.value.next_step
    else:
        assert machine.apply(trigger) == machine.state == to


@pytest.mark.parametrize("word", ["resume", "task"])
def test_stopped_is_not_left_when_the_arms_have_failed_meanwhile(word):
    machine = StateMachine("running")
    for trigger in ("stop", "fault"):
        machine.apply(trigger)
    with pytest.raises(UsageError, match="the arms do not answer") as refused:
        machine.apply(word)
    assert machine.state == "stopped" and word not in refused.value.allowed and "cable" in refused.value.next_step
    machine.apply("correction")
    assert machine.apply("heal") == "stopped"
    assert machine.apply(word) == "running"


def test_drawing_shows_each_way_from_one_state_to_another():
    drawn = {(a, b) for a, _, b in ARROWS}
    every = {(state, to) for (state, _), to in WAYS.items() if to not in (state, "-")}
    assert drawn == every


def test_drawing_names_what_leads_there():
    for a, words, b in ARROWS:
        leading = {trigger for (state, trigger), to in WAYS.items() if (state, to) == (a, b)}
        assert {word.strip() for word in words.split(",")} == leading, (a, b)
