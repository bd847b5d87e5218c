"""The kitchen as arms: the conformance suite, and what only this one can do."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from arms_conformance import ArmsConformance

from robot_bridge.arms import make_arms
from robot_bridge.arms.kitchen.driver import KitchenArms
from robot_bridge.protocol.errors import ConfigError, UsageError


@pytest.fixture(scope="module")
def connected() -> Iterator[KitchenArms]:
    arms = KitchenArms(seed=3)
    arms.connect()
    yield arms
    arms.close()


@pytest.fixture
def arms(connected: KitchenArms) -> KitchenArms:
    connected.reset(3)
    return connected


class TestKitchenArms(ArmsConformance):
    def make(self) -> KitchenArms:
        return KitchenArms(seed=3)


def test_arms_are_made_by_name_when_known() -> None:
    assert make_arms("kitchen", 1, "contact").name == "kitchen"


@pytest.mark.parametrize(
    ("name", "grasp", "allowed"), [("kitchn", "sticky", "kitchen"), ("kitchen", "glue", "contact")]
)
def test_choices_are_named_when_a_name_is_unknown(name: str, grasp: str, allowed: str) -> None:
    with pytest.raises(ConfigError, match=allowed):
        make_arms(name, 1, grasp)


@pytest.mark.parametrize("hand", ["left", "right", ""])
def test_hand_moves_by_the_offset_when_nudged(arms: KitchenArms, hand: str) -> None:
    offset = np.array([0.03, 0.02, -0.04])
    moved = hand or "right"
    before = {side: arms.kitchen.pinch(side) for side in ("left", "right")}
    target = arms.nudge(tuple(offset), hand)
    for _ in range(40):
        arms.command(target)
    other = "left" if moved == "right" else "right"
    np.testing.assert_allclose(arms.kitchen.pinch(moved) - before[moved], offset, atol=0.004)
    np.testing.assert_allclose(arms.kitchen.pinch(other), before[other], atol=0.002)


def test_holding_hand_is_nudged_when_none_is_named(arms: KitchenArms) -> None:
    arms.kitchen.give("left", arms.kitchen.objects()[0].name)
    target = arms.nudge((0.0, 0.0, 0.05))
    assert np.abs(target[:7] - arms.read()[:7]).max() > 0.01
    np.testing.assert_array_equal(target[7:], arms.read()[7:])


@pytest.mark.parametrize("offset", [(float("nan"), 0, 0), (0.1, 0.1)])
def test_nudge_is_refused_when_the_offset_is_none(arms: KitchenArms, offset: tuple) -> None:
    with pytest.raises(UsageError, match="three finite numbers"):
        arms.nudge(offset, "left")


@pytest.mark.parametrize("damage", [b"", b"not a snapshot", None])
def test_scene_is_kept_when_a_snapshot_is_damaged(arms: KitchenArms, damage: bytes | None) -> None:
    names, before = [t.name for t in arms.kitchen.objects()], arms.read()
    with pytest.raises(UsageError, match="not a snapshot"):
        arms.restore(arms.snapshot()[:-200] if damage is None else damage)
    assert [t.name for t in arms.kitchen.objects()] == names
    np.testing.assert_array_equal(arms.read(), before)


def test_objects_and_grip_come_back_when_restored_into_another_kitchen(arms: KitchenArms) -> None:
    name = arms.kitchen.objects()[0].name
    arms.kitchen.give("right", name)
    kept, places = arms.snapshot(), {t.name: t.place for t in arms.kitchen.objects()}
    other = KitchenArms(seed=99)
    other.connect()
    other.restore(kept)
    assert {t.name: t.place for t in other.kitchen.objects()} == places and other.kitchen.held_by("right") == name
    other.close()


@pytest.mark.parametrize("hand", ["left", "right"])
@pytest.mark.parametrize("way", [(0.1, 0, 0), (0, 0.1, 0), (0, 0, -0.1), (-0.07, 0.07, 0)])
def test_hand_goes_straight_and_keeps_its_pose_when_jogged(arms: KitchenArms, hand: str, way: tuple) -> None:
    start, target = arms.kitchen.pinch(hand), arms.read()
    others = target.copy()
    for _ in range(50):  # one second
        target = arms.jog(hand, target, np.array([*way, 0.0]), 0.02)
    own = slice(0, 7) if hand == "left" else slice(7, 14)
    others[own] = target[own]
    np.testing.assert_array_equal(target, others)
    arms.kitchen.pose_arms(target)
    np.testing.assert_allclose(arms.kitchen.pinch(hand) - start, way, atol=0.006)
    fingers = arms.kitchen.data.site(f"{hand}/pinch").xmat.reshape(3, 3)
    assert abs(fingers[2]).max() > 0.98, "it no longer points down"


def test_nothing_moves_by_itself_when_a_jog_is_only_asked_about(arms: KitchenArms) -> None:
    before = arms.read()
    arms.jog("left", before, np.array([0.2, 0.0, 0.0, 1.0]), 0.5)
    np.testing.assert_array_equal(arms.read(), before)


def test_hand_stays_above_the_floor_when_jogged_down_for_long(arms: KitchenArms) -> None:
    target = arms.read()
    for _ in range(300):
        target = arms.jog("left", target, np.array([0.0, 0.0, -0.25, 0.0]), 0.02)
    arms.kitchen.pose_arms(target)
    assert arms.kitchen.pinch("left")[2] > -0.07


@pytest.mark.parametrize("velocity", [(float("nan"), 0, 0, 0), (0.1, 0.1)])
def test_jog_is_refused_when_the_velocity_is_none(arms: KitchenArms, velocity: tuple) -> None:
    with pytest.raises(UsageError, match="four finite numbers"):
        arms.jog("left", arms.read(), np.array(velocity), 0.02)
