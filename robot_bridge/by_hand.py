"""Arms moved by a person through keys, a gamepad or a pedal: from what is pressed to a joint target each tick.

What is pressed is a velocity that lapses by itself. It is ramped up and down, so that the arms leave and reach rest
smoothly, and it is integrated from the last commanded target, so that taking over and handing back move nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from robot_bridge.protocol.embodiment import Embodiment
from robot_bridge.protocol.errors import UsageError
from robot_bridge.protocol.messages import ChunkEvent, Jog, Observation

# What a speed of 1 means: m/s right, away and up; rad/s of the wrist; fraction of the gripper's own velocity limit.
FASTEST = np.array([0.25, 0.25, 0.25, 1.5, 1.0])
RAMP_S = 0.2  # from rest to the fastest
BRAKE_S = 0.08
JOINT_FRACTION = 0.3  # of the velocity limits, where single joints are turned
LONGEST_S = 0.5  # nothing that is pressed lasts longer than this without being pressed again
AT_REST = 1e-3  # of the fastest

JogArms = Callable[[str, np.ndarray, np.ndarray, float], np.ndarray]


def check_jog(jog: Jog, hands: frozenset[str]) -> None:
    """Whether this can be followed.

    Raises:
        UsageError: no such hand, or a number out of range.
    """
    if jog.hand not in hands:
        raise UsageError(f"there is no hand '{jog.hand[:40]}'", ", ".join(sorted(hands)))
    numbers = np.array([*jog.direction, jog.turn, jog.grip], np.float64)
    if not np.isfinite(numbers).all() or np.abs(numbers).max() > 1.0:
        raise UsageError("a motion that is no fraction of what is allowed", "numbers from -1 to 1")
    if not 0.0 < jog.speed <= 1.0:
        raise UsageError(f"a speed of {jog.speed}", "more than 0, at most 1")
    if not 0.0 < jog.lasts_s <= LONGEST_S:
        raise UsageError(f"a motion of {jog.lasts_s} s", f"more than 0, at most {LONGEST_S:g} s")


class ByHand:
    """What is pressed now. `press` and `drop` from any thread, `target` from the control thread.

    Args:
        jog: the arms' own; None where they have no model of their body: then single joints are turned.
    """

    def __init__(self, body: Embodiment, jog: JogArms | None) -> None:
        self._body, self._jog = body, jog
        self._lock = threading.Lock()
        self._tick_s = 1.0 / body.control_hz
        self.hands = frozenset(joint.hand for joint in body.joints)
        self._pressed: Jog | None = None
        self._until_s = 0.0
        self._moving = {hand: np.zeros(5) for hand in self.hands}  # fractions of FASTEST

    @property
    def moves_joints(self) -> bool:
        """Single joints are turned, since nothing is known of the body."""
        return self._jog is None

    def press(self, jog: Jog, now_s: float) -> None:
        with self._lock:
            self._pressed, self._until_s = jog, now_s + jog.lasts_s

    def drop(self) -> None:
        """Nothing is pressed and nothing moves: what stops the arms stops them in the same tick."""
        with self._lock:
            self._pressed = None
            for moving in self._moving.values():
                moving[:] = 0.0

    def target(self, present: np.ndarray, now_s: float) -> np.ndarray | None:
        """float32[width] for this tick, None at rest.

        Args:
            present: float32[width], the last commanded target.
        """
        with self._lock:
            pressed = self._pressed if now_s < self._until_s else None
            for hand, moving in self._moving.items():
                _ramp(moving, _wanted(pressed, hand), self._tick_s)
            speeds = {hand: moving.copy() for hand, moving in self._moving.items() if np.any(moving)}
        if not speeds:
            return None if pressed is None else present
        target = present
        for hand, speed in speeds.items():
            target = self._turn(hand, target, speed) if self._jog is None else self._move(hand, target, speed)
        return target

    def _move(self, hand: str, present: np.ndarray, speed: np.ndarray) -> np.ndarray:
        assert self._jog is not None
        moved = present
        if np.any(speed[:4]):
            moved = np.asarray(self._jog(hand, present, speed[:4] * FASTEST[:4], self._tick_s), np.float32)
        return self._grip(hand, moved, speed[4])

    def _turn(self, hand: str, present: np.ndarray, speed: np.ndarray) -> np.ndarray:
        """Joint by joint: right, away, up and turn are the first joints of the hand, in their order."""
        moved = present.copy()
        own = [i for i, joint in enumerate(self._body.joints) if joint.hand == hand and not joint.gripper]
        for index, fraction in zip(own, speed[:4], strict=False):
            moved[index] += fraction * JOINT_FRACTION * self._body.joints[index].velocity * self._tick_s
        return self._grip(hand, moved, speed[4])

    def _grip(self, hand: str, present: np.ndarray, speed: float) -> np.ndarray:
        if not speed:
            return present
        moved = present.copy()
        for index, joint in enumerate(self._body.joints):
            if joint.hand == hand and joint.gripper:
                moved[index] = np.clip(moved[index] + speed * joint.velocity * self._tick_s, joint.lower, joint.upper)
        return moved


class Tape:
    """What a person's motion leaves behind: a chunk of targets a second, in the shape of the model's own.

    Row i is where the joints were sent by the observation i + 1 after the first: due at
    `observation_time_s + (i + 1) · dt_s`, as in `ActionChunk`.
    """

    def __init__(self, body: Embodiment) -> None:
        self._body = body
        self._first: Observation | None = None
        self._rows: list[np.ndarray] = []

    def add(self, observation: Observation, target: np.ndarray, task_id: str) -> ChunkEvent | None:
        """A whole second, or what there is of it when the person lets go.

        Args:
            target: float32[width], commanded when the observation was taken.
        """
        first, done = self._first, None
        if first is not None:
            self._rows.append(target)
            if observation.takeover != first.takeover or len(self._rows) >= self._body.camera_hz:
                done = ChunkEvent(
                    time_s=first.time_s, task_id=task_id, observation_sequence=first.sequence,
                    actions=self._body.pad(np.array(self._rows, np.float32)), dt_s=1.0 / self._body.camera_hz,
                    cause=first.takeover,
                )  # fmt: skip
        if first is None or done is not None:
            self._first, self._rows = (observation if observation.takeover else None), []
        return done


def _wanted(pressed: Jog | None, hand: str) -> np.ndarray:
    """float[5], fractions of FASTEST."""
    if pressed is None or pressed.hand != hand:
        return np.zeros(5)
    way = np.array(pressed.direction)
    way = way / max(1.0, float(np.linalg.norm(way)))  # two keys at once are no faster than one
    return np.array([*way, pressed.turn, pressed.grip]) * pressed.speed


def _ramp(moving: np.ndarray, wanted: np.ndarray, tick_s: float) -> None:
    slower = np.abs(wanted) < np.abs(moving)
    most = np.where(slower, tick_s / BRAKE_S, tick_s / RAMP_S)
    moving += np.clip(wanted - moving, -most, most)
    moving[(np.abs(moving) < AT_REST) & (wanted == 0)] = 0.0
