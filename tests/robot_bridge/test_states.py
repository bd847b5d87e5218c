"""Every state allows what the table says and refuses the rest in a sentence."""

import typing

import pytest

from robot_bridge.protocol.errors import UsageError
from robot_bridge.protocol.messages import BridgeState, InterventionKind
from robot_bridge.states import TRANSITIONS, StateMachine

KINDS = typing.get_args(InterventionKind)
STATES = typing.get_args(BridgeState)


def test_table_covers_every_state():
    assert set(TRANSITIONS) == set(STATES)
    assert all(set(row.values()) <= set(STATES) for row in TRANSITIONS.values())


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_word_either_leads_somewhere_or_is_refused_when_said(state, kind):
    machine = StateMachine(state)
    if kind in TRANSITIONS[state]:
        assert machine.apply(kind) == TRANSITIONS[state][kind] == machine.state
    else:
        with pytest.raises(UsageError) as refused:
            machine.apply(kind)
        assert machine.state == state
        assert refused.value.what and refused.value.allowed and refused.value.next_step


@pytest.mark.parametrize("state", STATES)
def test_stop_always_ends_in_stillness_when_said(state):
    assert StateMachine(state).apply("stop") == ("fault" if state == "fault" else "stopped")


def test_only_resume_and_task_leave_when_stopped():
    leaving = {trigger for trigger, state in TRANSITIONS["stopped"].items() if state != "stopped"}
    assert leaving == {"resume", "task"}


@pytest.mark.parametrize("trigger", ["recover", "hold", "finish", "heal", "fault"])
def test_nothing_that_happens_by_itself_starts_motion_when_stopped(trigger):
    assert StateMachine("stopped").apply(trigger) == "stopped"


def test_arms_wait_for_a_person_when_they_answer_again():
    assert StateMachine("fault").apply("heal") == "holding"


@pytest.mark.parametrize("state", ["running", "takeover", "fault"])
def test_reset_does_not_touch_moving_arms_when_said(state):
    if state == "fault":
        assert StateMachine(state).apply("reset") == "fault"
    else:
        with pytest.raises(UsageError, match="cannot reset now"):
            StateMachine(state).apply("reset")
