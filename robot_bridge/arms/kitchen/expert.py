"""The scripted expert: makes demonstrations, and nothing else ever drives the robot with it.

It is a control law, not a script: the next target depends only on the joint state, the openings and the
object's pose, so that it recovers from any state and can be learned from what is seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robot_bridge.arms.kitchen import ik
from robot_bridge.arms.kitchen.objects import KINDS
from robot_bridge.arms.kitchen.places import PLACES
from robot_bridge.arms.kitchen.scene import HANDS
from robot_bridge.arms.kitchen.tasks import Step
from robot_bridge.arms.kitchen.world import Kitchen, ObjectState

STEP_S = 0.1
_JOINT_SPEED, _VERTICAL_SPEED, _FINGER_SPEED = 1.5, 0.26, 0.20  # rad/s, m/s, m/s as commanded; the arms lag a little
_HOVER_M = 0.10  # above the grasp
_LOW_Z = 0.15  # below this a hand rises before it travels
_CARRY_Z = 0.14  # of the underside of what is carried
_FAR_M, _NEAR_M, _AT_M = 0.030, 0.014, 0.010
_OPEN_M = 0.048
_FINGERS_M = 0.050  # from the pinch point to the outside of an opening finger
_UP = np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True)
class Grip:
    """Where to pinch: float[3] in m, the wrist's roll in rad, the opening on approach in m."""

    pinch: np.ndarray
    roll: float
    opening: float


def choose_grip(thing: ObjectState, hand: str) -> Grip:
    """Canonical: one grip per object pose and hand, no choice left to chance."""
    kind, centre = KINDS[thing.kind], thing.position.copy()
    waist = ik.azimuth(hand, centre)
    if thing.tilt > 0.6:  # lying on its side: across its axis, around the middle
        up = max(0.024 + thing.position[2] - kind.radius, thing.position[2])
        return Grip(np.array([*centre[:2], up]), ik.roll_for(waist, thing.yaw + np.pi / 2), _OPEN_M)
    pinch = centre + kind.grip_height * _UP
    if kind.rim:
        yaw = _rim_yaw(thing, waist)
        edge = kind.rim * np.array([np.cos(yaw), np.sin(yaw), 0.0])
        return Grip(pinch + edge, (waist - yaw + 0.6) % np.pi - 0.6, kind.opening)
    roll = ik.roll_for(waist, thing.yaw + np.pi / 2) if kind.box else 0.0
    return Grip(pinch, roll, kind.opening)


def _rim_yaw(thing: ObjectState, waist: float) -> float:
    """rad, world direction from a dish's middle to where its rim is pinched.

    On the counter that is towards the arm; in a receptacle along its longer side and inwards, where the fingers fit.
    """
    if thing.place not in PLACES:
        return waist - np.pi / 2
    place = PLACES[thing.place]
    axis = 0 if place.half[0] > place.half[1] else 1
    inward = place.centre[axis] - thing.position[axis]
    sign = -1.0 if abs(inward) < 0.02 else np.sign(inward)
    return float(np.arctan2(sign * axis, sign * (1 - axis)))


