"""Takes pictures at the cameras' rate, joins them with the joints, publishes them and holds on to the latest."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from robot_bridge.arms.base import Arms
from robot_bridge.by_hand import Tape
from robot_bridge.config import BridgeConfig
from robot_bridge.desk import Desk
from robot_bridge.loop import ControlLoop
from robot_bridge.outbox import Outbox
from robot_bridge.part import Part
from robot_bridge.protocol.embodiment import Embodiment
from robot_bridge.protocol.messages import Observation
from robot_bridge.rates import Meter

log = logging.getLogger(__name__)

LOOK_S = 1.0  # how often it is seen what became of the things


class Cameras(Part):
    """The camera thread. A camera that fails is told once, and tried again at the next picture."""

    def __init__(
        self, arms: Arms, body: Embodiment, loop: ControlLoop, desk: Desk, outbox: Outbox, config: BridgeConfig
    ) -> None:
        super().__init__("cameras")
        self._arms, self._body, self._loop, self._desk, self._outbox = arms, body, loop, desk, outbox
        self._config = config
        self._period_s = 1.0 / body.camera_hz
        self._new = threading.Condition()
        self._latest: Observation | None = None
        self._sequence = 0
        self._failing = False
        self._tape = Tape(body)
        self.pictures = Meter(50)

    def newer(
        self, sequence: int, since_s: float, timeout_s: float, abandon: Callable[[], bool] = lambda: False
    ) -> Observation | None:
        """An observation after `sequence` and taken after `since_s`, or None if none comes in time.

        Args:
            abandon: asked now and then; True ends the wait.
        """
        deadline_s = time.monotonic() + timeout_s
        with self._new:
            while not abandon():
                latest = self._latest
                fresh_since_s = max(since_s, time.monotonic() - self._config.observation_deadline_s)
                if latest is not None and latest.sequence > sequence and latest.time_s >= fresh_since_s:
                    return latest
                left_s = deadline_s - time.monotonic()
                if left_s <= 0:
                    return None
                self._new.wait(min(left_s, 0.05))
        return None

    def _run(self) -> None:
        next_s = look_s = time.monotonic()
        while not self._stop.is_set():
            self._observe()
            if time.monotonic() >= look_s:
                look_s = time.monotonic() + LOOK_S
                self._desk.look()
            next_s = max(next_s + self._period_s, time.monotonic())
            self._stop.wait(next_s - time.monotonic())

    def _observe(self) -> None:
        now_s = time.monotonic()
        try:
            joints, target, takeover = self._loop.joints, self._loop.target, self._desk.takeover
            images = self._arms.pictures()
            observation = Observation(
                sequence=self._sequence, time_s=now_s, state=self._body.pad(joints), images=images,
                takeover=takeover,
            )  # fmt: skip
        except Exception as error:
            if not self._failing:
                log.exception("no pictures")
                self._desk.announce("warning", "cameras_failed", f"the cameras failed: {error or type(error).__name__}")
            self._failing = True
            self._stop.wait(0.5)
            return
        if self._failing:
            self._failing = False
            self._desk.announce("info", "cameras_back", "the cameras work again")
        self._sequence += 1
        self.pictures.beat(now_s)
        with self._new:
            self._latest = observation
            self._new.notify_all()
        moved = self._tape.add(observation, target, self._desk.task_id)
        if moved is not None:
            self._outbox.put(moved)
        self._outbox.put(observation)
