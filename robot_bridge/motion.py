"""What the arms should do now, shared between the threads that wish and the one that moves.

Every hold opens a new generation. Whoever computes a motion remembers the generation it began in, and the motion is
taken only while that generation lasts: an answer to an older question moves nothing.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from typing import Literal

import msgspec
import numpy as np

from robot_bridge.by_hand import ByHand
from robot_bridge.chunks import ChunkPlayer, Playable
from robot_bridge.protocol.embodiment import OPEN_ENOUGH, Embodiment
from robot_bridge.protocol.messages import Jog

Mode = Literal["hold", "play", "park", "reach", "jog"]
ARRIVED = 2e-3  # rad or m
REACH_SPEED = 0.3  # fraction of the velocity limits for a nudge
PACES = (0.3, 1.5)  # how much slower and faster than learnt the arms may be asked to work


@dataclass(frozen=True)
class Wish:
    """What one tick asks for.

    Args:
        target: float32[width], or None to hold.
        speed: fraction of the velocity limits.
        started: the chunk whose first target this is, with the number of rows dropped as past.
        arrived: a park or reach ended with this tick.
    """

    target: np.ndarray | None = None
    speed: float = 1.0
    started: tuple[Playable, int] | None = None
    arrived: Mode | None = None


class Motion:
    """The wish behind the limiter. Safe to use from any thread; no call waits longer than a tick's arithmetic."""

    def __init__(self, body: Embodiment, blend_s: float, park_speed: float, by_hand: ByHand | None = None) -> None:
        self._by_hand = by_hand or ByHand(body, None)
        self._lock = threading.Lock()
        self._player = ChunkPlayer(blend_s, time.monotonic(), 1.0 / body.control_hz)
        self._pending: Playable | None = None
        self._mode: Mode = "hold"
        self._goal: np.ndarray | None = None
        self._generation = 0
        self._home, self._park_speed = body.home, park_speed
        self._unless_holding = False
        self._lean = np.zeros(body.width, np.float32)
        self._lean_goal = self._lean.copy()
        self._lean_step = (REACH_SPEED / body.control_hz * body.velocity_limits).astype(np.float32)
        self._pace = 1.0
        self._grippers = np.array([joint.gripper for joint in body.joints])
        self.due = threading.Event()  # a hold, or a motion after one: the control loop need not wait for its next tick
        self._halted: tuple[float, str] | None = None
        lower, home = body.limits[:, 0], body.home
        self._closed_below = (lower + OPEN_ENOUGH * (home - lower))[self._grippers]

    @property
    def generation(self) -> int:
        return self._generation

    @property
    def hands(self) -> frozenset[str]:
        return self._by_hand.hands

    @property
    def mode(self) -> Mode:
        return self._mode

    def hold(self) -> int:
        """Drop every wish: from the next tick on the arms hold. Returns the new generation."""
        with self._lock:
            self._generation += 1
            self._quiet()
            self.due.set()
            return self._generation

    def halt(self, since_s: float, why: str) -> int:
        """Hold, and note when that was asked for: the control loop tells how long it took. Returns the generation."""
        with self._lock:
            self._halted = self._halted or (since_s, why)
        return self.hold()

    def take_halt(self) -> tuple[float, str] | None:
        """When and why the arms were to halt, if nobody has taken that yet."""
        with self._lock:
            halted, self._halted = self._halted, None
            return halted

    def play(self, playable: Playable, generation: int) -> bool:
        """Play a chunk from the next tick on; False if it belongs to an older generation."""
        with self._lock:
            if generation != self._generation:
                return False
            if self._mode == "hold":
                self.due.set()
            self._pending, self._mode = _paced(playable, self._pace), "play"
            return True

    @property
    def lean(self) -> np.ndarray:
        """float32[width], what is added to every target of a chunk now: the model works as if it were not there."""
        with self._lock:
            return self._lean.copy()

    @property
    def pace(self) -> float:
        return self._pace

    def work_at(self, pace: float) -> None:
        """Play chunks that come from now on slower or faster than they were meant, within `PACES`."""
        self._pace = min(max(pace, PACES[0]), PACES[1])

    def lean_by(self, change: np.ndarray, generation: int) -> bool:
        """Add float32[width] to what is played, little by little; False if that was asked in an older generation."""
        with self._lock:
            if generation != self._generation:
                return False
            self._lean_goal = (self._lean_goal + change).astype(np.float32)
            return True

    def straighten(self) -> None:
        """Lean no more, little by little."""
        with self._lock:
            self._lean_goal = np.zeros_like(self._lean)

    def park(self, unless_holding: bool = False) -> None:
        """Go home slowly. What a gripper holds it keeps.

        Args:
            unless_holding: stay where they are if a gripper is closed, since it may hold something for a person.
        """
        with self._lock:
            self._generation += 1
            self._quiet()
            self._mode, self._unless_holding = "park", unless_holding

    def reach(self, goal: np.ndarray, generation: int) -> bool:
        """Move to float32[width] and hold there; False if that was asked in an older generation."""
        with self._lock:
            if generation != self._generation:
                return False
            self._generation += 1
            self._quiet()
            self._mode, self._goal = "reach", goal
            return True

    def jog(self, jog: Jog) -> None:
        """Move a hand that a person has taken over, as long as this lasts."""
        with self._lock:
            self._mode = "jog"
            self._by_hand.press(jog, time.monotonic())

    def remaining_fraction(self, now_s: float) -> float:
        """How much of the chunk in hand is left to play, 0 to 1."""
        with self._lock:
            return 1.0 if self._pending is not None else self._player.remaining_fraction(now_s)

    def ahead(self, since_s: float) -> tuple[np.ndarray, float] | None:
        """What is left of the chunk in hand, float32[n, width] as of `ChunkPlayer.ahead`, and the seconds between its
        rows; None when none plays, or at another pace than it was made for."""
        with self._lock:
            playing = self._player.playing
            if self._mode != "play" or self._pending is not None or playing is None or self._pace != 1.0:
                return None
            rows = self._player.ahead(since_s)
            return None if rows is None else (rows, playing.chunk.dt_s)

    def wish(self, present: np.ndarray, now_s: float) -> Wish:
        """What this tick asks for.

        Args:
            present: float32[width], the last commanded target.
        """
        with self._lock:
            if self._mode == "play":
                return self._play(present, now_s)
            if self._mode == "hold":
                return Wish()
            if self._mode == "jog":
                return self._jog(present, now_s)
            mode, goal = self._mode, self._goal
            if mode == "park" and self._unless_holding and np.any(present[self._grippers] < self._closed_below):
                self._quiet()
                return Wish()
            if goal is None:
                goal = np.where(self._grippers, present, self._home).astype(np.float32)
            if np.abs(goal - present).max() < ARRIVED:
                self._quiet()
                return Wish(arrived=mode)
            return Wish(goal, self._park_speed if mode == "park" else REACH_SPEED)

    def _play(self, present: np.ndarray, now_s: float) -> Wish:
        started = None
        if self._pending is not None:
            started = (self._pending, self._player.start(self._pending, present - self._lean, now_s))
            self._pending = None
        target = self._player.target(now_s)
        if target is None:
            self._mode = "hold"
            return Wish()
        self._lean = self._lean + np.clip(self._lean_goal - self._lean, -self._lean_step, self._lean_step)
        return Wish(target + self._lean, started=started)

    def _jog(self, present: np.ndarray, now_s: float) -> Wish:
        target = self._by_hand.target(present, now_s)
        if target is None:
            self._mode = "hold"
        return Wish(target)

    def _quiet(self) -> None:
        self._by_hand.drop()
        self._player.clear(time.monotonic())
        self._pending = self._goal = None
        self._mode = "hold"


def _paced(playable: Playable, pace: float) -> Playable:
    """The chunk with its rows farther apart, or closer."""
    if pace == 1.0:
        return playable
    return replace(playable, chunk=msgspec.structs.replace(playable.chunk, dt_s=playable.chunk.dt_s / pace))