class Expert:
    """Targets for both arms, one per tenth of a second."""

    def __init__(self, kitchen: Kitchen) -> None:
        self._kitchen = kitchen
        self._home = kitchen.body.home.astype(np.float64)

    def target(self, step: Step) -> np.ndarray:
        """float32[14], where the joints should be in 0.1 s to get on with `step`."""
        out = np.zeros(14)
        for hand, part in zip(HANDS, (slice(0, 7), slice(7, 14)), strict=True):
            state = self._kitchen.state()[part].astype(np.float64)
            if hand != step.hand or step.action not in ("pick", "put"):
                out[part] = self._go_home(hand, state, self._home[part])
                continue
            thing = next(t for t in self._kitchen.objects() if t.slot == step.object)
            move = self._pick if step.action == "pick" else self._put
            out[part] = move(step, thing, state)
        limits = self._kitchen.body.limits
        return np.clip(out, limits[:, 0], limits[:, 1]).astype(np.float32)

    def _go_home(self, hand: str, state: np.ndarray, home: np.ndarray) -> np.ndarray:
        holding = self._kitchen.held_by(hand)
        opening = 0.0 if holding else _ramp(state[6], home[6])
        away = np.abs(state[:6] - home[:6]).max() > 0.25
        if self._kitchen.pinch(hand)[2] < _LOW_Z and away:
            return self._rise(hand, state, opening)
        return np.array([*_towards(state[:6], home[:6]), opening])

    def _rise(self, hand: str, state: np.ndarray, opening: float) -> np.ndarray:
        pinch = self._kitchen.pinch(hand) + _VERTICAL_SPEED * STEP_S * _UP
        return np.array([*_towards(state[:6], ik.solve(hand, pinch, state[5])), opening])

    def _pick(self, step: Step, thing: ObjectState, state: np.ndarray) -> np.ndarray:
        hand, opening = step.hand, state[6]
        if thing.place == f"{hand} hand":
            return self._rise(hand, state, 0.0)
        grip, pinch = choose_grip(thing, hand), self._kitchen.pinch(hand)
        goal = ik.solve(hand, grip.pinch, grip.roll)
        height, error = pinch[2] - grip.pinch[2], self._error(pinch, grip.pinch, state, grip.roll)
        closing = opening < grip.opening - 0.010
        if height < (0.020 if closing else _AT_M) and error < (0.026 if closing else _NEAR_M) and opening > 0.003:
            return np.array([*_towards(state[:6], goal), _ramp(opening, 0.0)])
        wide = _ramp(opening, grip.opening)
        if (closing or error > _FAR_M) and height < _HOVER_M * 0.7:
            return self._rise(hand, state, wide)
        if error > _FAR_M or closing:
            low = pinch[2] < _LOW_Z and error > 0.08
            over = ik.solve(hand, grip.pinch + _HOVER_M * _UP, grip.roll)
            return self._rise(hand, state, wide) if low else np.array([*_towards(state[:6], over), wide])
        down = pinch[2] - _VERTICAL_SPEED * STEP_S if error < _NEAR_M or height > 0.06 else pinch[2]
        waypoint = np.array([*grip.pinch[:2], max(grip.pinch[2], down)])
        return np.array([*_towards(state[:6], ik.solve(hand, waypoint, grip.roll)), wide])

    def _put(self, step: Step, thing: ObjectState, state: np.ndarray) -> np.ndarray:
        assert step.spot is not None
        hand, pinch, spot = step.hand, self._kitchen.pinch(step.hand), np.array(step.spot)
        if thing.place != f"{hand} hand":
            return self._rise(hand, state, _ramp(state[6], _OPEN_M))
        above = pinch[2] - thing.position[2]
        goal = np.array([*self._pinch_over(hand, spot, pinch, thing, state), spot[2] + above])
        if KINDS[thing.kind].rim:
            goal[2] = max(goal[2], _above_walls(hand, goal, spot, state[5]))
        error = np.hypot(*(pinch[:2] - goal[:2]))
        if error > _FAR_M:
            if thing.position[2] < _CARRY_Z - 0.05:
                return self._rise(hand, state, 0.0)
            over = np.array([*goal[:2], _CARRY_Z + above])
            return np.array([*_towards(state[:6], ik.solve(hand, over, state[5])), 0.0])
        height = pinch[2] - goal[2]
        if height < 0.014 and error < 0.02:
            return np.array([*_towards(state[:6], ik.solve(hand, goal, state[5])), _ramp(state[6], _OPEN_M)])
        down = pinch[2] - _VERTICAL_SPEED * STEP_S if error < 0.02 or height > 0.06 else pinch[2]
        waypoint = np.array([*goal[:2], max(goal[2], down)])
        return np.array([*_towards(state[:6], ik.solve(hand, waypoint, state[5])), 0.0])

    def _pinch_over(self, hand: str, spot: np.ndarray, pinch: np.ndarray, thing: ObjectState,
                    state: np.ndarray) -> np.ndarray:  # fmt: skip
        """float[2], where to hold the pinch point so that the object's middle is over the spot, wrist unrolled.

        The object's offset turns with the waist, which depends on the answer: a fixed point, reached in a few turns.
        """
        offset = thing.position[:2] - pinch[:2]
        goal = spot[:2] - offset
        for _ in range(6):
            turn = ik.azimuth(hand, goal) - state[0]
            c, s = np.cos(turn), np.sin(turn)
            goal = spot[:2] - np.array([c * offset[0] - s * offset[1], s * offset[0] + c * offset[1]])
        return goal

    def _error(self, pinch: np.ndarray, goal: np.ndarray, state: np.ndarray, roll: float) -> float:
        """m; how far the hand is off its line of descent, a radian of wrist roll counting as 5 cm."""
        return float(np.hypot(*(pinch[:2] - goal[:2])) + 0.05 * abs(state[5] - roll))


def _above_walls(hand: str, pinch: np.ndarray, spot: np.ndarray, roll: float) -> float:
    """m, the least height of the pinch point where the opening fingers would meet a wall; -1 where they do not."""
    place = next((place for place in PLACES.values() if place.below(spot)), None)
    if place is None:
        return -1.0
    yaw = ik.finger_yaw(ik.azimuth(hand, pinch), roll)
    reach = np.abs(pinch[:2] - place.centre) + _FINGERS_M * np.abs([np.cos(yaw), np.sin(yaw)])
    return place.wall_z + 0.028 if np.any(reach > np.array(place.half)) else -1.0


def _towards(joints: np.ndarray, goal: np.ndarray) -> np.ndarray:
    """float[6], along a straight line in joint space at the permitted speed."""
    far = np.abs(goal - joints).max()
    return joints + (goal - joints) * min(1.0, _JOINT_SPEED * STEP_S / max(far, 1e-9))


def _ramp(opening: float, goal: float) -> float:
    change = np.clip(goal - opening, -_FINGER_SPEED * STEP_S, _FINGER_SPEED * STEP_S)
    return float(np.clip(opening + change, 0.0, _OPEN_M))
