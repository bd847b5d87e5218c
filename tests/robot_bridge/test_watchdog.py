"""Silence makes the arms hold, and holding for long sends them home once."""

import pytest

from robot_bridge.watchdog import Watchdog


def watchdog(seen_s: float = 100.0) -> Watchdog:
    return Watchdog(coach_deadline_s=2.0, park_after_s=10.0, coach_seen_s=seen_s)


def test_alarm_is_raised_when_the_coach_is_silent_while_running():
    dog = watchdog()
    assert dog.check(101.9, "running", False) == ""
    assert dog.check(102.1, "running", False) == "coach_silent"
    dog.coach_seen_s = 102.2
    assert dog.check(102.3, "running", False) == ""


@pytest.mark.parametrize("state", ["idle", "holding", "takeover", "stopped", "fault"])
def test_nothing_is_raised_when_silent_arms_do_not_work(state):
    assert watchdog().check(200.0, state, False) == ""


@pytest.mark.parametrize("deadline_s", [0.0, -1.0, float("nan")])
def test_alarm_is_always_raised_when_the_deadline_is_none(deadline_s):
    assert Watchdog(deadline_s, 10.0, 100.0).check(100.001, "running", False) == "coach_silent"


def test_arms_go_home_once_when_they_hold_for_long():
    dog = watchdog()
    alarms = [dog.check(100.0 + t, "holding", True) for t in range(30)]
    assert alarms.count("park") == 1 and alarms[10] == "park"
    dog.check(131.0, "running", True)
    dog.coach_seen_s = 131.0
    assert [dog.check(131.0 + t, "holding", True) for t in range(1, 13)].count("park") == 1


@pytest.mark.parametrize(
    ("state", "may_park"), [("holding", False), ("stopped", True), ("fault", True), ("idle", True)]
)
def test_arms_stay_when_a_person_wants_them_still(state, may_park):
    dog = watchdog()
    assert {dog.check(100.0 + t, state, may_park) for t in range(60)} == {""}
