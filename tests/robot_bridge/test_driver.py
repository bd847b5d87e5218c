"""A driver that is late, hangs or reports nonsense is a fault, and its account says all that helps."""

import re
import threading
import time

import numpy as np
import pytest
from fake_arms import MemoryArms, small_body

from robot_bridge.driver import ArmsFault, Driver
from robot_bridge.faults import Account, LastCommand


class Hanging(MemoryArms):
    """Their driver hangs in `command` while `gate` is closed."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.gate = threading.Event()
        self.gate.set()

    def command(self, target: np.ndarray) -> None:
        self.gate.wait()
        super().command(target)


class Unnamed(MemoryArms):
    """Arms that say nothing about how late they may be."""

    @property
    def late_after_ticks(self) -> int:
        raise AttributeError

    @late_after_ticks.setter
    def late_after_ticks(self, ticks: int) -> None:
        """Ignored: the dataclass sets its default."""


def test_late_driver_is_a_fault_by_default():
    arms = Unnamed(slow_s=0.05)
    driver = Driver(arms, arms.embodiment, arms.embodiment.home)
    driver.read()
    with pytest.raises(ArmsFault, match=r"their driver took 5\d ms where a tick has 20 ms"):
        driver.command(arms.embodiment.home)


def test_slow_simulator_is_no_fault_but_a_hanging_one_is(monkeypatch):
    arms = MemoryArms(slow_s=0.05)
    driver = Driver(arms, arms.embodiment, arms.embodiment.home)
    driver.read()
    driver.command(arms.embodiment.home)
    monkeypatch.setattr("robot_bridge.driver.HANG_S", 0.03)
    with pytest.raises(ArmsFault):
        driver.command(arms.embodiment.home)


@pytest.mark.parametrize(
    ("joints", "words"), [(np.zeros(2), r"\[2\] numbers instead of 3"), (np.array([0, np.nan, 0]), "not a number")]
)
def test_nonsense_is_a_fault_when_it_is_reported(joints, words):
    arms = MemoryArms()
    driver = Driver(arms, arms.embodiment, arms.embodiment.home)
    arms._joints = joints.astype(np.float32)
    with pytest.raises(ArmsFault, match=words):
        driver.read()


def test_fault_is_told_while_the_driver_still_hangs_and_the_arms_wait_for_a_person_afterwards(start_rig):
    rig = start_rig(Hanging(late_after_ticks=2))
    rig.task()
    rig.until_moving()
    rig.arms.gate.clear()
    hung_s = time.monotonic()
    event = rig.until_event("fault")
    assert time.monotonic() - hung_s < 0.5
    assert "has not come back" in event.text
    rig.until_state("fault")
    rig.arms.gate.set()
    rig.until_event("fault_cleared")
    rig.until_state("holding")
    assert rig.codes().count("fault") == 1
    rig.say("resume")
    rig.until_moving()


def test_account_says_what_when_the_last_command_and_what_to_do(start_rig, caplog):
    rig = start_rig()
    rig.task()
    rig.until_moving()
    rig.arms.broken = True
    event = rig.until_event("fault")
    pattern = (
        r"the arms failed: no cable, at \d\d:\d\d:\d\d\.\d{3}; last command \d\d:\d\d:\d\d\.\d{3}: "
        r"(shoulder|elbow) to -?\d\.\d\d rad, .*; check their power and cable; .*until you say resume"
    )
    assert re.fullmatch(pattern, event.text), event.text
    assert set(event.data["last_command"]) == {"shoulder", "elbow", "gripper"}
    assert event.data["wall_s"] == pytest.approx(time.time(), abs=5)
    assert any("fault: the arms failed: no cable" in r.message and "in full" in r.message for r in caplog.records)
    rig.arms.broken = False


def test_last_command_names_what_moved_most_first():
    body = small_body()
    before, target = np.array([0, 0, 0.05], np.float32), np.array([0.01, -0.2, 0.05], np.float32)
    assert "elbow to -0.20 rad, shoulder to 0.01 rad" in LastCommand(1.0, target, before).words(body)
    assert LastCommand(1.0, before, before).words(body).endswith("hold still")
    assert "nothing had been commanded yet" in str(Account.of("x", LastCommand(0.0, before, before), body))
