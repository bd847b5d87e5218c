"""The world itself: layouts, looks, holding, falling."""

from __future__ import annotations

import numpy as np
import pytest

from robot_bridge.arms.kitchen import ik
from robot_bridge.arms.kitchen.layout import CLEARANCE_M, Layout, LayoutObject, make_layout
from robot_bridge.arms.kitchen.objects import COLOURS, KINDS
from robot_bridge.arms.kitchen.places import PLACES, place_of
from robot_bridge.arms.kitchen.scene import CAMERAS, HANDS
from robot_bridge.arms.kitchen.world import Kitchen
from robot_bridge.protocol.errors import EmbodimentError, UsageError


def one(kind: str, colour: str = "red", dirty: bool = False, x: float = 0.0, y: float = 0.0) -> Layout:
    return Layout((LayoutObject(kind, colour, (x, y, 0.0), 0.0, dirty),))


def test_layout_is_the_same_when_the_seed_is() -> None:
    assert make_layout(7) == make_layout(7) and make_layout(7) != make_layout(8)


def test_objects_are_unique_apart_and_within_reach_when_drawn() -> None:
    for seed in range(200):
        things = make_layout(seed).objects
        assert 3 <= len(things) <= 6 and len({t.name for t in things}) == len(things)
        for i, thing in enumerate(things):
            spot = np.array(thing.position)
            assert all(ik.reachable(hand, np.array([*spot[:2], 0.16])) for hand in HANDS), thing
            for other in things[:i]:
                room = np.hypot(*(spot - other.position)[:2]) - KINDS[thing.kind].radius - KINDS[other.kind].radius
                assert room >= CLEARANCE_M


def test_every_kind_and_colour_turns_up_when_many_are_drawn() -> None:
    names = {thing.name for seed in range(200) for thing in make_layout(seed).objects}
    assert names == {f"{colour} {kind}" for colour in COLOURS for kind in KINDS}


@pytest.mark.parametrize(
    ("things", "word"),
    [([("fork", "red")], "plate"), ([("cup", "pink")], "yellow"), ([("cup", "red")] * 3, "at most 2")],
)
def test_layout_is_refused_when_it_cannot_be_built(things: list[tuple[str, str]], word: str) -> None:
    with pytest.raises(UsageError, match=word):
        Layout(tuple(LayoutObject(kind, colour, (0, 0, 0)) for kind, colour in things))


def test_objects_rest_when_a_layout_has_settled(kitchen: Kitchen) -> None:
    for seed in range(4):
        kitchen.reset(seed)
        before = {t.slot: t.position for t in kitchen.objects()}
        kitchen.step(kitchen.body.home, 1.0)
        for thing in kitchen.objects():
            assert thing.place == "counter" and thing.tilt < 0.02
            assert np.abs(thing.position - before[thing.slot]).max() < 0.002


def test_object_lies_on_the_floor_when_it_falls_off_the_counter(kitchen: Kitchen) -> None:
    kitchen.reset(one("sponge"))
    kitchen.move_object("red sponge", (0.75, 0.0, 0.0))
    kitchen.step(kitchen.body.home, 1.5)
    thing = kitchen.find("red sponge")
    assert thing.place == "floor" and -0.86 < thing.position[2] < -0.80


@pytest.mark.parametrize("place", PLACES)
def test_object_is_in_the_receptacle_when_dropped_there(kitchen: Kitchen, place: str) -> None:
    kitchen.reset(one("sponge"))
    kitchen.move_object("red sponge", (*PLACES[place].centre, PLACES[place].drop_z))
    kitchen.step(kitchen.body.home, 1.0)
    assert kitchen.find("red sponge").place == place == place_of(kitchen.find("red sponge").position)


def test_object_follows_and_falls_when_given_and_let_go(kitchen: Kitchen) -> None:
    kitchen.reset(one("cup", y=0.05))
    kitchen.give("left", "red cup")
    closed = kitchen.body.home
    closed[6], closed[0] = 0.0, 0.4
    kitchen.step(closed, 1.0)
    thing = kitchen.find("red cup")
    assert kitchen.held_by("left") == "red cup" and thing.place == "left hand" and thing.position[2] > 0.1
    assert np.hypot(*(thing.position - kitchen.pinch("left"))[:2]) < 0.01
    closed[6] = 0.048
    kitchen.step(closed, 0.2)
    kitchen.step(closed, 0.8)
    assert kitchen.held_by("left") is None and kitchen.find("red cup").position[2] < 0.06


