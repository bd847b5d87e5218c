"""A small body and arms that integrate in memory, for the tests of the bridge."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np

from robot_bridge.protocol.embodiment import Camera, Embodiment, Joint
from robot_bridge.protocol.errors import UsageError


def small_body(**changes: object) -> Embodiment:
    def joint(name: str, **over: object) -> Joint:
        values: dict = {"lower": -1.0, "upper": 1.0, "velocity": 2.0, "acceleration": 40.0, "home": 0.0, "hand": "left"}
        return Joint(name=name, **{**values, **over})

    values: dict = {
        "name": "small",
        "description": "two joints and a gripper",
        "control_hz": 50.0,
        "camera_hz": 20.0,
        "cameras": (Camera(name="base", width=8, height=8),),
        "joints": (
            joint("shoulder"), joint("elbow"),
            joint("gripper", lower=0.0, upper=0.05, velocity=0.25, acceleration=10.0, home=0.05, gripper=True,
                  unit="m"),
        ),
    }  # fmt: skip
    return Embodiment(**{**values, **changes})


@dataclass
class MemoryArms:
    """Arms that are where they were last told to be. `commands` keeps (time, target)."""

    embodiment: Embodiment = field(default_factory=small_body)
    name: str = "memory"
    commands: list[tuple[float, np.ndarray]] = field(default_factory=list)
    seeds: list[int] = field(default_factory=list)
    broken: bool = False
    blind: bool = False
    connected: int = 0
    late_after_ticks: int = 0
    slow_s: float = 0.0

    def __post_init__(self) -> None:
        self._joints = self.embodiment.home

    def connect(self) -> None:
        if self.broken:
            raise OSError("no cable")
        self.connected += 1

    def read(self) -> np.ndarray:
        if self.broken:
            raise OSError("no cable")
        return self._joints.copy()

    def command(self, target: np.ndarray) -> None:
        assert target.shape == (self.embodiment.width,) and target.dtype == np.float32
        time.sleep(self.slow_s)
        self.commands.append((time.monotonic(), target.copy()))
        self._joints = target

    def pictures(self) -> dict[str, np.ndarray]:
        if self.blind:
            raise OSError("lens cap")
        return {"base": np.zeros((8, 8, 3), np.uint8)}

    def reset(self, seed: int) -> None:
        self.seeds.append(seed)
        self._joints = self.embodiment.home

    def close(self) -> None:
        self.connected = 0

    def snapshot(self) -> bytes:
        return self._joints.tobytes()

    def restore(self, snapshot: bytes) -> None:
        if len(snapshot) != self._joints.nbytes:
            raise UsageError("this is not a snapshot")
        self._joints = np.frombuffer(snapshot, np.float32).copy()

    def moved_since(self, time_s: float) -> float:
        """How far any target has changed after this time."""
        targets = [target for at, target in list(self.commands) if at >= time_s]
        return float(np.ptp(targets, axis=0).max()) if len(targets) > 1 else 0.0
