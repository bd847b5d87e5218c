"""The last thing between any wish and the arms: every target of every tick passes through here.

Independent of the policy, the pilot and the network. It fails closed: a wish that is not float32[width] of finite
numbers moves nothing, and a joint whose limit is zero, negative or not a number does not move.

With p the last commanded target, v its speed, one step lets a joint reach

    [p + dt · low, p + dt · high]  ∩  [lower, upper]

where `high = min(velocity, max(v, 0) + acceleration · dt)` and `low` its mirror image: an arm speeds up gradually but
may always brake at once, so that a hold is a hold in the same tick and no target is ever overshot.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robot_bridge.protocol.embodiment import Embodiment

CLAMP_TOLERANCE = 0.1  # fraction of a joint's range beyond its limit before a clamp is worth telling


@dataclass(frozen=True)
class Verdict:
    """What the limiter made of one wish.

    Args:
        target: float32[width], what goes to the arms.
        refused: why the wish was not followed at all; empty if it was.
        clamped: joints whose wish lay far outside their position limits.
    """

    target: np.ndarray
    refused: str = ""
    clamped: tuple[int, ...] = ()


class Limiter:
    """Turns wishes into targets that the body may be given, one call per tick.

    Args:
        limits: float32[width, 2], lower and upper position.
        velocity: float32[width], greatest speed per second.
        acceleration: float32[width], greatest growth of speed per second.
        start: float32[width], where the joints are now.
        tick_s: time between two calls.
    """

    def __init__(
        self, limits: np.ndarray, velocity: np.ndarray, acceleration: np.ndarray, start: np.ndarray, tick_s: float
    ) -> None:
        self._tick_s = tick_s
        self._lower, self._upper = np.asarray(limits, np.float64).T
        self._velocity = np.asarray(velocity, np.float64)
        self._acceleration = np.asarray(acceleration, np.float64)
        movable = np.isfinite(self._lower) & np.isfinite(self._upper) & (self._lower < self._upper)
        for limit in (self._velocity, self._acceleration):
            movable &= np.isfinite(limit) & (limit > 0)
        self._movable = movable & (tick_s > 0)
        self.anchor(start)

    @classmethod
    def for_body(cls, body: Embodiment, start: np.ndarray) -> Limiter:
        """A limiter with a body's own limits, starting from float32[width] `start`."""
        return cls(body.limits, body.velocity_limits, body.acceleration_limits, start, 1.0 / body.control_hz)

    @property
    def target(self) -> np.ndarray:
        """float32[width], the last commanded target."""
        return self._target.astype(np.float32)

    @property
    def movable(self) -> np.ndarray:
        """bool[width], joints that have every limit they need."""
        return self._movable.copy()

    def anchor(self, start: np.ndarray) -> None:
        """Start anew, at rest, from where the joints are: float32[width].

        Raises:
            ValueError: the joints' positions are not finite numbers.
        """
        start = np.asarray(start, np.float64)
        if start.shape != self._lower.shape or not np.isfinite(start).all():
            raise ValueError(f"cannot start from {start}")
        self._target = self._before = start.copy()
        self._speed = np.zeros_like(start)

    def hold(self) -> np.ndarray:
        """The last target again, at rest: float32[width]."""
        self._speed = np.zeros_like(self._speed)
        self._before = self._target
        return self.target

    def retract(self, joints: np.ndarray) -> np.ndarray:
        """Take the last step back where bool[width] says so, and be at rest there: float32[width]."""
        self._target = np.where(joints, self._before, self._target)
        self._speed = np.where(joints, 0.0, self._speed)
        return self.target

    def step(self, wish: object, speed: float = 1.0) -> Verdict:
        """The target of this tick for a wish of float32[width].

        Args:
            speed: fraction of the velocity limits to use, 0 to 1; anything else counts as 0.
        """
        refused = self._refusal(wish)
        if refused:
            return Verdict(self.hold(), refused)
        wanted = np.asarray(wish, np.float64)
        slack = CLAMP_TOLERANCE * (self._upper - self._lower)
        outside = (wanted < self._lower - slack) | (wanted > self._upper + slack)
        scale = speed if 0.0 <= speed <= 1.0 else 0.0
        growth = self._acceleration * self._tick_s
        fastest = self._velocity * scale
        high = np.minimum(fastest, np.maximum(self._speed, 0.0) + growth)
        low = -np.minimum(fastest, np.maximum(-self._speed, 0.0) + growth)
        with np.errstate(invalid="ignore"):
            inside = np.clip(wanted, self._lower, self._upper)
            step = np.clip(inside - self._target, low * self._tick_s, high * self._tick_s)
        step = np.where(self._movable, step, 0.0)
        self._speed = step / self._tick_s if self._tick_s > 0 else np.zeros_like(step)
        self._before, self._target = self._target, self._target + step
        return Verdict(self.target, "", tuple(np.flatnonzero(outside & self._movable).tolist()))

    def _refusal(self, wish: object) -> str:
        if not isinstance(wish, np.ndarray) or wish.dtype != np.float32 or wish.shape != self._target.shape:
            kind = f"{wish.dtype}{list(wish.shape)}" if isinstance(wish, np.ndarray) else type(wish).__name__
            return f"a target of {kind} instead of float32[{len(self._target)}]"
        if not np.isfinite(wish).all():
            return "a target with a number that is not finite"
        return ""