@pytest.mark.parametrize("target", [np.zeros(13), np.full(14, np.nan), np.full(14, np.inf)])
def test_step_is_refused_when_the_target_is_no_position(kitchen: Kitchen, target: np.ndarray) -> None:
    with pytest.raises(EmbodimentError):
        kitchen.step(target)


def test_two_of_a_kind_keep_their_colours_when_both_are_there(kitchen: Kitchen) -> None:
    things = (LayoutObject("cup", "red", (-0.1, 0, 0)), LayoutObject("cup", "blue", (0.1, 0, 0)))
    kitchen.reset(Layout(things))
    assert kitchen.find("red cup").position[0] < 0 < kitchen.find("blue cup").position[0]
    with pytest.raises(UsageError, match="red cup, blue cup"):
        kitchen.find("green cup")


@pytest.mark.parametrize("hand", HANDS)
@pytest.mark.parametrize("roll", [-1.0, 0.0, 1.5])
def test_hand_is_where_it_was_sent_when_angles_are_solved(kitchen: Kitchen, hand: str, roll: float) -> None:
    point, pose = np.array([0.05, 0.06, 0.12]), kitchen.body.home
    at = 7 * HANDS.index(hand)
    pose[at : at + 6] = ik.solve(hand, point, roll)
    kitchen.pose_arms(pose)
    np.testing.assert_allclose(kitchen.pinch(hand), point, atol=1e-4)


# Pictures


def patch(kitchen: Kitchen, point: np.ndarray, half: int = 1) -> np.ndarray:
    """float[3], the mean colour of the base picture around a point of the world."""
    where = kitchen.project("base", point)
    row, column = int(where.y * 96), int(where.x * 96)
    return kitchen.render("base")[row - half : row + half + 1, column - half : column + half + 1].mean((0, 1))


@pytest.mark.render
def test_colours_differ_in_the_picture_when_objects_do(kitchen: Kitchen) -> None:
    seen = {}
    for colour in COLOURS:
        kitchen.reset(one("sponge", colour))
        seen[colour] = patch(kitchen, np.array([0, 0, 0.032]))
    kitchen.reset(one("sponge", x=0.15))
    seen["counter"] = patch(kitchen, np.array([0, 0, 0.0]))
    seen.update({name: patch(kitchen, np.array([*p.centre, p.floor_z])) for name, p in PLACES.items()})
    names = list(seen)
    for i, first in enumerate(names):
        for second in names[:i]:
            apart = np.abs(seen[first] - seen[second]).max()
            assert apart > (60 if {first, second} & set(COLOURS) else 15), (first, second, seen)


@pytest.mark.render
@pytest.mark.parametrize("kind", [k for k in KINDS if KINDS[k].dish])
def test_dirt_is_seen_when_a_dish_is_dirty_and_gone_when_washed(kitchen: Kitchen, kind: str) -> None:
    kitchen.reset(one(kind, "white", dirty=True))
    dirty = kitchen.render("base").astype(int)
    kitchen.set_dirty(f"white {kind}", False)
    clean = kitchen.render("base").astype(int)
    assert (np.abs(dirty - clean).max(-1) > 60).sum() >= 8, "stains must cover a few pixels"
    assert not kitchen.find(f"white {kind}").dirty


@pytest.mark.render
def test_receptacles_are_in_sight_when_the_arms_are_home(kitchen: Kitchen) -> None:
    for place in PLACES.values():
        for sx in (-1, 1):
            for sy in (-1, 1):
                corner = np.array([place.centre[0] + sx * place.half[0], place.centre[1] + sy * place.half[1], 0])
                where = kitchen.project("base", corner)
                assert 0.01 < where.x < 0.99 and 0.01 < where.y < 0.99, (place.name, where)


@pytest.mark.render
def test_choices_are_named_when_a_camera_is_unknown(kitchen: Kitchen) -> None:
    assert list(kitchen.render()) == list(CAMERAS)
    with pytest.raises(UsageError, match="left_wrist"):
        kitchen.render("ceiling")
